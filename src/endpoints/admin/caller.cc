// Authentication at /v1: the token says who and with which scopes, the directory says how far, now.
#include "endpoints/admin/caller.h"

#include "base/log.h"
#include "endpoints/possession.h"

namespace deputy::endpoints::admin {
namespace {

using oauth::Code;
using oauth::Error;

Error not_accepted(std::string reason) {
  return Error(Code::invalid_token, "the access token is not accepted", std::move(reason));
}

// The role's scopes at this API, read anew: a stale answer here would be authority that is no more.
Result<bool, Fault> gives(App& app, std::string_view tenant, std::string_view role_id,
                          const directory::Resource& resource, std::string_view scope) {
  TRY(auto record, app.store.get(tenant, directory::Kind::role, role_id));
  if (!record) return false;
  TRY(auto body, parse_stored(record->body));
  const auto role = directory::Role::from(role_id, body);
  return role && directory::scopes_given(resource, {&*role}).contains(scope);
}

Result<Extent, Fault> extent(App& app, std::string_view tenant, const directory::Principal& principal,
                             directory::Acts acts, const directory::Resource& resource, std::string_view scope) {
  Extent found;
  for (const auto& assignment : principal.assignments) {
    if (assignment.acts != acts) continue;
    TRY(bool given, gives(app, tenant, assignment.role, resource, scope));
    if (!given) continue;
    if (assignment.organization.empty())
      found.all = true;
    else
      found.organizations.push_back(assignment.organization);
  }
  return found;
}

Result<Reach, Fault> reach(const Caller& caller, std::string_view tenant, std::string_view issuer, App& app,
                           std::string_view scope) {
  Reach found;
  TRY(auto resource, app.directory.resource(tenant, std::string(issuer) + "/v1"));
  if (resource == nullptr) return found;
  TRY(auto subjects, extent(app, tenant, *caller.principal, directory::Acts::self, *resource, scope));
  const auto& owners = directory::owners_scopes;
  subjects.own = caller.principal->kind == directory::Kind::user &&
                 std::find(owners.begin(), owners.end(), scope) != owners.end();
  found.extents.push_back(std::move(subjects));
  for (const auto& actor : caller.ceilings) {
    TRY(auto ceiling, extent(app, tenant, *actor, directory::Acts::others, *resource, scope));
    found.extents.push_back(std::move(ceiling));
  }
  return found;
}

using PrincipalPtr = std::shared_ptr<const directory::Principal>;

// I3, as where the token was made: the ceiling of everybody on the chain binds; where there is no chain, that of the
// client, unless it acts for itself.
std::vector<PrincipalPtr> ceilings_of(const PrincipalPtr& subject, const PrincipalPtr& client,
                                      std::vector<PrincipalPtr> chain) {
  if (chain.empty() && client->id != subject->id) chain.push_back(client);
  std::erase_if(chain, [](const auto& actor) { return actor->delegation_any; });
  return chain;
}

bool lies_in(const Extent& extent, const Caller& caller, const Call& call, App& app, std::string_view owner,
             std::string_view organization) {
  if (extent.all) return true;
  if (extent.own && !owner.empty() && is_caller_or_its_group(caller, owner)) return true;
  if (organization.empty()) return false;
  for (const auto& ancestor : extent.organizations) {
    const auto within = app.directory.within(call.tenant, organization, ancestor);
    if (within && *within) return true;
  }
  return false;
}

// Who a token of ours speaks of, if it is for this API and carries the scope.
Result<Caller, Error> admit(const tokens::AccessToken& access, std::string_view tenant, std::string_view issuer,
                            App& app, std::string_view scope, Instant now) {
  // RFC 9068 §4: the resource server MUST refuse a token whose `aud` is not itself (A19).
  if (access.audience != std::string(issuer) + "/v1") return Fail{not_accepted("the token is for another resource")};
  Caller caller{.principal = nullptr,
                .scope = access.scope,
                .client_id = access.client_id,
                .rests_on = access.delegations,
                .chain = access.chain,
                .ceilings = {},
                .expires_at = access.expires_at};
  // Everyone the token names must be active now, whatever was true when it was issued (A28).
  std::vector<std::string_view> named{access.subject, access.client_id};
  named.insert(named.end(), access.chain.begin(), access.chain.end());
  std::vector<PrincipalPtr> all;
  for (const auto id : named) {
    TRY(auto principal, app.directory.principal(tenant, id));
    if (principal == nullptr || principal->state(now) != directory::State::active)
      return Fail{not_accepted("a principal that the token names is gone or not active")};
    caller.rests_on.push_back(principal->id);
    all.push_back(std::move(principal));
  }
  caller.rests_on.insert(caller.rests_on.end(), access.from_kids.begin(), access.from_kids.end());
  caller.rests_on.insert(caller.rests_on.end(), {access.kid, access.jti});
  caller.principal = all[0];
  caller.ceilings = ceilings_of(all[0], all[1], {all.begin() + 2, all.end()});
  TRY(auto scopes, oauth::ScopeSet::parse_stored(access.scope));
  if (!scopes.contains(scope))
    return Fail{Error(Code::insufficient_scope, "The access token does not carry the scope that this needs")};
  return caller;
}

}  // namespace

Result<Caller, Error> authenticate_token(std::string_view token, std::string_view tenant, std::string_view issuer,
                                         App& app, std::string_view scope, Instant now) {
  TRY(auto read, app.reader.read(token, tenant, issuer, now));
  const auto* good = std::get_if<std::shared_ptr<const tokens::AccessToken>>(&read);
  if (good == nullptr) return Fail{not_accepted("the token is unknown, expired, revoked or another issuer's")};
  return admit(**good, tenant, issuer, app, scope, now);
}

Result<Caller, Error> authenticate(const Call& call, App& app, std::string_view scope, audit::Event& event,
                                   store::Writes& proof) {
  TRY(auto presented, presented_token(call, app));
  proof = std::move(presented.writes);
  const auto& token = *presented.token;
  event.subject = token.subject;
  event.actor = token.chain.empty() ? token.subject : token.chain.front();
  event.client = presented.client;
  event.chain = token.chain;
  event.delegations = token.delegations;
  return admit(*presented.token, call.tenant, call.issuer, app, scope, call.now);
}

Reach reach_of(const Caller& caller, std::string_view tenant, std::string_view issuer, App& app,
               std::string_view scope) {
  auto found = reach(caller, tenant, issuer, app, scope);
  if (found) return std::move(found).take();
  log::line(log::Level::error, "reach_unknown", {{"detail", found.error().detail}});
  return {};  // what cannot be decided is out of reach
}

bool Reach::none() const {
  return extents.empty() || std::any_of(extents.begin(), extents.end(), [](const auto& one) { return one.none(); });
}

const Extent* Reach::bound() const {
  const auto found = std::find_if(extents.begin(), extents.end(), [](const auto& one) { return !one.all; });
  return found == extents.end() ? nullptr : &*found;
}

bool is_caller_or_its_group(const Caller& caller, std::string_view id) {
  const auto& groups = caller.principal->groups;
  return id == caller.principal->id || std::find(groups.begin(), groups.end(), id) != groups.end();
}

bool reaches(const Reach& reach, const Caller& caller, const Call& call, App& app, std::string_view owner,
             std::string_view organization) {
  const auto& extents = reach.extents;
  return !extents.empty() && std::all_of(extents.begin(), extents.end(), [&](const auto& one) {
    return lies_in(one, caller, call, app, owner, organization);
  });
}

}  // namespace deputy::endpoints::admin
