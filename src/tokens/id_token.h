// ID tokens (OpenID Connect Core §2): to a client, who its person is and how they signed in. Never what they may do.
#pragma once

#include <string>
#include <string_view>

#include "tokens/issue.h"

namespace deputy::tokens {

inline constexpr Seconds id_token_lifetime{600};

struct MadeIdToken {
  std::string text, kid;  // kid: of the key that signs it
};
// Signed with the client's algorithm. Says sub, auth_time, acr, amr, sid, nonce and at_hash; never an `act`: a person
// signs in for themselves.
Result<MadeIdToken, oauth::Error> make_id_token(const Authorization& authorization, std::string_view access_token,
                                                std::string_view issuer, Keyring& keyring, std::string_view tenant,
                                                Instant now);

// OIDC Core §3.1.3.6: the left half of the SHA-256 that RS256 and ES256 sign by, base64url.
std::string at_hash_of(std::string_view access_token);

}  // namespace deputy::tokens
