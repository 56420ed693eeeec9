// RFC 8693 §2.1, rule by rule.
#include "grants/exchange/request.h"

#include "oauth/handle.h"

namespace deputy::grants::exchange {
namespace {

using oauth::Code;
using oauth::Error;

Fail<Error> malformed(std::string sentence) { return Fail{Error(Code::invalid_request, std::move(sentence))}; }

// RFC 8693 §3: what it is called is what it is. An opaque token shows by its first letters that it is no JWT.
Result<Done, Error> check_type(std::string_view token, std::string_view type) {
  if (type == access_token_type || !token.starts_with(oauth::opaque_token_prefix)) return Done{};
  return malformed("an opaque token is no JWT and no ID token: declare it as an access_token");
}

Result<Done, Error> read_actor(const oauth::Form& form, Request& request) {
  request.actor_token = form.get("actor_token");
  request.requested_actor = form.get("requested_actor");
  const auto type = form.get("actor_token_type");
  // "REQUIRED when the actor_token parameter is present", and "MUST NOT be included" otherwise.
  if (request.actor_token.has_value() != type.has_value())
    return malformed("send actor_token and actor_token_type together, or neither");
  if (type && *type != access_token_type && *type != jwt_type)
    return malformed("an actor token is an access token of this server");
  if (type) return check_type(*request.actor_token, *type);
  return Done{};
}

}  // namespace

Result<Request, Error> parse(const oauth::Form& form, Instant now) {
  Request request;
  const auto token = form.get("subject_token"), type = form.get("subject_token_type");
  // An empty parameter is an absent one: an exchange without a subject is no exchange (A22).
  if (!token) return malformed("subject_token is missing");
  if (!type) return malformed("subject_token_type is missing");
  if (*type != access_token_type && *type != jwt_type && *type != id_token_type)
    return malformed("this server does not exchange tokens of that subject_token_type");
  TRY(auto fits, check_type(*token, *type));
  request.subject_token = *token;
  request.subject_token_type = *type;
  TRY(auto actor, read_actor(form, request));
  request.issued_token_type = form.get("requested_token_type").value_or(access_token_type);
  if (request.issued_token_type != access_token_type && request.issued_token_type != jwt_type)
    return malformed("an exchange gives an access token: leave requested_token_type out, or name that or a JWT");
  if (const auto details = form.get("authorization_details")) {
    TRY(auto parsed, delegation::parse_details(*details, now));
    request.details = std::move(parsed);
  }
  return request;
}

}  // namespace deputy::grants::exchange
