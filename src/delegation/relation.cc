// The four relations, one after the other.
#include "delegation/relation.h"

#include <algorithm>

namespace deputy::delegation {
namespace {

using oauth::Code;
using oauth::Error;

// The actor that the caller names, by its id or by its token; null: none but the caller itself.
Result<const directory::Principal*, Error> other_actor(const Exchange& exchange) {
  const auto* named = exchange.named != nullptr ? exchange.named : exchange.actor_holder;
  if (exchange.named != nullptr && exchange.actor_holder != nullptr && exchange.named->id != exchange.actor_holder->id)
    return Fail{Error(Code::invalid_request, "requested_actor and actor_token name different actors")};
  if (named != nullptr && named->id == exchange.caller.id) named = nullptr;
  return named;
}

Result<Standing, Error> issued_to_caller(const Exchange& exchange) {
  TRY(const auto* other, other_actor(exchange));
  if (other == nullptr) return Standing{Relation::narrows, &exchange.caller, true};
  if (!delegates_to(exchange.caller, *other))
    return Fail{Error(Code::unauthorized_client, "the actor is not among those the client may delegate to")};
  return Standing{Relation::hands_on, other, true};
}

Result<Standing, Error> issued_to_another(const Exchange& exchange) {
  const auto& caller = exchange.caller;
  if (exchange.named != nullptr && exchange.named->id != caller.id)
    return Fail{Error(Code::invalid_request, "only the holder of the subject token may name another actor")};
  // A stranger's actor token spliced to a valid subject token proves nothing (A23): it is the holder's, as a sign of
  // its agreement, or the caller's own.
  const auto* actor = exchange.actor_holder;
  if (actor != nullptr && actor->id != caller.id && actor->id != exchange.holder.id)
    return Fail{Error(Code::invalid_request, "the actor token is neither the client's own nor the subject "
                                             "token's holder's")};
  const bool agreed = delegates_to(exchange.holder, caller);
  if (!agreed && !exchange.is_audience)
    return Fail{Error(Code::unauthorized_client, "the client may not exchange this token: it was neither issued to it "
                                                 "nor meant for it, nor may its holder delegate to it")};
  const bool proven = actor != nullptr && actor->id == exchange.holder.id && exchange.actor_agrees;
  const bool projection = agreed && (proven || !exchange.holder.agreement_required);
  if (!projection && !exchange.is_audience)
    return Fail{Error(Code::invalid_request, "the subject token's holder requires its agreement: send as actor_token a "
                                             "token of its own for this server, which it gave you for that")};
  return Standing{Relation::received, &caller, projection};
}

}  // namespace

bool delegates_to(const directory::Principal& from, const directory::Principal& to) {
  const auto named = [&](const std::string& id) {
    return std::find(from.delegates.begin(), from.delegates.end(), id) != from.delegates.end();
  };
  if (to.kind == directory::Kind::user) return false;
  return named(to.id) || std::any_of(to.groups.begin(), to.groups.end(), named);
}

Result<Standing, Error> standing_of(const Exchange& exchange) {
  return exchange.holder.id == exchange.caller.id ? issued_to_caller(exchange) : issued_to_another(exchange);
}

}  // namespace deputy::delegation
