// What if: what a chain of exchanges would issue, and what stands in its way, by the rules of the grant.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "grants/exchange/cast.h"
#include "grants/grant.h"

namespace deputy::grants::exchange {

struct Question {
  store::Directory::PrincipalPtr subject;
  // Those it passes through, nearest to the subject first, the actor last. None, or the subject alone: it acts for
  // itself.
  std::vector<store::Directory::PrincipalPtr> hands;
  store::Directory::ResourcePtr resource;
  oauth::ScopeSet asked;  // empty: all that there is
  std::vector<json::object> details;  // of registered types (RFC 9396)
  // How a user is supposed to have signed in just now; none: nothing is known of it, as by a trusted issuer's token.
  std::optional<std::string> acr = std::nullopt;
};

struct Supposition {
  std::string details;    // authorization_details that would be given, a JSON array; empty: none
  oauth::ScopeSet scope;  // what would be left of what was asked, if nothing else stood in the way
  std::vector<std::pair<std::string, std::string>> dropped;  // scope, reason
  std::vector<std::string> obstacles;                        // sentences; none: a token would be issued
  std::vector<std::string> demands;  // sentences: what a request must bring along besides
  std::vector<std::string> assumed;  // sentences: what is taken as given
  std::vector<std::string> chain;                            // `act`, outermost first
  Instant expires_at;
};

// How the first of the hands came by the user's authority (a consent, a trusted issuer's token) is taken as given, and
// said to be. Who calls an agent is foreseen as far as that: the client that has the consent calls the second of them.
Result<Supposition, Fault> suppose(const Question& question, World& world);

}  // namespace deputy::grants::exchange
