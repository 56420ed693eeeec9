// Live authority: read at every mint, from the directory as it is at this instant.
#include "grants/exchange/cast.h"

#include <algorithm>

namespace deputy::grants::exchange {

using directory::Acts;
using HeldPtr = std::shared_ptr<const oauth::ScopeSet>;

Result<Cast, Fault> cast_of(const std::string& subject, const std::vector<std::string>& chain, World& world) {
  Cast cast;
  TRY(auto whose, world.directory.principal(world.tenant, subject));
  cast.subject = std::move(whose);
  for (const auto& id : chain) {
    TRY(auto actor, world.directory.principal(world.tenant, id));
    cast.actors.push_back(std::move(actor));
  }
  return cast;
}

std::optional<std::string> not_active(const Cast& cast, const std::string& subject,
                                      const std::vector<std::string>& chain, Instant now) {
  const auto active = [&](const store::Directory::PrincipalPtr& one) {
    return one != nullptr && one->state(now) == directory::State::active;
  };
  if (!active(cast.subject)) return subject;
  for (std::size_t i = 0; i < cast.actors.size(); ++i)
    if (!active(cast.actors[i])) return chain[i];
  return std::nullopt;
}

std::vector<std::string> first_chain(const directory::Principal& actor) {
  if (actor.kind != directory::Kind::agent) return {};
  return {actor.id};
}

std::vector<std::string> bounded_by(const std::vector<std::string>& chain, const std::string& actor,
                                    const std::string& subject) {
  return chain.empty() && actor != subject ? std::vector{actor} : chain;
}

bool short_enough(const std::vector<std::string>& chain, const directory::Resource& resource) {
  return static_cast<int>(chain.size()) <= resource.delegation_depth_max;
}

std::optional<RevokedNow> revoked_just_now(const std::string& subject, const std::vector<std::string>& chain,
                                           const World& world) {
  auto all = chain;
  all.push_back(subject);
  for (const auto& id : all)
    if (const auto wait = world.reader.wait_to_mint(world.tenant, id, world.now); wait > Seconds(0))
      return RevokedNow{id, wait};
  return std::nullopt;
}

oauth::Error ask_to_wait(std::string_view whom, Seconds wait) {
  const std::string_view why = wait <= Seconds(1) ? " were revoked this second: try again"
                                                  : " were revoked, and the clock was ahead before: try again after "
                                                    "the time in Retry-After";
  oauth::Error error(oauth::Code::temporarily_unavailable, std::string("tokens of ").append(whom).append(why));
  error.retry_after = wait;
  return error;
}

std::optional<Instant> first_expiry(const Cast& cast) {
  auto first = cast.subject->expires_at;
  for (const auto& actor : cast.actors)
    if (actor->expires_at) first = first ? std::min(*first, *actor->expires_at) : actor->expires_at;
  return first;
}

Result<HeldPtr, Fault> held_for_itself(const store::Directory::PrincipalPtr& principal,
                                       const store::Directory::ResourcePtr& resource, World& world) {
  TRY(auto held, world.directory.held(world.tenant, principal, resource, Acts::self));
  if (principal->kind != directory::Kind::user || !resource->built_in) return held;
  auto wider = *held;
  for (const auto scope : directory::owners_scopes)
    if (resource->defines(scope)) wider.add(scope);
  return std::make_shared<const oauth::ScopeSet>(std::move(wider));
}

bool may_hold_its_own(const directory::Principal& client, const directory::Resource* resource) {
  return client.kind != directory::Kind::user || (resource != nullptr && resource->built_in);
}

Result<delegation::Narrowed, Fault> narrow_own(const oauth::ScopeSet& asked,
                                               const store::Directory::PrincipalPtr& client,
                                               const store::Directory::ResourcePtr& resource, World& world) {
  TRY(const auto held, held_for_itself(client, resource, world));
  const delegation::Limit limits[] = {{*held, "the client does not hold it"}};
  return delegation::narrow(asked, *resource, limits);
}

Result<HeldPtr, Fault> ceiling_of(const store::Directory::PrincipalPtr& actor,
                                  const store::Directory::ResourcePtr& resource, World& world) {
  if (actor->delegation_any) return HeldPtr();
  return world.directory.held(world.tenant, actor, resource, Acts::others);
}

std::string name_of_ceiling(const directory::Principal& actor) { return actor.id + "'s ceiling"; }

Result<delegation::Narrowed, Fault> narrow_live(const oauth::ScopeSet& asked, const oauth::ScopeSet& pool,
                                                const store::Directory::ResourcePtr& resource, const Cast& cast,
                                                World& world, const std::optional<SignIn>& sign_in) {
  std::vector<HeldPtr> kept;  // a limit refers to what it allows
  std::vector<delegation::Limit> limits{{pool, "the parent does not hold it"}};
  TRY(auto held, cast.actors.empty()
                     ? held_for_itself(cast.subject, resource, world)
                     : world.directory.held(world.tenant, cast.subject, resource, Acts::self));
  limits.push_back({*held, "the subject does not hold it now"});
  kept.push_back(std::move(held));
  for (const auto& actor : cast.actors) {
    TRY(auto ceiling, ceiling_of(actor, resource, world));
    if (ceiling == nullptr) continue;
    limits.push_back({*ceiling, name_of_ceiling(*actor)});
    kept.push_back(std::move(ceiling));
  }
  oauth::ScopeSet of_issuer;
  if (cast.at_most) {
    of_issuer = directory::scopes_given(*resource, {&*cast.at_most});
    limits.push_back({of_issuer, "the trusted issuer does not give it now"});
  }
  Satisfied satisfied;
  if (sign_in && cast.subject->kind == directory::Kind::user && asks_of_sign_in(*resource)) {
    TRY(auto found, satisfied_by(*sign_in, *resource, world));
    satisfied = std::move(found);
    limits.push_back({satisfied.strong, "needs a stronger sign-in"});
    limits.push_back({satisfied.recent, "needs a more recent sign-in"});
  }
  return delegation::narrow(asked, *resource, limits);
}

}  // namespace deputy::grants::exchange
