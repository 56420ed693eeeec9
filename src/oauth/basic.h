// HTTP Basic as OAuth uses it: id and secret are form-encoded before they are base64-encoded (RFC 6749 §2.3.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace deputy::oauth {

struct BasicCredentials {
  std::string client_id;
  Secret secret;
};

// Whether an Authorization header is of this scheme, whatever follows; without regard to case (RFC 9110 §11.1).
bool names_scheme(std::string_view authorization, std::string_view scheme);
// From the value of an Authorization header; none when it is not well-formed Basic.
std::optional<BasicCredentials> parse_basic(std::string_view authorization);
// The header's value, for a client.
std::string basic(std::string_view client_id, std::string_view secret);

// The token of "Bearer …" (RFC 6750 §2.1); none for another scheme or a malformed token.
std::optional<std::string_view> parse_bearer(std::string_view authorization);
// The same of "DPoP …" (RFC 9449 §7.1).
std::optional<std::string_view> parse_dpop(std::string_view authorization);

}  // namespace deputy::oauth
