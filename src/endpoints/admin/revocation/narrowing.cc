// From a change to who loses which scopes.
#include "endpoints/admin/revocation/narrowing.h"

#include <algorithm>

#include "endpoints/admin/administrators.h"
#include "endpoints/admin/frame/document.h"
#include "endpoints/admin/frame/records.h"
#include "endpoints/admin/revocation/holdings.h"

namespace deputy::endpoints::admin {
namespace {

using directory::Acts;
using directory::Resource;
using directory::Role;
using oauth::ScopeSet;
using Losses = std::map<std::string, ScopeSet>;  // by a resource's id

constexpr std::size_t principals_max = 1000;  // beyond: one entry for everybody at the resource
constexpr std::size_t named_max = 2'000;  // by who does not reach everybody, whose tokens those are (A38)

ScopeSet without(const ScopeSet& from, const ScopeSet& what) {
  ScopeSet rest;
  for (const auto& scope : from.tokens())
    if (!what.contains(scope)) rest.add(scope);
  return rest;
}

class Narrowing {
 public:
  Narrowing(const Visit& visit, const Taken& taken, Change& change)
      : visit_(visit), taken_(taken), change_(change), holdings_(visit) {}

  // Everyone in `holder`; false: there are too many.
  Result<bool, Fault> gather(std::string_view holder, std::size_t most = principals_max) {
    return holdings_.gather(holder, most, gathered_);
  }

  // Those who were gathered: all that there are, or the change is refused.
  Result<Done, Fault> narrow_each() {
    std::optional<Holdings::Roles> all;
    if (asks_no_other_way()) {
      TRY(auto roles, roles_taken());
      for (const auto& [acts, ids] : roles) change_.add(holdings_.requires_of_roles(ids, taken_));
      all = std::move(roles);
    }
    for (const auto& principal : gathered_.principals) {
      TRY(const bool at_own_api, narrow(principal, all ? &*all : nullptr));
      if (at_own_api || !goes()) continue;
      // Who loses no scope of /v1 may reach less there all the same, and is not to make by that what it decides now
      // (A28). Of what nobody reaches anything by, it is not said: who takes that from an administrator, again and
      // again, would refuse all that they do.
      TRY(const bool by_that, is_reached_by());
      if (by_that) change_.add(stop_what_is_decided_by(visit_, principal, "reaches less"));
    }
    // Another change may give more by what is taken here, and what is drawn of that would be left. That is for whoever
    // manages the group, and for those above.
    change_.add(holdings_.requires_of({taken_.group}, taken_));
    change_.hold(holdings_.requires_of_resources(), "");
    change_.add(holdings_.nothing_more({taken_.group}));
    change_.hold(holdings_.nobody_else(), who_come_into(whose()));
    // Or it may take away the other way at the same time, and each would think the scope is still held.
    if (!asks_no_other_way()) change_.hold(holdings_.requires_of(gathered_.principals, taken_), whose());
    return Done{};
  }

  // For everybody, what `roles` give now and would give no more.
  Result<Done, Fault> narrow_everybody(const std::set<std::string>& roles) {
    TRY(auto resources, holdings_.resources_of(roles));
    bool at_own_api = false;
    for (const auto& resource : resources) {
      TRY(auto before, holdings_.given(roles, *resource, nullptr));
      TRY(auto after, holdings_.given(taken_.role ? roles : std::set<std::string>(), *resource, &taken_));
      const auto lost = without(before, after);
      add("", *resource, lost);
      at_own_api = at_own_api || (resource->built_in && !lost.empty());
    }
    if (goes() && !at_own_api) {
      TRY(const bool by_that, is_reached_by());
      if (by_that) change_.add(stop_what_is_decided(visit_, "reaches less"));
    }
    change_.add(holdings_.requires_of_roles(roles, taken_));
    change_.hold(holdings_.requires_of_resources(), "");
    change_.add(holdings_.nothing_more({taken_.group}));
    return Done{};
  }

  // Whoever manages a group may put somebody new into it without end: those are too many to name, too.
  bool are_uncounted() const { return !holdings_.nobody_else().empty() && change_.lets_go_of(who_come_into(whose())); }

  // The roles that stop with the change: of one assignment, or all that a group and those above it have.
  Result<Holdings::Roles, Fault> roles_taken() {
    if (taken_.assignment.empty()) return holdings_.roles_of(taken_.group, nullptr);
    Holdings::Roles roles;
    TRY(auto record, visit_.app.store.get(visit_.call.tenant, Kind::assignment, taken_.assignment));
    if (!record) return roles;  // somebody was quicker, and the change is refused
    TRY(auto body, body_of_record(*record));
    const auto assignment = directory::Assignment::from(record->id, body);
    if (!assignment) return Fail{Fault{Fault::Kind::corrupt, "the record of an assignment is damaged"}};
    TRY(const auto* role, holdings_.role(assignment->role, nullptr));
    if (role != nullptr) roles[assignment->acts].insert(assignment->role);
    return roles;
  }

  void add(std::string_view target, const Resource& resource, const ScopeSet& scopes) {
    if (!scopes.empty()) change_.add(narrow_tokens_of(visit_, target, resource.identifier, scopes));
  }

 private:
  // Is it an assignment or a membership that is gone?
  bool goes() const { return !taken_.assignment.empty() || !taken_.group.empty(); }

  // Does anybody reach anything of /v1 by what goes: by a role, or as who is in a group that owns agents?
  Result<bool, Fault> is_reached_by() {
    if (is_reached_by_) return *is_reached_by_;
    TRY(const bool by_that, find_whether_is_reached_by());
    is_reached_by_ = by_that;
    return by_that;
  }
  Result<bool, Fault> find_whether_is_reached_by() {
    TRY(auto roles, roles_taken());
    std::set<std::string> ids;
    for (auto& [acts, some] : roles) ids.merge(some);
    for (const auto& id : ids) {
      TRY(const auto* role, holdings_.role(id, nullptr));
      if (role == nullptr) continue;
      TRY(const bool own, names_own_api(visit_, *role));
      if (own) return true;
    }
    if (taken_.group.empty()) return false;
    TRY(auto groups, holdings_.groups_of(taken_.group, nullptr));
    groups.push_back(taken_.group);
    for (auto& group : groups) {
      const store::Page page{.after = "", .limit = 1,
                             .where = store::Index{"owner", std::move(group), false}};
      TRY(const auto owned, visit_.app.store.list(visit_.call.tenant, Kind::agent, page));
      if (!owned.empty()) return true;
    }
    return false;
  }

  // A token that an application holds for a person has no `act`: it bears the client_id alone, which is another name
  // where the application was imported with one.
  Result<std::optional<std::string>, Fault> other_name_of(const std::string& principal) {
    TRY(const auto found, visit_.app.directory.principal(visit_.call.tenant, principal));
    if (found == nullptr || found->client_id == principal) return std::optional<std::string>();
    return std::optional(found->client_id);
  }

  // What is held in either manner of acting: tokens of which it is the subject, and those in whose chain it acts. An
  // entry does not tell them apart, so a scope that is lost in one manner is lost. A user acts for nobody.
  static std::vector<Acts> manners_of(const std::string& principal) {
    if (directory::kind_of_id(principal) == Kind::user) return {Acts::self};
    return {Acts::self, Acts::others};
  }

  // On whose account it is held what those hold who lose something (Change::hold).
  const std::string& whose() const {
    return !taken_.member.empty() ? taken_.member : taken_.role ? taken_.role->id : taken_.assignment;
  }

  // What somebody is given otherwise may change without end, by who puts them into other groups and takes them out:
  // then they lose all that is taken, and what they hold in another way is minted again.
  bool asks_no_other_way() const { return change_.lets_go_of(whose()); }

  // `all`: what is lost, whatever is held in another way; null: that is asked for. Gives whether any of it is of this
  // server's own API.
  Result<bool, Fault> narrow(const std::string& principal, const Holdings::Roles* all) {
    const auto manners = manners_of(principal);
    Holdings::Roles before, after;
    if (all != nullptr) {
      before = *all;
    } else {
      TRY(auto held, holdings_.roles_of(principal, nullptr));
      TRY(auto left, holdings_.roles_of(principal, &taken_));
      before = std::move(held), after = std::move(left);
    }
    std::set<std::string> touched;
    for (const auto acts : manners)
      for (const auto& role : before[acts])
        if (!after[acts].contains(role) || (taken_.role && taken_.role->id == role)) touched.insert(role);
    TRY(auto resources, holdings_.resources_of(touched));
    TRY(const auto also_named, other_name_of(principal));
    bool at_own_api = false;
    for (const auto& resource : resources) {
      ScopeSet lost;
      for (const auto acts : manners) {
        TRY(auto held, holdings_.given(before[acts], *resource, nullptr));
        TRY(auto left, holdings_.given(after[acts], *resource, &taken_));
        const auto gone = without(held, left);
        for (const auto& scope : gone.tokens()) lost.add(scope);
      }
      add(principal, *resource, lost);
      if (also_named) add(*also_named, *resource, lost);
      at_own_api = at_own_api || (resource->built_in && !lost.empty());
    }
    return at_own_api;
  }

  const Visit& visit_;
  const Taken& taken_;
  Change& change_;
  Holdings holdings_;
  Holdings::Everyone gathered_;
  std::optional<bool> is_reached_by_;
};

// A person must have signed in better, or later, than before (RFC 9470).
template <class Demands>
bool asks_more_of_a_person(const Demands& before, const Demands& after) {
  return (!after.acr.empty() && after.acr != before.acr) ||
         (after.max_age && (!before.max_age || *after.max_age < *before.max_age));
}

// Something that tokens which are out may not keep to.
bool asks_more(const Resource& before, const Resource& after) {
  return (after.sender_constrained_tokens_required && !before.sender_constrained_tokens_required) ||
         after.delegation_depth_max < before.delegation_depth_max || asks_more_of_a_person(before, after);
}

using Definitions = std::map<std::string_view, const directory::ScopeDefinition*>;

Definitions by_name(const Resource& resource) {
  Definitions found;
  for (const auto& scope : resource.scopes) found.emplace(scope.name, &scope);
  return found;
}

// The scopes of which whoever holds one holds this: its parent, that one's parent, and so on.
std::set<std::string_view> above(const directory::ScopeDefinition& scope, const Definitions& all) {
  std::set<std::string_view> found;
  for (auto at = all.find(scope.parent); at != all.end() && found.insert(at->first).second;)
    at = all.find(at->second->parent);
  return found;
}

// A scope is lost that is defined no more or asks for more, and one that something above it gives no more: who held it
// by that may not.
bool as_easily_held(const directory::ScopeDefinition& scope, const Definitions& before, const Definitions& after) {
  const auto now = after.find(scope.name);
  if (now == after.end() || asks_more_of_a_person(scope, *now->second)) return false;
  const auto were = above(scope, before), are = above(*now->second, after);
  return std::includes(are.begin(), are.end(), were.begin(), were.end());
}

}  // namespace

Result<Done, Problem> add_narrowings(const Visit& visit, std::string_view holder, const Taken& taken,
                                     Change& change) {
  Narrowing narrowing(visit, taken, change);
  const bool whole = visit.reach.all();
  TRY(bool few, narrowing.gather(holder, whole ? principals_max : named_max));
  if (few && !(whole && narrowing.are_uncounted())) {
    TRY(auto each, narrowing.narrow_each());
    return Done{};
  }
  if (!whole)
    return Fail{Problem(ProblemType::wrong_state, "More than 2,000 members would lose this at once, or they are in too "
                                                  "many groups of it: take members out of the group first, or ask an "
                                                  "administrator of the whole tenant.")};
  TRY(auto roles, narrowing.roles_taken());
  std::set<std::string> all;
  for (const auto& [acts, ids] : roles) all.insert(ids.begin(), ids.end());
  TRY(auto everybody, narrowing.narrow_everybody(all));
  return Done{};
}

Result<Done, Problem> add_narrowings_of_role(const Visit& visit, const Role& before, const Role& after,
                                             Change& change) {
  bool shrinks = false;
  Holdings holdings(visit);
  for (const auto& permission : before.permissions) {
    TRY(auto resource, holdings.resource(permission.resource));
    if (resource == nullptr) continue;
    const auto held = directory::scopes_given(*resource, {&before});
    shrinks = shrinks || !without(held, directory::scopes_given(*resource, {&after})).empty();
  }
  change.add(holdings.requires_of_resources());
  if (!shrinks) return Done{};
  const Taken taken{.assignment = {}, .group = {}, .member = {}, .role = after};
  Narrowing narrowing(visit, taken, change);
  store::Page page{.after = "", .limit = principals_max + 1,
                   .where = store::Index{std::string(refers_to), before.id}};
  TRY(auto records, visit.app.store.list(visit.call.tenant, Kind::assignment, page));
  store::RequireNone no_other{visit.call.tenant, Kind::assignment, std::string(refers_to), before.id};
  bool few = records.size() <= principals_max;
  for (std::size_t i = 0; few && i < records.size(); ++i) {
    TRY(auto body, body_of_record(records[i]));
    const auto assignment = directory::Assignment::from(records[i].id, body);
    if (!assignment) return Fail{Problem(Fault{Fault::Kind::corrupt, "the record of an assignment is damaged"})};
    no_other.but.insert(records[i].id);
    TRY(bool gathered, narrowing.gather(assignment->principal));
    few = gathered;
  }
  // Whoever may give the role may do so without end, or put those who have it into groups: then it is for everybody.
  if (few && !change.lets_go()) {
    // Who is assigned the role while this is decided would keep tokens with what it gave before.
    change.hold(std::move(no_other), before.id);
    TRY(auto each, narrowing.narrow_each());
  } else {
    TRY(auto everybody, narrowing.narrow_everybody({before.id}));
  }
  return Done{};
}

Result<Done, Problem> add_narrowings_of_resource(const Visit& visit, const Resource& before, const Resource* after,
                                                 Change& change) {
  const bool moved = after == nullptr || after->identifier != before.identifier;
  const bool all = moved || asks_more(before, *after);
  const auto defined = by_name(before), left = after == nullptr ? Definitions() : by_name(*after);
  ScopeSet lost;
  for (const auto& scope : before.scopes)
    if (all || !as_easily_held(scope, defined, left)) lost.add(scope.name);
  if (!lost.empty())
    change.add(narrow_tokens_of(visit, "", before.identifier, lost,
                                all && !moved ? "the resource asks for more" : "no longer held"));
  return Done{};
}

Result<Done, Problem> add_narrowings_of_issuer(const Visit& visit, const Role& before, const Role* after,
                                               Change& change) {
  Holdings holdings(visit);
  std::set<std::string> seen;
  for (const auto& permission : before.permissions) {
    if (!seen.insert(permission.resource).second) continue;
    TRY(auto resource, holdings.resource(permission.resource));
    if (resource == nullptr) continue;
    const auto left = after == nullptr ? ScopeSet() : directory::scopes_given(*resource, {after});
    const auto lost = without(directory::scopes_given(*resource, {&before}), left);
    if (!lost.empty())
      change.add(narrow_tokens_of(visit, "", resource->identifier, lost, "a trusted issuer gives it no more"));
  }
  change.add(holdings.requires_of_resources());
  return Done{};
}

}  // namespace deputy::endpoints::admin
