// XChaCha20-Poly1305 with a random nonce of 24 octets: version, nonce, then ciphertext and tag.
#include "crypto/seal.h"

#include <sodium.h>

#include "base/encoding.h"
#include "crypto/key_state.h"

namespace deputy::crypto {
namespace {

constexpr std::size_t key_octets = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;
constexpr std::size_t nonce_octets = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_octets = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr char version = 1;
constexpr std::size_t head_octets = 1 + nonce_octets;

}  // namespace

std::string SealKey::generate_text(Random& random) {
  auto bytes = random.bytes<key_octets>();
  auto text = base64url(as_text(bytes));
  sodium_memzero(bytes.data(), bytes.size());
  return text;
}

Result<SealKey, Fault> SealKey::from_text(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  auto bytes = base64url_decode(text).value_or("");
  Secret key(bytes);
  wipe(bytes);
  if (key.reveal().size() != key_octets)
    return Fail{Fault{Fault::Kind::invalid, "a sealing key is 32 octets in base64url: 43 characters"}};
  ready_libsodium();
  return SealKey(std::move(key));
}

std::string SealKey::seal(const Secret& plain, std::string_view context, Random& random) const {
  const auto nonce = random.bytes<nonce_octets>();
  const auto text = plain.reveal();
  std::string sealed(head_octets + text.size() + tag_octets, '\0');
  sealed[0] = version;
  std::copy(nonce.begin(), nonce.end(), sealed.begin() + 1);
  CHECK(crypto_aead_xchacha20poly1305_ietf_encrypt(as_bytes(sealed) + head_octets, nullptr, as_bytes(text),
                                                   text.size(), as_bytes(context), context.size(), nullptr,
                                                   nonce.data(), as_bytes(key_.reveal())) == 0);
  return sealed;
}

Result<Secret, Fault> SealKey::open(std::string_view sealed, std::string_view context) const {
  if (sealed.size() < head_octets + tag_octets || sealed[0] != version)
    return Fail{Fault{Fault::Kind::corrupt, "not something this server has sealed"}};
  const auto nonce = sealed.substr(1, nonce_octets);
  const auto body = sealed.substr(head_octets);
  std::string plain(body.size() - tag_octets, '\0');
  const bool opened =
      crypto_aead_xchacha20poly1305_ietf_decrypt(as_bytes(plain), nullptr, nullptr, as_bytes(body), body.size(),
                                                 as_bytes(context), context.size(), as_bytes(nonce),
                                                 as_bytes(key_.reveal())) == 0;
  Secret secret(opened ? std::string_view(plain) : std::string_view());
  wipe(plain);
  if (!opened)
    return Fail{Fault{Fault::Kind::corrupt, "sealed under another key, as another thing, or changed since"}};
  return secret;
}

Secret SealKey::derive(std::string_view purpose) const {
  std::array<unsigned char, key_octets> derived;
  const auto key = key_.reveal();
  CHECK(crypto_generichash(derived.data(), derived.size(), as_bytes(purpose), purpose.size(), as_bytes(key),
                           key.size()) == 0);
  Secret secret(as_text(derived));
  sodium_memzero(derived.data(), derived.size());
  return secret;
}

}  // namespace deputy::crypto
