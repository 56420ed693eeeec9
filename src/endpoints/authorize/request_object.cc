// JAR (RFC 9101): an authorization request as a JWT, signed with one of the client's registered keys.
#include <algorithm>

#include "endpoints/authorize/authorize.h"
#include "endpoints/client_keys.h"
#include "jose/numeric_date.h"

namespace deputy::endpoints::authorize {
namespace {

using oauth::Code;
using oauth::Error;

constexpr Seconds lifetime_max{3600};  // FAPI 2.0 Message Signing §5.3.1: at most 60 minutes
// Those that are text and nothing else, of the parameters that are read here.
constexpr std::string_view texts[] = {"response_type", "response_mode",         "redirect_uri", "scope",
                                      "state",         "nonce",                 "prompt",       "code_challenge",
                                      "login_hint",    "code_challenge_method", "acr_values",   "ui_locales",
                                      "id_token_hint", "dpop_jkt"};

Fail<Error> bad_object(const std::string& why) {
  return Fail{Error(Code::invalid_request_object, "the signed request is not valid: " + why, why)};
}

std::string_view flaw_of(jose::Reject reason) {
  switch (reason) {
    case jose::Reject::type: return "its typ is not oauth-authz-req+jwt";
    case jose::Reject::issuer: return "its iss is not the client's id";
    case jose::Reject::audience: return "its aud is not this server's issuer";
    case jose::Reject::expired: return "its exp is past";
    case jose::Reject::not_yet: return "its nbf or iat lies ahead";
    default: return "a claim of it is malformed";
  }
}

// What is wrong with it by itself may be told to anybody; which keys the client has, and how they failed, may not.
Fail<Error> unverified(const jose::Parts& object, const jose::Expect& expect, Instant now, std::string why) {
  const auto held = jose::check_unsigned(object, expect, now);
  std::string_view flaw = held ? "no registered key verifies it, by an algorithm that the client may use"
                               : flaw_of(held.error());
  // RFC 9101 leaves it open. A request that the client signed could be begun by whoever saw it, for ever.
  if (!held && held.error() == jose::Reject::expired && !object.claims.contains("exp"))
    flaw = "it has no exp: say until when it may be sent, at most an hour ahead";
  return Fail{Error(Code::invalid_request_object, "the signed request is not valid: " + std::string(flaw),
                    std::move(why))};
}

// FAPI 2.0 Message Signing §5.3.1: `nbf` is there, no longer than 60 minutes past, and `exp` no later than 60 minutes
// after it.
bool is_of_the_hour(const json::object& claims, Instant expires_at, Instant now) {
  const auto not_before = jose::numeric_date(claims, "nbf");
  if (!not_before || !*not_before) return false;
  return now <= **not_before + lifetime_max && expires_at <= **not_before + lifetime_max;
}

// What concerns the JWT itself is no parameter of the request.
bool is_of_the_jwt(std::string_view name) {
  return name == "iss" || name == "aud" || name == "exp" || name == "iat" || name == "nbf" || name == "jti" ||
         name == "sub";
}

// §4: what is text in a form is a string here. Of an extension's parameter nothing is known, and what is wrong with
// authorization_details has an error of its own (RFC 9396 §5).
bool is_well_typed(std::string_view name, const json::value& value) {
  if (value.is_string()) return true;
  const auto is_string = [](const json::value& one) { return one.is_string(); };
  const auto* list = value.if_array();
  if (name == "resource") return list != nullptr && std::all_of(list->begin(), list->end(), is_string);
  if (name == "claims") return value.is_object();
  if (name == "max_age") return value.is_number();
  return std::find(std::begin(texts), std::end(texts), name) == std::end(texts);
}

// A string, a number, or JSON that stands as it would in a form.
void add(std::string_view name, const json::value& value, oauth::Form::Parameters& out) {
  if (name == "resource" && value.is_array()) {
    for (const auto& one : value.get_array()) out.emplace_back(name, one.get_string());
    return;
  }
  out.emplace_back(name, value.is_string() ? std::string(value.get_string()) : json::serialize(value));
}

}  // namespace

Result<oauth::Form, Error> read_request_object(std::string_view text, const directory::Principal& client,
                                               const Call& call, App& app) {
  const auto parts = jose::split(text);
  if (!parts) return bad_object("malformed, unsigned or encrypted");
  // §10.8: with a `typ` of its own it is taken for nothing else; the older `JWT` is told apart by its claims.
  const jose::Expect expect{.types = {"oauth-authz-req+jwt", "jwt", ""},
                            .issuer = client.client_id,
                            .audience = call.issuer,
                            .leeway = Seconds(10)};
  TRY(const auto verdict, verify_by_keys_of(client, *parts, expect, call, app));
  if (verdict.keys_away)
    return Fail{Error(Code::temporarily_unavailable, "the client's keys are being fetched: try again", "jwks_uri")};
  if (verdict.credential.empty()) return unverified(*parts, expect, call.now, verdict.why);
  const auto& claims = parts->claims;
  // §10.8: "MUST NOT" have the client as its subject: so no assertion of a client is a request of it (A11).
  if (json_text(claims, "sub") == client.client_id) return bad_object("sub is the client: an assertion, not a request");
  if (json_text(claims, "client_id") != client.client_id) return bad_object("client_id differs from the one outside");
  if (claims.contains("request") || claims.contains("request_uri")) return bad_object("a request within the request");
  if (verdict.expires_at > call.now + lifetime_max) return bad_object("exp is more than an hour ahead");
  if (client.registration.fapi2 && !is_of_the_hour(claims, verdict.expires_at, call.now))
    return bad_object("nbf is missing or more than an hour past, or exp is more than an hour after it");
  oauth::Form::Parameters out;
  for (const auto& [name, value] : claims) {
    if (is_of_the_jwt(name)) continue;
    if (!is_well_typed(name, value)) return bad_object("a parameter is of another JSON type than it has");
    add(name, value, out);
  }
  // As of a form: nothing that could end a line somewhere.
  for (const auto& [name, value] : out)
    if (std::any_of(value.begin(), value.end(),
                    [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
      return bad_object("a control character in a parameter");
  return oauth::Form::of(std::move(out));
}

}  // namespace deputy::endpoints::authorize
