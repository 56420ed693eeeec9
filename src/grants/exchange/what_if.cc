// The steps of the grant in its order, with every refusal noted down instead of returned.
#include "grants/exchange/what_if.h"

#include <algorithm>

#include "delegation/registered.h"
#include "delegation/relation.h"
#include "grants/consents.h"
#include "grants/exchange/called.h"
#include "tokens/issue.h"

namespace deputy::grants::exchange {
namespace {

using PrincipalPtr = store::Directory::PrincipalPtr;

// Handing on to oneself adds no link: it only narrows.
std::vector<PrincipalPtr> distinct(const Question& question) {
  std::vector<PrincipalPtr> hands;
  for (const auto& one : question.hands)
    if (one->id != (hands.empty() ? question.subject->id : hands.back()->id)) hands.push_back(one);
  return hands;
}

// Who begins for a user has a consent or a trusted issuer's token; each one after that is handed a token.
std::vector<std::string> chain_of(const Question& question, const std::vector<PrincipalPtr>& hands) {
  std::vector<std::string> chain;
  const auto* holder = question.subject.get();
  for (const auto& one : hands) {
    const bool begins = holder == question.subject.get() && holder->kind == directory::Kind::user;
    chain = begins ? first_chain(*one) : delegation::chain_with(one->id, chain, holder->id, question.subject->id);
    holder = one.get();
  }
  return chain;
}

void note_states(const Question& question, const std::vector<PrincipalPtr>& hands, const World& world,
                 std::vector<std::string>& obstacles) {
  auto everybody = hands;
  everybody.insert(everybody.begin(), question.subject);
  for (const auto& one : everybody) {
    const auto state = one->state(world.now);
    if (state != directory::State::active)
      obstacles.push_back(one->id + " is " + std::string(directory::name_of(state)));
  }
}

// The second of a user's hands, where nobody delegates to it: the client that has the user's consent calls it.
Result<std::optional<Called>, Fault> call_of(const Question& question, const std::vector<PrincipalPtr>& hands,
                                             const SignIn& sign_in, World& world) {
  const bool may_be_called = question.subject->kind == directory::Kind::user && hands.size() > 1;
  if (!may_be_called || delegation::delegates_to(*hands[0], *hands[1])) return std::optional<Called>();
  return called({question.subject, hands[0], hands[1], question.resource}, sign_in, world);
}

Result<Done, Fault> note_hand_ons(const Question& question, const std::vector<PrincipalPtr>& hands, bool is_called,
                                  World& world, std::vector<std::string>& obstacles) {
  const bool of_user = question.subject->kind == directory::Kind::user;
  for (std::size_t i = of_user ? 1 : 0; i < hands.size(); ++i) {
    const auto &from = i == 0 ? question.subject : hands[i - 1], &to = hands[i];
    if (delegation::delegates_to(*from, *to) || (i == 1 && is_called)) continue;
    std::string sentence = from->id + " may not delegate to " + to->id + ": it is not among its delegates";
    if (of_user && i > 1) {
      TRY(const auto needed, needed_at(*to, *question.resource, world));
      if (!needed.empty()) sentence += "; what a person agreed to for one that is called by it is not foreseen here";
    }
    obstacles.push_back(std::move(sentence));
  }
  return Done{};
}

// RFC 6749 §4.4: who can keep no secret gets what a person gives it: no token of its own, and none by an exchange.
bool is_public(const directory::Principal& one) { return one.registration.is_public; }

// The delegate exchanges what it received: without a token by which the holder agrees, nor a proof of the holder's key.
bool may_take(const directory::Principal& taker, const directory::Principal& holder,
              const directory::Resource& resource) {
  const bool bound = holder.dpop_bound_access_tokens || resource.sender_constrained_tokens_required;
  return !is_public(taker) && !holder.agreement_required && (!bound || resource.principal == taker.id);
}

void note_public_clients(const Question& question, const std::vector<PrincipalPtr>& hands, bool is_called,
                         std::vector<std::string>& obstacles) {
  if (is_public(*question.subject))
    obstacles.push_back(question.subject->id + " is a public client: it gets no token of its own");
  if (is_called && is_public(*hands[1]))
    obstacles.push_back(hands[1]->id + " is a public client: it exchanges no token that it is sent");
  for (std::size_t i = is_called ? 1 : 0; i + 1 < hands.size(); ++i) {
    const auto &holder = *hands[i], &taker = *hands[i + 1];
    if (!is_public(holder) || may_take(taker, holder, *question.resource)) continue;
    obstacles.push_back(holder.id + " is a public client and exchanges no token, and " + taker.id +
                        " may not exchange the one that it holds");
  }
}

// FAPI 2.0 §5.4.1: the one who will hold the token has a profile, and the resource an algorithm that is not of it.
void note_profile(const Question& question, const std::vector<PrincipalPtr>& hands,
                  std::vector<std::string>& obstacles) {
  const auto& holder = hands.empty() ? question.subject : hands.back();
  if (!tokens::may_sign_for(*holder, *question.resource))
    obstacles.push_back(holder->id + " is held to FAPI 2.0, and the resource wants its tokens signed with RS256");
}

// Is the new token the holder's to ask for, and not its actor's, who may not take what the holder has?
bool must_be_handed(const Question& question, const std::vector<PrincipalPtr>& hands, bool is_called) {
  const bool of_user = question.subject->kind == directory::Kind::user;
  if (hands.size() < (of_user ? 2u : 1u) || (is_called && hands.size() == 2)) return false;
  const auto& holder = hands.size() == 1 ? question.subject : hands[hands.size() - 2];
  return !may_take(*hands.back(), *holder, *question.resource);
}

// RFC 9449 §5.2: a key that the request proves; or, of who is handed a token, one that a token of its own is bound to.
void note_demands(const Question& question, const std::vector<PrincipalPtr>& hands, bool is_called,
                  std::vector<std::string>& demands) {
  const auto& actor = hands.empty() ? question.subject : hands.back();
  const std::string key = must_be_handed(question, hands, is_called)
                              ? "send, as actor_token, a token of the actor's that is bound to its key"
                              : "send a DPoP proof";
  if (question.resource->sender_constrained_tokens_required)
    demands.push_back("the resource demands a bound token: " + key);
  if (actor->dpop_bound_access_tokens) demands.push_back(actor->id + " takes bound tokens only: " + key);
}

// What somebody agreed to is taken as given here; that the resource knows such a detail is not. Authority of one's own
// has none, also where it is handed on.
std::string note_details(const Question& question, bool is_called, std::vector<std::string>& obstacles) {
  if (question.details.empty()) return "";
  if (is_called) obstacles.emplace_back("what is onward for an agent that is called has no authorization details");
  const auto resolved = delegation::resolve(question.details, {&question.resource, 1});
  if (!resolved) obstacles.push_back(resolved.error().description);
  if (question.subject->kind != directory::Kind::user)
    obstacles.push_back(question.subject->id + " gives its own authority, which has no authorization details: a person "
                                               "agrees to them");
  return resolved ? delegation::text_of(*resolved) : "";
}

// A28: which tokens of a trusted issuer begin nothing, whatever they give (docs/adr/0032).
std::string since_stopped(const directory::Principal& subject, const directory::Principal& client) {
  const auto stopped = std::max(subject.dead_through.value_or(Instant()), client.dead_through.value_or(Instant()));
  return stopped == Instant() ? "" : " that was issued after " + rfc3339(stopped);
}

// What was not looked at, for nobody knows what a person will agree to; and what they have agreed to by now.
Result<Done, Fault> note_assumed(const Question& question, const std::vector<PrincipalPtr>& hands, bool is_called,
                                 World& world, std::vector<std::string>& assumed) {
  if (question.subject->kind != directory::Kind::user || hands.empty()) return Done{};
  const auto& client = *hands.front();
  const auto& resource = *question.resource;
  // A delegate draws on what the client holds, and on what is onward for it, too.
  const bool is_delegate = hands.size() > 1 && delegation::delegates_to(client, *hands[1]);
  TRY(const auto consents, consents_going_on(client, question.subject->id, world));
  const bool agreed = std::any_of(consents.begin(), consents.end(), [&](const auto& one) {
    const auto gives = [&](std::string_view to) {
      return !delegation::scopes_at(one.authority, resource.id, to).empty();
    };
    return (!is_called && gives("")) || ((is_called || is_delegate) && gives(hands[1]->id));
  });
  auto sentence = question.subject->id + " agrees to it for " + client.id;
  if (is_called) sentence += ", with what " + hands[1]->id + " needs at " + resource.id + " when it is called";
  else sentence += ", or a trusted issuer's token gives it" + since_stopped(*question.subject, client);
  assumed.push_back(sentence + (agreed ? " (a live consent gives some of it)" : " (no live consent gives any of it)"));
  return Done{};
}

Instant expiry_of(const Question& question, const Cast& cast, const std::vector<PrincipalPtr>& hands, Instant now) {
  auto expires_at = now + question.resource->token_lifetime;
  if (const auto first = first_expiry(cast)) expires_at = std::min(expires_at, *first);
  if (!hands.empty() && hands.back()->expires_at) expires_at = std::min(expires_at, *hands.back()->expires_at);
  return expires_at;
}

}  // namespace

Result<Supposition, Fault> suppose(const Question& question, World& world) {
  const auto hands = distinct(question);
  Supposition supposed{.chain = chain_of(question, hands)};
  auto& obstacles = supposed.obstacles;
  SignIn sign_in{.acr = {}, .auth_time = std::nullopt, .asked_at = world.now};
  if (question.acr) sign_in = {.acr = *question.acr, .auth_time = world.now, .asked_at = world.now};
  TRY(const auto call, call_of(question, hands, sign_in, world));
  note_states(question, hands, world, obstacles);
  TRY(const auto handed, note_hand_ons(question, hands, call.has_value(), world, obstacles));
  note_public_clients(question, hands, call.has_value(), obstacles);
  note_profile(question, hands, obstacles);
  note_demands(question, hands, call.has_value(), supposed.demands);
  TRY(const auto assumed, note_assumed(question, hands, call.has_value(), world, supposed.assumed));
  if (!short_enough(supposed.chain, *question.resource))
    obstacles.push_back("the chain is of " + std::to_string(supposed.chain.size()) + " agents, and " +
                        question.resource->id + " allows " +
                        std::to_string(question.resource->delegation_depth_max));
  const auto& actor = hands.empty() ? question.subject->id : hands.back()->id;
  const auto bounds = bounded_by(supposed.chain, actor, question.subject->id);
  if (const auto revoked = revoked_just_now(question.subject->id, bounds, world))
    obstacles.push_back("tokens of " + revoked->id + " were revoked: ask again in " +
                        std::to_string(revoked->wait.count()) + " s");

  Cast cast{.subject = question.subject, .actors = {}};
  for (const auto& id : bounds) {
    const auto found = std::find_if(hands.begin(), hands.end(), [&](const auto& one) { return one->id == id; });
    cast.actors.push_back(found == hands.end() ? question.subject : *found);
  }
  oauth::ScopeSet pool;
  for (const auto& scope : question.resource->scopes) pool.add(scope.name);
  if (call) pool = call->needed;
  TRY(auto narrowed, narrow_live(question.asked, pool, question.resource, cast, world, sign_in));
  supposed.details = note_details(question, call.has_value(), obstacles);
  supposed.scope = std::move(narrowed.given);
  supposed.dropped = std::move(narrowed.dropped);
  if (supposed.scope.empty()) obstacles.push_back("nothing is left of the scopes");
  supposed.expires_at = expiry_of(question, cast, hands, world.now);
  if (call) supposed.expires_at = std::min(supposed.expires_at, call->expires_by);
  return supposed;
}

}  // namespace deputy::grants::exchange
