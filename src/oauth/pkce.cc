// BASE64URL(SHA256(verifier)), and its comparison.
#include "oauth/pkce.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/secret.h"
#include "crypto/hash.h"

namespace deputy::oauth {

bool is_code_verifier(std::string_view text) {
  const auto unreserved = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
  };
  return text.size() >= 43 && text.size() <= 128 && std::all_of(text.begin(), text.end(), unreserved);
}

bool is_code_challenge(std::string_view text) {
  const auto bytes = base64url_decode(text);
  return bytes && bytes->size() == 32;
}

std::string code_challenge_of(std::string_view verifier) { return crypto::sha256_base64url(verifier); }

bool verifies(std::string_view verifier, std::string_view challenge) {
  return is_code_verifier(verifier) && constant_time_equal(code_challenge_of(verifier), challenge);
}

}  // namespace deputy::oauth
