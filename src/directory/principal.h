// Principal: an agent, user or application as a decision needs it: state, credentials, what it is assigned.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "directory/kind.h"

namespace deputy::directory {

enum class State { active, suspended, expired, revoked, disabled };
std::string_view name_of(State state);
std::optional<State> state_named(std::string_view name);

// What is true now of a record that says `stored` and expires at `expires_at`.
State state_at(State stored, std::optional<Instant> expires_at, Instant now);

// May an agent go from one state to another? revoked is final. expired is what it is until it has a later expiry; who
// was suspended meanwhile is suspended then.
bool may_become(State from, State to);

struct Credential {
  enum class Type { secret, jwks, jwks_uri };
  std::string id, label;
  Type type = Type::secret;
  std::array<std::uint8_t, 32> secret_hash{};  // keyed; of type secret
  std::string jwks;                            // of type jwks: the set's text
  std::string jwks_uri;
  std::optional<Instant> expires_at;  // for a rotated secret: its retirement
  bool live(Instant now) const { return !expires_at || now < *expires_at; }
  static std::optional<Credential> from(std::string_view id, const json::object& body);
};

enum class Acts : std::uint8_t { self, others };

struct Assignment {
  std::string id, role, principal;
  Acts acts = Acts::self;
  std::string organization;  // for Deputy's own API: reaches this organization and those below; empty: all
  static std::optional<Assignment> from(std::string_view id, const json::object& body);
};

// How an agent or application is a client of the flows with a person (RFC 7591 §2).
struct Registration {
  bool is_public = false;  // client authentication `none`
  std::vector<std::string> redirect_uris, post_logout_redirect_uris;
  std::string default_scope, backchannel_logout_uri;
  std::string id_token_algorithm = "RS256";  // OIDC Core §2: what a client may take for granted
  bool fapi2 = false, pushed_requests_required = false, signed_requests_required = false;
  bool pkce_required = true;  // false: its OpenID requests may have no code_challenge (docs/adr/0028)
  bool verified = false;  // the tenant's administrators vouch for it
};

// In the record of a user, an agent or an application, never shown: what was given up to then, in Unix milliseconds, is
// dead for good. The feed forgets sooner: it is about access tokens. A clock says this only nearly: what is given while
// the stop is on its way to the disk, or under a clock that is set back, is later. Hence also the version that the
// record had until then: what was given when it had that one, or an earlier one, is dead.
inline constexpr std::string_view refresh_dead_through = "refresh_dead_through";
inline constexpr std::string_view refresh_dead_version = "refresh_dead_version";
// The member of an agent's record that says who suspended it: there, and true, somebody who oversees it.
inline constexpr std::string_view suspended_by_office = "suspended_by_office";
// The same of when it expires.
inline constexpr std::string_view expires_by_office = "expires_by_office";

struct Principal {
  Kind kind = Kind::agent;
  std::string id, client_id, name, owner, organization, type, default_resource;
  State stored_state = State::active;
  std::optional<Instant> expires_at;
  std::optional<Instant> dead_through;  // refresh_dead_through
  std::uint64_t dead_version = 0;       // refresh_dead_version; 0: never stopped
  std::uint64_t version = 0;            // of its record; the reader's to say
  bool delegation_any = false;         // `delegation: any` lifts the ceiling (DELEGATION)
  std::vector<std::string> delegates;  // agents and groups it may hand on to
  bool agreement_required = false;     // those may exchange its tokens only with its own token as actor_token
  Registration registration;           // empty for a user
  bool dpop_bound_access_tokens = false;  // a token request of it holds a DPoP proof (RFC 9449 §5.2)
  std::vector<Credential> credentials;
  std::vector<Assignment> assignments;  // its own; those of its groups are added by the reader
  std::vector<std::string> groups;      // every group it is in, through nesting

  State state(Instant now) const { return state_at(stored_state, expires_at, now); }
  static std::optional<Principal> from(Kind kind, std::string_view id, const json::object& body);
};

}  // namespace deputy::directory
