// A token is a projection of its delegation on one resource: what may be drawn is the delegation's for its holder, and
// the projection alone, or what is onward for it, for who received it.
#include "grants/exchange/source.h"

#include <algorithm>

#include "delegation/registered.h"
#include "grants/exchange/called.h"

namespace deputy::grants::exchange {
namespace {

using delegation::Relation;
using oauth::Code;
using oauth::Error;
using ResourcePtr = store::Directory::ResourcePtr;

oauth::ScopeSet projection(const Subject& subject, const directory::Resource& resource) {
  return resource.identifier == subject.audience ? subject.scope : oauth::ScopeSet();
}

Result<ResourcePtr, Error> by_name(std::string_view name, World& world) {
  TRY(auto resource, world.directory.resource(world.tenant, name));
  if (resource != nullptr) return resource;
  TRY(auto by_id, world.directory.resource_by_id(world.tenant, name));
  if (by_id != nullptr) return by_id;
  TRY(auto named, world.store.list(world.tenant, directory::Kind::resource,
                                   {.limit = 2, .where = store::Index{"name", std::string(name), false}}));
  // A name is for people, and two resources may share one: then it says too little.
  if (named.size() != 1) return ResourcePtr();
  TRY(auto only, world.directory.resource_by_id(world.tenant, named.front().id));
  return only;
}

Fail<Error> no_target(std::string_view named, const World& world) {
  if (named == world.issuer)
    return Fail{Error(Code::invalid_target,
                      "an exchange gives no token for this server itself: name the resource it is for")};
  return Fail{Error(Code::invalid_target,
                    "the resource is not registered: send its identifier exactly, trailing slash included")};
}

// Who let it draw further is one of those before it; which one, nobody wrote down.
bool is_delegate(const directory::Principal& actor, const Cast& cast) {
  const auto delegates = [&](const auto& one) { return one->id != actor.id && delegation::delegates_to(*one, actor); };
  return delegates(cast.subject) || std::any_of(cast.actors.begin(), cast.actors.end(), delegates);
}

// The only resource at which something is onward for the actor.
Result<ResourcePtr, Error> onward_target(const Source& source, World& world) {
  std::string only;
  for (const auto& pair : source.parent->authority) {
    if (pair.onward != source.standing.actor->id || pair.resource == only) continue;
    if (!only.empty()) return Fail{Error(Code::invalid_target, "name the resource: more than one is onward here")};
    only = pair.resource;
  }
  TRY(auto resource, world.directory.resource_by_id(world.tenant, only));
  return resource;
}

}  // namespace

oauth::ScopeSet Source::givable(const Subject& subject, const directory::Resource& resource) const {
  if (begins) return subject.at_most ? directory::scopes_given(resource, {&*subject.at_most}) : oauth::ScopeSet();
  if (standing.relation == Relation::received)
    return standing.projection ? projection(subject, resource) : oauth::ScopeSet();
  return parent ? delegation::scopes_at(parent->authority, resource.id) : projection(subject, resource);
}

std::vector<delegation::Detail> Source::details(const Subject& subject, const directory::Resource& resource) const {
  if (standing.relation == Relation::received || !parent) {
    const bool drawn_on = standing.relation != Relation::received || standing.projection;
    if (!drawn_on || resource.identifier != subject.audience) return {};
    return delegation::living(delegation::details_in(subject.details, resource), resource);
  }
  return delegation::living(parent->details, resource);
}

// I3: a relation is as live as what is held. By `onward` in a request a delegate draws further; by a consent, one that
// is called and needs it.
Result<oauth::ScopeSet, Fault> Source::pool(const Subject& subject, const directory::Resource& resource,
                                            const Cast& cast, World& world) const {
  auto scopes = givable(subject, resource);
  if (standing.relation != Relation::received || !parent) return scopes;
  auto onward = delegation::scopes_at(parent->authority, resource.id, standing.actor->id);
  if (!onward.empty() && !is_delegate(*standing.actor, cast)) {
    TRY(const auto called, world.directory.resource(world.tenant, subject.audience));
    TRY(auto needed, still_needed(onward, *standing.actor, called, resource, world));
    onward = std::move(needed);
  }
  for (const auto& scope : onward.tokens()) scopes.add(scope);
  return scopes;
}

delegation::Origin Source::origin() const {
  return parent || begins ? delegation::Origin::exchange : delegation::Origin::own;
}

Result<std::optional<delegation::Delegation>, Error> delegation_of(const Subject& subject, World& world) {
  if (subject.delegations.empty()) return std::optional<delegation::Delegation>();
  TRY(auto found, world.store.delegation(world.tenant, subject.delegations.back(), store::Store::Counts::of_late));
  if (!found) return Fail{Error(Fault{Fault::Kind::corrupt, "a token's delegation is not in the store"})};
  if (found->revoked_at || (found->limits.not_after && world.now >= *found->limits.not_after))
    return Fail{Error(Code::invalid_request, "the subject token is not valid", "its delegation is over")};
  return found;
}

Result<ResourcePtr, Error> named_resource(const TokenRequest& request, World& world) {
  const auto named = request.form.all("resource"), audiences = request.form.all("audience");
  if (named.size() > 1 || audiences.size() > 1)
    return Fail{Error(Code::invalid_target, "name one resource: each access token is for one (RFC 8707 section 2)")};
  ResourcePtr resource;
  if (named.size() == 1) {
    TRY(auto found, world.directory.resource(world.tenant, named.front()));
    if (found == nullptr) return no_target(named.front(), world);
    resource = std::move(found);
  }
  if (audiences.size() == 1) {
    TRY(auto found, by_name(audiences.front(), world));
    if (found == nullptr) return no_target(audiences.front(), world);
    if (resource != nullptr && resource->id != found->id)
      return Fail{Error(Code::invalid_target, "resource and audience name different resources")};
    resource = std::move(found);
  }
  return resource;
}

Result<ResourcePtr, Error> target_of_exchange(const TokenRequest& request, const Subject& subject, const Source& source,
                                              World& world) {
  TRY(auto resource, named_resource(request, world));
  if (resource != nullptr) return resource;
  const bool only_onward = source.standing.relation == Relation::received && !source.standing.projection;
  if (only_onward && source.parent) {
    TRY(auto found, onward_target(source, world));
    if (found != nullptr) return found;
  } else if (subject.at_most && !request.client->default_resource.empty()) {
    TRY(auto found, world.directory.resource_by_id(world.tenant, request.client->default_resource));
    if (found != nullptr) return found;
  } else if (!subject.audience.empty()) {
    TRY(auto found, world.directory.resource(world.tenant, subject.audience));
    if (found != nullptr) return found;
  }
  return Fail{Error(Code::invalid_target, "name the resource that the token is for (RFC 8707 section 2)")};
}

}  // namespace deputy::grants::exchange
