// Principals read from their records, and the life of an agent.
#include "directory/principal.h"

#include <algorithm>

#include "base/visible.h"
#include "directory/instant.h"

namespace deputy::directory {
namespace {

constexpr std::array<std::string_view, 5> states{"active", "suspended", "expired", "revoked", "disabled"};

// An instant that is there but unreadable makes the record damaged: it must not come to mean "never expires".
bool read_instant(const json::object& body, std::string_view name, std::optional<Instant>& out) {
  const auto text = json_text(body, name);
  if (!text) return body.if_contains(name) == nullptr;
  out = parse_rfc3339(*text);
  return out.has_value();
}

int hex_value(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

bool read_hash(std::string_view hex, std::array<std::uint8_t, 32>& out) {
  if (hex.size() != out.size() * 2) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = hex_value(hex[2 * i]), low = hex_value(hex[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

Registration registration_of(Kind kind, const json::object& body) {
  const auto is = [&](std::string_view name) { return json_boolean(body, name).value_or(false); };
  Registration out{.is_public = is("public"),
                   .redirect_uris = texts_of(body, "redirect_uris"),
                   .post_logout_redirect_uris = texts_of(body, "post_logout_redirect_uris"),
                   .default_scope = text_of(body, "default_scope"),
                   .backchannel_logout_uri = text_of(body, "backchannel_logout_uri"),
                   .fapi2 = json_text(body, "profile") == "fapi2",
                   .pushed_requests_required = is("pushed_requests_required"),
                   .signed_requests_required = is("signed_requests_required"),
                   .verified = is("verified")};
  // RFC 9700 §2.1.1, FAPI 2.0 §5.3.2.2: whatever its record says, these prove their codes (A4).
  const bool may_be_excused = kind == Kind::application && !out.is_public && !out.fapi2;
  out.pkce_required = !may_be_excused || json_boolean(body, "pkce_required").value_or(true);
  // FAPI 2.0 §5.4.1 has no RS256: where a record says nothing, or said it before the profile, the profile says ES256.
  if (const auto algorithm = json_text(body, "id_token_signed_response_alg")) out.id_token_algorithm = *algorithm;
  if (out.fapi2 && out.id_token_algorithm == "RS256") out.id_token_algorithm = "ES256";
  return out;
}

}  // namespace

std::string_view name_of(State state) { return states[static_cast<std::size_t>(state)]; }

std::optional<State> state_named(std::string_view name) {
  const auto found = std::find(states.begin(), states.end(), name);
  if (found == states.end()) return std::nullopt;
  return static_cast<State>(found - states.begin());
}

State state_at(State stored, std::optional<Instant> expires_at, Instant now) {
  if (stored == State::revoked) return stored;
  return expires_at && *expires_at <= now ? State::expired : stored;
}

bool may_become(State from, State to) {
  switch (to) {
    case State::active: return from == State::suspended;
    case State::suspended: return from == State::active || from == State::expired;
    case State::revoked: return from == State::active || from == State::suspended || from == State::expired;
    default: return false;  // expired is the clock's word; disabled is not an agent's
  }
}

std::optional<Credential> Credential::from(std::string_view id, const json::object& body) {
  Credential credential;
  credential.id = id;
  credential.label = text_of(body, "label");
  const auto type = json_text(body, "type").value_or("");
  if (type == "secret") {
    if (!read_hash(json_text(body, "secret_hash").value_or(""), credential.secret_hash)) return std::nullopt;
  } else if (type == "jwks") {
    const auto* set = json_member_object(body, "jwks");
    if (set == nullptr) return std::nullopt;
    credential.type = Type::jwks;
    credential.jwks = json::serialize(*set);
  } else if (type == "jwks_uri") {
    credential.type = Type::jwks_uri;
    credential.jwks_uri = text_of(body, "jwks_uri");
    if (credential.jwks_uri.empty()) return std::nullopt;
  } else {
    return std::nullopt;
  }
  if (!read_instant(body, "expires_at", credential.expires_at)) return std::nullopt;
  return credential;
}

std::optional<Assignment> Assignment::from(std::string_view id, const json::object& body) {
  Assignment assignment;
  assignment.id = id;
  assignment.role = text_of(body, "role");
  assignment.principal = text_of(body, "principal");
  assignment.organization = text_of(body, "organization");
  const auto acts = json_text(body, "acts").value_or("self");
  if (acts != "self" && acts != "others") return std::nullopt;
  assignment.acts = acts == "self" ? Acts::self : Acts::others;
  if (assignment.role.empty() || assignment.principal.empty()) return std::nullopt;
  return assignment;
}

std::optional<Principal> Principal::from(Kind kind, std::string_view id, const json::object& body) {
  Principal principal;
  principal.kind = kind;
  principal.id = id;
  principal.client_id = text_of(body, "client_id");
  if (principal.client_id.empty()) principal.client_id = id;
  principal.name = text_of(body, kind == Kind::user ? "username" : "name");
  if (!is_seen(principal.name)) principal.name = id;  // A37: stored before such a name was refused
  principal.owner = text_of(body, "owner");
  principal.organization = text_of(body, "organization");
  principal.type = text_of(body, "type");
  principal.default_resource = text_of(body, "default_resource");
  const auto state = state_named(json_text(body, "state").value_or("active"));
  if (!state || !read_instant(body, "expires_at", principal.expires_at)) return std::nullopt;
  principal.stored_state = *state;
  if (const auto millis = json_integer(body, refresh_dead_through)) principal.dead_through = from_unix_millis(*millis);
  principal.dead_version = static_cast<std::uint64_t>(json_integer(body, refresh_dead_version).value_or(0));
  principal.delegation_any = json_text(body, "delegation").value_or("ceiling") == "any";
  principal.delegates = texts_of(body, "delegates");
  principal.agreement_required = json_boolean(body, "agreement_required").value_or(false);
  if (kind != Kind::user) principal.registration = registration_of(kind, body);
  // FAPI 2.0 §5.3.2.1: sender-constrained tokens only.
  principal.dpop_bound_access_tokens =
      principal.registration.fapi2 || json_boolean(body, "dpop_bound_access_tokens").value_or(false);
  return principal;
}

}  // namespace deputy::directory
