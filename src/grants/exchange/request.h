// The parameters of a token exchange (RFC 8693 §2.1), read once into what they mean.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "delegation/details.h"
#include "oauth/error.h"
#include "oauth/form.h"

namespace deputy::grants::exchange {

// RFC 8693 §3. A JWT is an access token of ours, or any token of a trusted issuer; the other two are what they say.
inline constexpr std::string_view access_token_type = "urn:ietf:params:oauth:token-type:access_token";
inline constexpr std::string_view jwt_type = "urn:ietf:params:oauth:token-type:jwt";
inline constexpr std::string_view id_token_type = "urn:ietf:params:oauth:token-type:id_token";

inline constexpr std::string_view parameters[] = {
    "subject_token", "subject_token_type", "actor_token", "actor_token_type",      "requested_actor",
    "resource",      "audience",           "scope",       "requested_token_type", "authorization_details"};

struct Request {
  std::string_view subject_token, subject_token_type;
  std::optional<std::string_view> actor_token, requested_actor;
  std::string_view issued_token_type;
  delegation::Details details;
};

// Refuses (invalid_request) what §2.1 requires and is absent, and token types this server does not speak.
Result<Request, oauth::Error> parse(const oauth::Form& form, Instant now);

}  // namespace deputy::grants::exchange
