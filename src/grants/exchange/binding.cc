// A bound token that is presented here: the key is its holder's, and a receiver has seen it proven (RFC 9449 §7.1).
#include "grants/exchange/binding.h"

namespace deputy::grants::exchange {
namespace {

using delegation::Relation;
using oauth::Code;
using oauth::Error;

}  // namespace

Result<Done, Error> check_possession(const Subject& subject, const Source& source, std::string_view proven) {
  if (subject.jkt.empty()) return Done{};
  if (source.standing.relation != Relation::received) {
    if (subject.jkt == proven) return Done{};
    return Fail{Error(Code::invalid_dpop_proof, "the subject token is bound to a key: prove that key by a DPoP proof",
                      proven.empty() ? "no proof of the subject token's key" : "a proof of another key")};
  }
  // The resource that a token was sent to has verified the proof it came with. Nobody else has seen one.
  if (source.is_audience) return Done{};
  return Fail{Error(Code::invalid_request, "the subject token is bound to its holder's key, and is not for this "
                                           "client: have its holder hand it on")};
}

Result<std::string, Error> key_of_new_token(const Source& source, const directory::Resource& resource,
                                            std::string_view actor_jkt, std::string_view proven) {
  if (source.standing.relation != Relation::hands_on) return std::string(proven);
  // RFC 9449 §5.2: without a proof, or what stands for one, nothing is issued where a bound token is demanded.
  if (source.standing.actor->dpop_bound_access_tokens && actor_jkt.empty())
    return Fail{Error(Code::invalid_request, "the new token must be bound to the actor's key: send, as actor_token, a "
                                             "token of the actor's that is bound to it")};
  if (resource.sender_constrained_tokens_required && actor_jkt.empty())
    return Fail{Error(Code::invalid_request, "the resource demands a bound token: send, as actor_token, a token of the "
                                             "actor's that is bound to its key")};
  return std::string(actor_jkt);
}

}  // namespace deputy::grants::exchange
