// Roles and assignments: the two nouns that hand out authority.
#include "endpoints/admin/authority.h"

#include <algorithm>

#include "directory/noun.h"
#include "endpoints/admin/administrators.h"
#include "endpoints/admin/frame/document.h"
#include "endpoints/admin/frame/records.h"
#include "endpoints/admin/revocation/narrowing.h"

namespace deputy::endpoints::admin {
namespace {

using directory::Assignment;
using directory::Role;

constexpr std::string_view gift_index = "gift";  // assignments, unique
constexpr std::size_t walked_max = 1000;  // groups and agents; who has more is for those who hold everything

Problem exceeds() {
  return {ProblemType::exceeds_authority,
          "This would give authority that you do not hold, or not as far, or that your token does not carry."};
}

Result<bool, Fault> holds(const Visit& visit, const directory::Resource& resource, const oauth::ScopeSet& scopes,
                          std::string_view organization) {
  if (!resource.built_in) {
    if (visit.reach.all()) return true;
    TRY(auto shared, visit.app.directory.resource_by_id(visit.call.tenant, resource.id));
    TRY(auto held, visit.app.directory.held(visit.call.tenant, visit.caller.principal, shared, directory::Acts::self));
    bool all_hold = scopes.within(*held);
    for (const auto& actor : visit.caller.ceilings) {  // I3
      TRY(auto ceiling, visit.app.directory.held(visit.call.tenant, actor, shared, directory::Acts::others));
      all_hold = all_hold && scopes.within(*ceiling);
    }
    return all_hold;
  }
  const auto carried = oauth::ScopeSet::parse(visit.caller.scope);
  if (!carried || !scopes.within(*carried)) return false;  // what a token was narrowed to bounds what it hands on (I1)
  for (const auto& scope : scopes.tokens()) {
    auto reach = reach_of(visit.caller, visit.call, visit.app, scope);
    for (auto& extent : reach.extents) extent.own = false;  // what every owner may do is not an office to hand on
    if (!reaches(reach, visit.caller, visit.call, visit.app, {}, organization)) return false;
  }
  return true;
}

Result<std::optional<Role>, Fault> role_of(const Visit& visit, std::string_view id) {
  TRY(auto record, visit.app.store.get(visit.call.tenant, Kind::role, id));
  if (!record) return std::optional<Role>();
  TRY(auto body, body_of_record(*record));
  auto role = Role::from(id, body);
  if (!role) return Fail{Fault{Fault::Kind::corrupt, "the record of a role is damaged"}};
  return role;
}

// The scopes that a role gives at each resource it names.
Result<std::map<std::string, oauth::ScopeSet>, Fault> scopes_of(const Visit& visit, const Role& role) {
  std::map<std::string, oauth::ScopeSet> scopes;
  for (const auto& permission : role.permissions) {
    TRY(auto resource, visit.app.directory.resource_by_id(visit.call.tenant, permission.resource));
    if (resource != nullptr) scopes.emplace(resource->id, directory::scopes_given(*resource, {&role}));
  }
  return scopes;
}

// Who holds all of Deputy's own API in the whole tenant may give anything: no need to look at what it is.
Result<bool, Fault> holds_all(const Visit& visit) {
  TRY(auto own, visit.app.directory.resource(visit.call.tenant, visit.call.issuer + "/v1"));
  if (!visit.reach.all() || own == nullptr || !own->built_in) return false;
  oauth::ScopeSet all;
  for (const auto& scope : own->scopes) all.add(scope.name);
  return holds(visit, *own, all, {});
}

// An owner makes credentials of its agents: who stands in its place could act as any that is not over for good.
Result<Done, Problem> add_owned(const Visit& visit, const std::string& owner, std::vector<std::string>& open) {
  const auto kind = directory::kind_of_id(owner);
  if (kind != Kind::user && kind != Kind::group) return Done{};
  TRY(auto agents, visit.app.store.list(visit.call.tenant, Kind::agent,
                                        {.after = "",
                                         .limit = walked_max + 1,
                                         .where = store::Index{"owner", owner, false}}));
  if (agents.size() > walked_max) return Fail{exceeds()};
  for (const auto& agent : agents) {
    TRY(auto body, body_of_record(agent));
    if (json_text(body, "state") != "revoked") open.push_back(agent.id);
  }
  return Done{};
}

// An organization that bounds nothing would be read as one that does.
Result<Done, Problem> check_bound(const Visit& visit, const Assignment& assignment, const Role& role) {
  if (assignment.organization.empty()) return Done{};
  TRY(const bool bounds, names_own_api(visit, role));
  if (bounds) return Done{};
  return Fail{Problem(ProblemType::invalid_field, "An organization bounds what a role gives at this server's own API, "
                                                  "and this role gives nothing there: leave it out.", "organization")};
}

// What is given to whom, how and where: the same twice would outlive the end of either.
std::string gift_of(const Assignment& assignment) {
  auto gift = assignment.role + "/" + assignment.principal;
  gift.append(assignment.acts == directory::Acts::self ? "/self/" : "/others/").append(assignment.organization);
  return gift;
}

Problem given_already() {
  return {ProblemType::not_unique, "The principal has this role already, in this way and place.", "role"};
}

// Assignments made before there was a look-up of them have no entry in it: those of the principal are read.
Result<Done, Problem> check_not_given(const Visit& visit, const Assignment& assignment) {
  TRY(auto records, visit.app.store.under(visit.call.tenant, assignment.principal));
  for (const auto& record : records) {
    if (record.kind != Kind::assignment) continue;
    TRY(auto body, body_of_record(record));
    const auto other = Assignment::from(record.id, body);
    if (other && gift_of(*other) == gift_of(assignment)) return Fail{given_already()};
  }
  return Done{};
}

// Does the caller act itself, by a token that carries all it holds at this server's own API?
Result<bool, Fault> acts_in_full(const Visit& visit) {
  const auto& caller = visit.caller;
  if (!acts_itself(caller)) return false;
  const auto carried = oauth::ScopeSet::parse_stored(caller.scope);
  TRY(const auto own, visit.app.directory.resource(visit.call.tenant, visit.call.issuer + "/v1"));
  if (!carried || own == nullptr) return false;
  const auto& owners = directory::owners_scopes;
  const auto carries = [&](std::string_view scope) { return carried->contains(scope) || !own->defines(scope); };
  if (caller.principal->kind == Kind::user && !std::all_of(owners.begin(), owners.end(), carries)) return false;
  TRY(const auto held, visit.app.directory.held(visit.call.tenant, caller.principal, own, directory::Acts::self));
  return held->within(*carried);
}

Problem narrowed_token() {
  return {ProblemType::exceeds_authority,
          "Your token does not carry all you hold at this server's own API, and this would give more than it carries: "
          "use one that was asked for without `scope`."};
}

std::vector<std::string_view> patterns_at(const Role& role, std::string_view resource) {
  std::vector<std::string_view> patterns;
  for (const auto& permission : role.permissions)
    if (permission.resource == resource)
      patterns.insert(patterns.end(), permission.patterns.begin(), permission.patterns.end());
  return patterns;
}

// Does one of the principal's assignments give what this pattern gives, whatever the resource comes to define?
Result<bool, Fault> has_pattern(const Visit& visit, const directory::Principal& principal, directory::Acts acts,
                                const directory::Resource& resource, std::string_view pattern,
                                std::string_view organization) {
  for (const auto& assignment : principal.assignments) {
    if (assignment.acts != acts) continue;
    if (resource.built_in && !assignment.organization.empty()) {
      if (organization.empty()) continue;
      TRY(const bool within,
          visit.app.directory.within(visit.call.tenant, organization, assignment.organization));
      if (!within) continue;
    }
    TRY(const auto role, role_of(visit, assignment.role));
    if (!role) continue;
    const auto held = patterns_at(*role, resource.id);
    if (std::any_of(held.begin(), held.end(), [&](const auto one) { return directory::covers(one, pattern); }))
      return true;
  }
  return false;
}

// A role's patterns give what its resource defines tomorrow, too: who does not assign in the whole tenant holds them as
// patterns (A24). A scope that is defined today is what it is: whether that is held is asked of the scopes.
Result<bool, Fault> holds_patterns(const Visit& visit, const directory::Resource& resource,
                                   const std::vector<std::string_view>& patterns, std::string_view organization) {
  if (visit.reach.all()) return true;
  for (const auto pattern : patterns) {
    if (resource.defines(pattern)) continue;
    TRY(bool held, has_pattern(visit, *visit.caller.principal, directory::Acts::self, resource, pattern,
                               organization));
    for (const auto& actor : visit.caller.ceilings) {  // I3
      if (!held) break;
      TRY(const bool ceiling, has_pattern(visit, *actor, directory::Acts::others, resource, pattern, organization));
      held = ceiling;
    }
    if (!held) return false;
  }
  return true;
}

}  // namespace

Result<Done, Problem> may_widen(const Visit& visit, const Role* before, const Role& after,
                                std::string_view organization) {
  TRY(auto given, scopes_of(visit, after));
  std::map<std::string, oauth::ScopeSet> earlier;
  if (before != nullptr) {
    TRY(auto scopes, scopes_of(visit, *before));
    earlier = std::move(scopes);
  }
  for (const auto& [resource_id, scopes] : given) {
    oauth::ScopeSet added;
    for (const auto& scope : scopes.tokens())
      if (!earlier[resource_id].contains(scope)) added.add(scope);
    TRY(auto resource, visit.app.directory.resource_by_id(visit.call.tenant, resource_id));
    if (resource == nullptr) continue;
    TRY(bool held, holds(visit, *resource, added, organization));
    if (!held) return Fail{exceeds()};
    auto patterns = patterns_at(after, resource_id);
    if (before != nullptr) {
      const auto were = patterns_at(*before, resource_id);
      std::erase_if(patterns, [&](const auto one) { return std::find(were.begin(), were.end(), one) != were.end(); });
    }
    TRY(bool lasting, holds_patterns(visit, *resource, patterns, organization));
    if (!lasting) return Fail{exceeds()};
  }
  return Done{};
}

Result<Done, Problem> may_confer(const Visit& visit, const Role& role, std::string_view organization) {
  return may_widen(visit, nullptr, role, organization);
}

Result<Done, Problem> may_confer_all_of(const Visit& visit, std::string_view id) {
  TRY(const bool all, holds_all(visit));
  if (all) return Done{};
  std::set<std::string> seen;
  std::vector<std::string> open{std::string(id)};
  while (!open.empty()) {
    const auto at = std::move(open.back());
    open.pop_back();
    if (!seen.insert(at).second) continue;
    if (seen.size() > walked_max) return Fail{exceeds()};
    TRY(auto owned, add_owned(visit, at, open));
    TRY(auto records, visit.app.store.under(visit.call.tenant, at));
    for (const auto& record : records) {
      if (record.kind != Kind::membership && record.kind != Kind::assignment) continue;
      TRY(auto body, body_of_record(record));
      if (record.kind == Kind::membership) {
        open.emplace_back(json_text(body, "group").value_or(""));
        continue;
      }
      const auto assignment = Assignment::from(record.id, body);
      if (!assignment) return Fail{Problem(Fault{Fault::Kind::corrupt, "the record of an assignment is damaged"})};
      TRY(auto role, role_of(visit, assignment->role));
      if (!role) continue;
      TRY(auto conferred, may_confer(visit, *role, assignment->organization));
    }
  }
  return Done{};
}

Result<Done, Problem> may_act_as(const Visit& visit, std::string_view id, bool its_own) {
  TRY(const bool in_full, acts_in_full(visit));
  if (its_own && in_full) return Done{};
  auto conferred = may_confer_all_of(visit, id);
  const bool too_much = !conferred && conferred.error().type == ProblemType::exceeds_authority;
  if (too_much && its_own && acts_itself(visit.caller)) return Fail{narrowed_token()};
  return conferred;
}

// A role that grows gives its new scopes to all who have it.
Result<Done, Problem> role_written(Draft& draft) {
  const auto after = Role::from(draft.id, draft.after);
  if (!after) return Fail{Problem(ProblemType::invalid_field, "The permissions cannot be read.", "permissions")};
  const auto before = draft.before != nullptr ? Role::from(draft.id, *draft.before) : std::nullopt;
  if (before) {
    draft.change.again_by(draft.visit, [](Visit& visit) { return update_record(visit, Kind::role); });
    TRY(auto narrowed, add_narrowings_of_role(draft.visit, *before, *after, draft.change));
  }
  return may_widen(draft.visit, before ? &*before : nullptr, *after, {});
}

// An assignment lies under its principal: all that a decision needs of an agent is one read.
Result<Done, Problem> assignment_created(Draft& draft) {
  const auto assignment = Assignment::from(draft.id, draft.after);
  if (!assignment) return Fail{Problem(ProblemType::invalid_field, "The assignment cannot be read.")};
  draft.under = assignment->principal;
  const auto& visit = draft.visit;
  const auto kind = directory::kind_of_id(assignment->principal);
  if (kind == Kind::user && assignment->acts == directory::Acts::others)
    return Fail{Problem(ProblemType::invalid_field, "A user acts for nobody else: leave acts out.", "acts")};
  TRY(auto role, role_of(visit, assignment->role));
  if (!role) return Fail{Problem(ProblemType::missing_reference, "There is no such role.", "role")};
  TRY(auto bounded, check_bound(visit, *assignment, *role));
  TRY(auto conferred, may_confer(visit, *role, assignment->organization));
  if (kind && !visit.reach.all()) {
    auto found = find_record(draft.visit, *kind, assignment->principal);
    draft.visit.about.event.target = draft.id;
    if (!found) {
      if (found.error().type != ProblemType::not_found) return std::move(found).fail();
      return Fail{Problem(ProblemType::missing_reference, "There is no such principal, or it is out of your reach.",
                          "principal", found.error().reason)};
    }
  }
  draft.indexes.push_back({std::string(gift_index), gift_of(*assignment), true});
  draft.change.taken(gift_index, given_already());
  return check_not_given(visit, *assignment);
}

// What an assignment gives is fixed when it is made: only its end takes anything away.
Result<Done, Problem> assignment_deleted(Draft& draft) {
  const Taken taken{.assignment = draft.id, .group = {}, .member = {}, .role = {}};
  draft.visit.stops = true;
  draft.change.again_by(draft.visit, [](Visit& visit) { return delete_record(visit, Kind::assignment); });
  return add_narrowings(draft.visit, json_text(draft.after, "principal").value_or(""), taken, draft.change);
}

}  // namespace deputy::endpoints::admin
