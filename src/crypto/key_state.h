// What a public and a private key hold behind their pointers. Only for the files of crypto/.
#pragma once

#include <array>
#include <cstddef>

#include "crypto/openssl.h"

namespace deputy::crypto {

struct PublicKey::State {
  PublicParts parts;
  Algorithm algorithm;
  Pkey key;                                    // EC and RSA
  std::size_t signature_octets = 64;           // RSA: the modulus' size
  std::array<unsigned char, 32> ed25519{};     // OKP
  Contexts contexts{Contexts::Operation::verify};
};

struct PrivateKey::State {
  Pkey key;        // EC and RSA
  Secret ed25519;  // OKP: libsodium's 64 octets, the seed and the public key
  PublicKey public_key;
  Contexts contexts{Contexts::Operation::sign};
};

// True when a key of this algorithm may be used for that one: an RSA key is for RS256 and PS256 both.
bool key_fits(Algorithm key, Algorithm asked);

// libsodium picks its code paths for this machine, once.
void ready_libsodium();

}  // namespace deputy::crypto
