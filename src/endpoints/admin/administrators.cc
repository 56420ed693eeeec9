// Looking for one administrator: through the roles that give something at our own API, those that give all of it first.
#include "endpoints/admin/administrators.h"

#include "endpoints/admin/frame/document.h"
#include "endpoints/admin/frame/records.h"
#include "endpoints/admin/principal.h"
#include "endpoints/admin/revocation/holdings.h"
#include "signin/own.h"

namespace deputy::endpoints::admin {
namespace {

using directory::Acts;
using directory::Assignment;
using directory::Resource;
using directory::Role;

constexpr std::size_t page_size = 200;
constexpr std::size_t members_max = 1000;    // of a group: a larger one is not looked into
constexpr std::size_t looked_at_max = 1000;  // principals

// An administrator, and one thing by which it proves that it is: what is left when all else is taken.
struct Left {
  std::optional<store::Require> principal;  // none: it is who calls
  std::vector<store::Require> proof;  // of a person's, with how people sign in
};

class Search {
 public:
  Search(const Visit& visit, const Resource& own_api) : visit_(visit), own_api_(own_api), holdings_(visit) {}

  // Is anything taken that could make an administrator?
  Result<bool, Fault> concerns(const Taken& taken) {
    if (taken.sign_in) return true;
    if (taken.role) {
      TRY(const auto before, holdings_.given({taken.role->id}, own_api_, nullptr));
      TRY(const auto after, holdings_.given({taken.role->id}, own_api_, &taken));
      return !before.within(after);
    }
    if (!taken.assignment.empty()) {
      TRY(auto record, visit_.app.store.get(visit_.call.tenant, Kind::assignment, taken.assignment));
      if (!record) return false;
      TRY(auto assignment, assignment_in(*record));
      if (!reaches_all(assignment)) return false;
      return gives_some({assignment.role});
    }
    const auto& who = !taken.stopped.empty() ? taken.stopped : !taken.prover.empty() ? taken.prover : taken.group;
    TRY(auto roles, holdings_.roles_of(who, nullptr, Holdings::Reaching::whole_tenant));
    return gives_some(roles[Acts::self]);
  }

  // The first that is found when `taken` is taken, or nothing is; none of those who are `passed_over`.
  Result<std::optional<Left>, Fault> first(const Taken* taken, const std::set<std::string>& passed_over = {}) {
    seen_ = passed_over;
    TRY(const auto roles, roles_in_order(taken));
    for (const auto& role : roles) {
      store::Page page{.after = "", .limit = page_size, .where = store::Index{std::string(refers_to), role, false}};
      for (;;) {
        TRY(const auto records, visit_.app.store.list(visit_.call.tenant, Kind::assignment, page));
        for (const auto& record : records) {
          TRY(auto found, first_of(record, taken));
          if (found) return found;
        }
        if (records.size() < page.limit) break;
        page.after = records.back().id;
      }
    }
    return std::optional<Left>();
  }

  // Who calls, where somebody else is stopped or loses an assignment. Nothing of its record is held, which whoever is
  // being stopped might write without end (A28): a call is not made whose caller was stopped meanwhile, or lost a role
  // or a group. An application may besides be made public.
  Result<std::optional<Left>, Fault> caller(const Taken& taken) {
    const auto& principal = *visit_.caller.principal;
    if ((taken.stopped.empty() && taken.assignment.empty()) || principal.kind == Kind::application)
      return std::optional<Left>();
    TRY(auto found, look_at(principal.id, &taken));
    if (!found) return found;
    found->principal.reset();
    for (auto& one : found->proof)
      if (one.kind != Kind::tenant) one.expected_version = 0;
    return found;
  }

  // What made it one.
  store::Writes requires_of(const Left& left, const Taken& taken) const {
    store::Writes writes;
    if (left.principal) {
      writes = holdings_.requires_of({left.principal->id}, taken);
      writes.emplace_back(*left.principal);
    }
    writes.insert(writes.end(), left.proof.begin(), left.proof.end());
    return writes;
  }

 private:
  static Result<Assignment, Fault> assignment_in(const store::Record& record) {
    TRY(auto body, body_of_record(record));
    auto assignment = Assignment::from(record.id, body);
    if (!assignment) return Fail{Fault{Fault::Kind::corrupt, "the record of an assignment is damaged"}};
    return *std::move(assignment);
  }

  static bool reaches_all(const Assignment& assignment) {
    return assignment.acts == Acts::self && assignment.organization.empty();
  }

  Result<bool, Fault> gives_some(const std::set<std::string>& roles) {
    TRY(const auto given, holdings_.given(roles, own_api_, nullptr));
    return !given.empty();
  }

  Result<std::vector<std::string>, Fault> roles_in_order(const Taken* taken) {
    std::vector<std::string> all, some;
    store::Page page{.after = "", .limit = page_size,
                     .where = store::Index{std::string(refers_to), own_api_.id, false}};
    for (;;) {
      TRY(const auto records, visit_.app.store.list(visit_.call.tenant, Kind::role, page));
      for (const auto& record : records) {
        TRY(const auto* role, holdings_.role(record.id, taken));
        if (role == nullptr || directory::scopes_given(own_api_, {role}).empty()) continue;
        (give_all(own_api_, {role}) ? all : some).push_back(record.id);
      }
      if (records.size() < page.limit) break;
      page.after = records.back().id;
    }
    all.insert(all.end(), some.begin(), some.end());
    return all;
  }

  Result<std::optional<Left>, Fault> first_of(const store::Record& record, const Taken* taken) {
    TRY(const auto assignment, assignment_in(record));
    if (!reaches_all(assignment)) return std::optional<Left>();
    TRY(const auto members, holdings_.members_of(assignment.principal, members_max));
    if (!members) return std::optional<Left>();
    for (const auto& member : *members) {
      if (seen_.size() >= looked_at_max) break;
      if (!seen_.insert(member).second) continue;
      TRY(auto found, look_at(member, taken));
      if (found) return found;
    }
    return std::optional<Left>();
  }

  Result<std::optional<Left>, Fault> look_at(const std::string& id, const Taken* taken) {
    const std::optional<Left> nobody;
    const auto kind = directory::kind_of_id(id);
    if (!kind || (taken != nullptr && taken->stopped == id)) return nobody;
    TRY(const auto record, visit_.app.store.get(visit_.call.tenant, *kind, id));
    if (!record) return nobody;
    TRY(const auto body, body_of_record(*record));
    const auto principal = directory::Principal::from(*kind, id, body);
    if (!principal || !may_administer(*principal, visit_.call.now)) return nobody;
    TRY(auto roles, holdings_.roles_of(id, taken, Holdings::Reaching::whole_tenant));
    TRY(const auto given, holdings_.given(roles[Acts::self], own_api_, taken));
    for (const auto& scope : own_api_.scopes)
      if (!given.contains(scope.name)) return nobody;
    TRY(auto proof, proof_of(*kind, id, taken));
    if (proof.empty()) return nobody;
    return std::optional(Left{as_it_is(*record), std::move(proof)});
  }

  store::Require as_it_is(const store::Record& record) const {
    return {visit_.call.tenant, record.kind, record.id, record.version};
  }

  // A credential that lives or, of a person, what lets them in, to act by way of a client.
  Result<std::vector<store::Require>, Fault> proof_of(Kind kind, const std::string& id, const Taken* taken) {
    auto& store = visit_.app.store;
    const auto but = taken != nullptr ? taken->proof : std::string();
    std::vector<store::Require> proof;
    store::Page page{.after = "", .limit = page_size, .where = store::Index{std::string(principal_index), id, false}};
    TRY(const auto credentials, store.list(visit_.call.tenant, Kind::credential, page));
    for (const auto& record : credentials) {
      TRY(const auto body, body_of_record(record));
      const auto credential = directory::Credential::from(record.id, body);
      if (!credential || !credential->live(visit_.call.now) || record.id == but) continue;
      proof.push_back(as_it_is(record));
      return proof;
    }
    if (kind != Kind::user) return proof;
    TRY(const auto authenticators, signin::authenticators_of(store, visit_.call.tenant, id));
    TRY(const auto tenant, store.get(visit_.call.tenant, Kind::tenant, visit_.call.tenant));
    if (!tenant) return Fail{Fault{Fault::Kind::corrupt, "a tenant has no record of its own"}};
    TRY(const auto body, body_of_record(*tenant));
    const bool changes = taken != nullptr && taken->sign_in;
    const auto policy = changes ? *taken->sign_in : signin::policy_from(body);
    for (const auto& one : authenticators) {
      if (one.record.id == but || !signin::is_way_in(one, policy, visit_.app.sign_in.config)) continue;
      proof.push_back(as_it_is(one.record));
      if (!changes) proof.push_back(as_it_is(*tenant));
      break;
    }
    return proof;
  }

  const Visit& visit_;
  const Resource& own_api_;
  Holdings holdings_;
  std::set<std::string> seen_;
};

Problem another_changed() {
  return {ProblemType::conflict, "Another administrator, whom this change leaves as one, changed meanwhile: repeat the "
                                 "change."};
}

}  // namespace

Result<bool, Fault> names_own_api(const Visit& visit, const Role& role) {
  for (const auto& permission : role.permissions) {
    TRY(auto resource, visit.app.directory.resource_by_id(visit.call.tenant, permission.resource));
    if (resource != nullptr && resource->built_in) return true;
  }
  return false;
}

bool give_all(const Resource& resource, const std::vector<const Role*>& roles) {
  const auto given = directory::scopes_given(resource, roles);
  return std::all_of(resource.scopes.begin(), resource.scopes.end(),
                     [&](const auto& scope) { return given.contains(scope.name); });
}

bool may_administer(const directory::Principal& principal, Instant now) {
  return principal.state(now) == directory::State::active && !principal.expires_at &&
         !principal.registration.is_public;
}

Result<Done, Problem> keep_an_administrator(const Visit& visit, const Taken& taken, Change& change) {
  TRY(const auto own_api, visit.app.directory.resource(visit.call.tenant, visit.call.issuer + "/v1"));
  if (own_api == nullptr) return Done{};
  Search search(visit, *own_api);
  TRY(const bool concerned, search.concerns(taken));
  if (!concerned) return Done{};
  TRY(auto left, search.caller(taken));
  // Whoever is found may be one with whom the change is about, and change all the while: then another is looked for.
  const auto& changed = visit.held_up.by;
  if (!left) {
    TRY(auto other, search.first(&taken, changed));
    left = std::move(other);
  }
  if (!left && !changed.empty()) {
    TRY(auto same, search.first(&taken));
    left = std::move(same);
  }
  if (left) {
    const auto whose = left->principal ? left->principal->id : visit.caller.principal->id;
    for (auto& write : search.requires_of(*left, taken)) change.hold(std::move(write), whose, another_changed());
    return Done{};
  }
  TRY(const auto is, search.first(nullptr));
  if (!is) return Done{};
  return Fail{Problem(ProblemType::wrong_state, "Nobody would be left who holds all of this server's own API in the "
                                                "whole tenant, with a credential: give somebody else both first, or "
                                                "the last one another credential.")};
}

}  // namespace deputy::endpoints::admin
