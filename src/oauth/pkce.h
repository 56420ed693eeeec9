// PKCE (RFC 7636): a code is redeemed by who began the request, because only they know what its challenge hides. S256
// alone: `plain` shows the verifier to whoever sees the request (RFC 9700 §2.1.1).
#pragma once

#include <string>
#include <string_view>

namespace deputy::oauth {

bool is_code_verifier(std::string_view text);   // §4.1: 43 to 128 unreserved characters
bool is_code_challenge(std::string_view text);  // §4.2: base64url of 32 bytes
std::string code_challenge_of(std::string_view verifier);
// §4.6, in constant time.
bool verifies(std::string_view verifier, std::string_view challenge);

}  // namespace deputy::oauth
