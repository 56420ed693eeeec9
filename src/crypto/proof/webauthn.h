// What FIDO2 authenticators sign (WebAuthn Level 3 §6), read and verified by libfido2.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace deputy::crypto {

// COSE algorithms (RFC 9053) a passkey may have, those we like best first.
inline constexpr std::array<int, 3> passkey_algorithms{-7 /* ES256 */, -8 /* EdDSA */, -257 /* RS256 */};

struct NewPasskey {
  std::string credential;  // its id, as octets
  int algorithm = 0;
  std::string public_key;  // as libfido2 lays it out
  std::uint32_t sign_count = 0;
};
// None unless it is for this relying party, the person was present and verified, and the key is of one of our
// algorithms. Who made the authenticator is not asked: attestation is `none`.
std::optional<NewPasskey> read_new_passkey(std::string_view rp_id, std::string_view client_data,
                                           std::string_view authenticator_data);

// What was signed, as the browser hands it over.
struct Assertion {
  std::string_view client_data, authenticator_data, signature;
};
// The signature counter; none unless it is for this relying party, by this key, the person present and verified.
std::optional<std::uint32_t> verify_assertion(std::string_view rp_id, const Assertion& assertion, int algorithm,
                                              std::string_view public_key);

}  // namespace deputy::crypto
