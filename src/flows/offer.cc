// What a user may be asked for: the request, held against the resources, the user and everybody who would act.
#include <algorithm>
#include <map>

#include "base/encoding.h"
#include "crypto/hash.h"
#include "delegation/details.h"
#include "delegation/grow.h"
#include "delegation/registered.h"
#include "delegation/relation.h"
#include "directory/person.h"
#include "flows/consent.h"
#include "flows/disclosure.h"
#include "flows/step_up.h"
#include "grants/consents.h"
#include "grants/exchange/cast.h"
#include "oauth/claims_request.h"

namespace deputy::flows {
namespace {

using grants::exchange::Cast;
using oauth::Code;
using oauth::Error;
using oauth::ScopeSet;
using PrincipalPtr = store::Directory::PrincipalPtr;
using ResourcePtr = store::Directory::ResourcePtr;

// A request while it is looked at.
struct Looking {
  const AuthorizationRequest& request;
  PrincipalPtr client, user;
  World& world;
  ScopeSet asked;  // of resources
  Offer offer = {};
};

std::string key_of(const delegation::Pair& pair) {
  const auto digest = crypto::sha256({pair.resource, "\n", pair.scope, "\n", pair.onward});
  return base64url(as_text(digest).substr(0, 12));
}

void add(Looking& look, const directory::Resource& resource, const ScopeSet& scopes, const PrincipalPtr& onward) {
  for (const auto& definition : resource.scopes) {
    if (!scopes.contains(definition.name)) continue;
    Switch one{.pair = {resource.id, definition.name, onward ? onward->id : ""},
               .resource_name = resource.name,
               .resource_identifier = resource.identifier,
               .description = definition.description,
               .sensitivity = definition.sensitivity};
    ScopeSet itself;
    itself.add(definition.name);
    one.required = demands_of(resource, itself);
    one.key = key_of(one.pair);
    const auto same = [&](const Switch& other) { return other.pair == one.pair; };
    if (std::none_of(look.offer.switches.begin(), look.offer.switches.end(), same))
      look.offer.switches.push_back(std::move(one));
  }
  look.offer.token_lifetime = std::max(look.offer.token_lifetime, resource.token_lifetime);
}

// I3, before anything is given: what the subject holds and everybody on the chain may do for others.
Result<ScopeSet, Error> left_of(Looking& look, const ScopeSet& asked, const ResourcePtr& resource,
                                const PrincipalPtr& onward) {
  Cast cast{.subject = look.user, .actors = {look.client}};
  if (onward) cast.actors.insert(cast.actors.begin(), onward);
  ScopeSet all;
  for (const auto& scope : resource->scopes) all.add(scope.name);
  TRY(auto narrowed, grants::exchange::narrow_live(asked, all, resource, cast, look.world));
  return std::move(narrowed.given);
}

Result<std::vector<ResourcePtr>, Error> resources_of(Looking& look) {
  std::vector<ResourcePtr> resources;
  for (const auto& identifier : look.request.resources) {
    TRY(auto resource, look.world.directory.resource(look.world.tenant, identifier));
    if (resource == nullptr) return Fail{Error(Code::invalid_target, "there is no such resource")};
    resources.push_back(std::move(resource));
  }
  const bool only_identity = look.asked.empty() && !look.offer.identity.empty();
  if (!resources.empty() || only_identity || look.client->default_resource.empty()) return resources;
  TRY(auto resource, look.world.directory.resource_by_id(look.world.tenant, look.client->default_resource));
  if (resource != nullptr) resources.push_back(std::move(resource));
  return resources;
}

// A resource that is an agent says what it needs further on: each is offered as onward for it alone.
Result<Done, Error> add_needs(Looking& look, const ResourcePtr& resource) {
  if (resource->principal.empty() || resource->principal == look.client->id) return Done{};
  TRY(auto agent, look.world.directory.principal(look.world.tenant, resource->principal));
  if (agent == nullptr || agent->kind != directory::Kind::agent) return Done{};
  for (const auto& permission : resource->needs.permissions) {
    TRY(auto target, look.world.directory.resource_by_id(look.world.tenant, permission.resource));
    if (target == nullptr) continue;
    const auto wanted = directory::scopes_given(*target, {&resource->needs});
    if (wanted.empty()) continue;
    TRY(auto left, left_of(look, wanted, target, agent));
    add(look, *target, left, agent);
  }
  return Done{};
}

// A detail of a registered type refines what may be done at its resource: where no scope is left, neither is it.
Result<Done, Error> add_registered(Looking& look, const std::vector<json::object>& sent,
                                   const std::vector<ResourcePtr>& resources) {
  TRY(const auto resolved, delegation::resolve(sent, resources));
  for (const auto& detail : resolved) {
    const auto found = std::find_if(resources.begin(), resources.end(),
                                    [&](const auto& one) { return one->id == detail.resource; });
    const bool some_scope = std::any_of(look.offer.switches.begin(), look.offer.switches.end(), [&](const auto& one) {
      return one.pair.resource == detail.resource && one.pair.onward.empty();
    });
    if (some_scope) look.offer.details.push_back({.key = flows::key_of(detail), .detail = detail, .resource = *found});
  }
  return Done{};
}

// authorization_details (RFC 9396): onward pairs become switches, limits bound the whole, and what a resource registers
// is switched by itself.
Result<Done, Error> add_details(Looking& look, const std::vector<ResourcePtr>& resources) {
  if (look.request.details.empty()) return Done{};
  // From when it was asked: a person agrees to the end that they were shown.
  TRY(auto details, delegation::parse_details(look.request.details, look.request.at));
  look.offer.limits = details.limits;
  if (const auto& end = details.limits.not_after; end && look.world.now >= *end)
    return Fail{Error(Code::access_denied, "the end that the request asks for (`expires_in`) passed before it was "
                                           "answered: ask again")};
  TRY(const auto registered, add_registered(look, details.registered, resources));
  for (const auto& onward : details.onward) {
    TRY(auto actor, look.world.directory.principal(look.world.tenant, onward.actor));
    if (actor == nullptr || !delegation::delegates_to(*look.client, *actor))
      return Fail{Error(Code::invalid_authorization_details,
                        "the actor of a detail of type onward is not among those "
                        "the client may delegate to")};
    TRY(auto resource, look.world.directory.resource(look.world.tenant, onward.resource));
    if (resource == nullptr)
      return Fail{Error(Code::invalid_authorization_details, "a detail of type onward names no resource there is")};
    TRY(auto left, left_of(look, onward.scope, resource, actor));
    add(look, *resource, left, actor);
  }
  return Done{};
}

// OIDC Core §5.5: a claim that is asked for by name is allowed like a scope; where its scope is asked for, with that.
Result<Done, Error> add_claims(Looking& look) {
  auto& identity = look.offer.identity;
  if (!identity.contains("openid")) return Done{};
  TRY(const auto claims, oauth::ClaimsRequest::parse_stored(look.request.claims));
  for (const auto* asked : {&claims.id_token, &claims.userinfo})
    for (const auto& claim : *asked) {
      const auto scope = directory::scope_of_claim(claim.name);
      if (scope.empty() || identity.contains(scope)) continue;
      identity.add(directory::token_of_claim(claim.name));
      if (claim.essential) look.offer.essential.add(directory::token_of_claim(claim.name));
    }
  return Done{};
}

bool gives(const delegation::Delegation& consent, const Switch& one) {
  return std::binary_search(consent.authority.begin(), consent.authority.end(), one.pair);
}
bool gives(const delegation::Delegation& consent, const DetailSwitch& one) {
  return !delegation::drawable({one.detail}, consent.details, *one.resource).empty();
}

// By those of the live consents that give it, until when the longest of them goes on.
template <class One>
void mark_agreed(One& one, const std::vector<delegation::Delegation>& consents) {
  for (const auto& consent : consents) {
    if (!gives(consent, one)) continue;
    const auto& end = consent.limits.not_after;
    if (!one.agreed || !end || (one.agreed_until && *one.agreed_until < *end)) one.agreed_until = end;
    one.agreed = true;
  }
}

Result<Done, Error> mark_agreed(Looking& look) {
  TRY(const auto consents, grants::live_consents(*look.client, look.user->id, look.world));
  TRY(const auto before, disclosed_to(look.client->id, look.user->id, look.world.tenant, look.world.store));
  const auto was_declined = [&](const std::string& key) {
    return before && std::find(before->declined.begin(), before->declined.end(), key) != before->declined.end();
  };
  for (auto& one : look.offer.details) {
    mark_agreed(one, consents);
    one.declined = was_declined(one.key);
  }
  for (auto& one : look.offer.switches) {
    mark_agreed(one, consents);
    one.declined = was_declined(one.key);
  }
  for (const auto& one : look.offer.identity.tokens()) {
    if (before && directory::may_tell(before->scope, one)) look.offer.told.add(one);
    if (was_declined(one)) look.offer.untold.add(one);
  }
  look.offer.while_away = !was_declined("offline_access");
  return Done{};
}

}  // namespace

std::string key_of(const delegation::Detail& detail) {
  const auto digest = crypto::sha256({detail.resource, "\n", detail.object});
  return base64url(as_text(digest).substr(0, 12));
}

Demands required_by(const Offer& offer) {
  Demands all;
  for (const auto& one : offer.switches) all.add(one.required);
  return all;
}

Result<Offer, Error> offer_of(const AuthorizationRequest& request, const directory::Principal& client,
                              std::string_view user, World& world) {
  Looking look{.request = request, .client = nullptr, .user = nullptr, .world = world, .asked = {}};
  look.offer.asked_at = request.at;
  TRY(auto asking, world.directory.principal(world.tenant, client.id));
  TRY(auto person, world.directory.principal(world.tenant, user));
  if (asking == nullptr || person == nullptr) return Fail{Error(Code::access_denied, "the client or the user is gone")};
  look.client = std::move(asking);
  look.offer.client_ends = look.client->expires_at;
  look.user = std::move(person);
  for (const auto& scope : request.scope.tokens())
    (is_openid_scope(scope) ? look.offer.identity : look.asked).add(scope);
  TRY(auto claims, add_claims(look));
  TRY(const auto resources, resources_of(look));
  for (const auto& resource : resources) {
    TRY(auto left, left_of(look, look.asked, resource, nullptr));
    add(look, *resource, left, nullptr);
  }
  // I3: an empty result is invalid_scope, never an empty consent.
  if (look.offer.switches.empty() && (look.offer.identity.empty() || !look.asked.empty() || !resources.empty()))
    return Fail{Error(Code::invalid_scope,
                      "nothing is left of the scopes asked for: the user does not hold them, or "
                      "the client may not use them for others")};
  for (const auto& resource : resources) {
    TRY(auto needs, add_needs(look, resource));
  }
  TRY(auto details, add_details(look, resources));
  // Below such a root nobody could draw it.
  if (look.offer.limits.max_depth == 1)
    std::erase_if(look.offer.switches, [](const Switch& one) { return !one.pair.onward.empty(); });
  TRY(auto marked, mark_agreed(look));
  if (look.offer.switches.size() + look.offer.details.size() > switches_max)
    return Fail{Error(Code::invalid_scope, "more is asked for than a person can read: ask for what is needed now")};
  return std::move(look.offer);
}

Result<std::vector<std::string>, Fault> given_meanwhile(const Offer& offer, const AuthorizationRequest& request,
                                                        const directory::Principal& client, std::string_view user,
                                                        World& world) {
  constexpr std::size_t newest = 1000;
  TRY(const auto all, world.store.consents({world.tenant, user, client.id}, world.now, newest));
  std::vector<std::string> ids;
  for (const auto& consent : all) {
    const bool remembered = !grants::given_once(consent) && !grants::is_spent(consent);
    if (remembered || delegation::is_put_together(consent) || consent.created_at < request.at) continue;
    const auto is_of_it = [&](const auto& one) { return one.stands_on() && gives(consent, one); };
    if (std::any_of(offer.switches.begin(), offer.switches.end(), is_of_it) ||
        std::any_of(offer.details.begin(), offer.details.end(), is_of_it))
      ids.push_back(consent.id);
  }
  return ids;
}

}  // namespace deputy::flows
