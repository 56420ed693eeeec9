// Walking from a principal up to its groups' roles, and from a group down to its members.
#include "endpoints/admin/revocation/holdings.h"

#include "endpoints/admin/frame/records.h"
#include "endpoints/admin/principal.h"

namespace deputy::endpoints::admin {
namespace {

using directory::Assignment;
using directory::Role;

constexpr std::size_t page_size = 500;

Fault damaged(const char* what) { return {Fault::Kind::corrupt, what}; }

}  // namespace

std::string who_come_into(const std::string& what) { return "who come into " + what; }

Result<const Holdings::Node*, Fault> Holdings::node(const std::string& id) {
  if (const auto found = nodes_.find(id); found != nodes_.end()) return &found->second;
  TRY(auto records, visit_.app.store.under(visit_.call.tenant, id));
  Node node;
  for (const auto& record : records) {
    if (record.kind != Kind::assignment && record.kind != Kind::membership) continue;
    TRY(auto body, parse_stored(record.body));
    node.records.push_back({visit_.call.tenant, record.kind, record.id, record.version});
    if (record.kind == Kind::membership) {
      node.groups.emplace_back(json_text(body, "group").value_or(""));
      continue;
    }
    auto assignment = Assignment::from(record.id, body);
    if (!assignment) return Fail{damaged("the record of an assignment is damaged")};
    node.assignments.push_back(std::move(*assignment));
  }
  return &nodes_.emplace(id, std::move(node)).first->second;
}

Result<Holdings::Roles, Fault> Holdings::roles_of(const std::string& principal, const Taken* taken,
                                                  Reaching reaching) {
  Roles roles;
  std::set<std::string> seen;
  std::vector<std::string> open{principal};
  while (!open.empty()) {
    const auto at = std::move(open.back());
    open.pop_back();
    if (!seen.insert(at).second) continue;
    TRY(const auto* one, node(at));
    for (const auto& assignment : one->assignments) {
      if (taken != nullptr && assignment.id == taken->assignment) continue;
      if (reaching == Reaching::whole_tenant && !assignment.organization.empty()) continue;
      roles[assignment.acts].insert(assignment.role);
    }
    for (const auto& group : one->groups)
      if (taken == nullptr || at != taken->member || group != taken->group) open.push_back(group);
  }
  return roles;
}

Result<std::vector<std::string>, Fault> Holdings::groups_of(const std::string& id, const Taken* taken) {
  std::set<std::string> found;
  std::vector<std::string> open{id};
  while (!open.empty()) {
    const auto at = std::move(open.back());
    open.pop_back();
    TRY(const auto* one, node(at));
    for (const auto& group : one->groups)
      if ((taken == nullptr || at != taken->member || group != taken->group) && found.insert(group).second)
        open.push_back(group);
  }
  return std::vector<std::string>(found.begin(), found.end());
}

// Not the directory's copy: that has no version.
Result<store::Directory::ResourcePtr, Fault> Holdings::resource(const std::string& id) {
  auto found = resources_.find(id);
  if (found == resources_.end()) {
    TRY(auto record, visit_.app.store.get(visit_.call.tenant, Kind::resource, id));
    ReadResource read;
    if (record) {
      TRY(auto body, parse_stored(record->body));
      auto resource = directory::Resource::from(id, body);
      if (!resource) return Fail{damaged("the record of a resource is damaged")};
      read = {std::make_shared<const directory::Resource>(std::move(*resource)), record->version};
    }
    found = resources_.emplace(id, std::move(read)).first;
  }
  return found->second.resource;
}

Result<std::vector<store::Directory::ResourcePtr>, Fault> Holdings::resources_of(const std::set<std::string>& roles) {
  std::set<std::string> ids;
  for (const auto& id : roles) {
    TRY(const auto* role, this->role(id, nullptr));
    if (role == nullptr) continue;
    for (const auto& permission : role->permissions) ids.insert(permission.resource);
  }
  std::vector<store::Directory::ResourcePtr> resources;
  for (const auto& id : ids) {
    TRY(auto resource, this->resource(id));
    if (resource != nullptr) resources.push_back(std::move(resource));
  }
  return resources;
}

Result<std::optional<std::set<std::string>>, Fault> Holdings::members_of(std::string_view id, std::size_t most) {
  Everyone all;
  TRY(const bool few, gather(id, most, all));
  return few ? std::optional(std::move(all.principals)) : std::nullopt;
}

Result<bool, Fault> Holdings::gather(std::string_view id, std::size_t most, Everyone& all) {
  decltype(memberships_) read;  // held only where all are: of some, what was not read would count as new
  std::vector<std::string> open{std::string(id)};
  while (!open.empty()) {
    const auto at = std::move(open.back());
    open.pop_back();
    if (directory::kind_of_id(at) != Kind::group) {
      all.principals.insert(at);
      if (all.principals.size() > most) return false;
      continue;
    }
    if (!all.groups.insert(at).second) continue;
    if (all.groups.size() > most) return false;
    auto& memberships = read[at];
    store::Page page{.after = "", .limit = page_size, .where = store::Index{std::string(group_index), at}};
    for (;;) {
      TRY(auto records, visit_.app.store.list(visit_.call.tenant, Kind::membership, page));
      all.read += records.size();
      for (const auto& record : records) {
        TRY(auto body, parse_stored(record.body));
        open.emplace_back(json_text(body, "member").value_or(""));
        memberships.insert(record.id);
      }
      if (open.size() > most || all.read > records_each * most) return false;
      if (records.size() < page.limit) break;
      page.after = records.back().id;
    }
  }
  for (auto& [group, found] : read) memberships_[group].merge(found);
  return true;
}

store::Writes Holdings::nobody_else() const {
  store::Writes writes;
  for (const auto& [group, found] : memberships_)
    writes.emplace_back(
        store::RequireNone{visit_.call.tenant, Kind::membership, std::string(group_index), group, found});
  return writes;
}

Result<const Role*, Fault> Holdings::role(const std::string& id, const Taken* taken) {
  if (taken != nullptr && taken->role && taken->role->id == id) return &*taken->role;
  auto found = roles_.find(id);
  if (found == roles_.end()) {
    TRY(auto record, visit_.app.store.get(visit_.call.tenant, Kind::role, id));
    ReadRole read;
    if (record) {
      TRY(auto body, parse_stored(record->body));
      read = {Role::from(id, body), record->version};
      if (!read.role) return Fail{damaged("the record of a role is damaged")};
    }
    found = roles_.emplace(id, std::move(read)).first;
  }
  return found->second.role ? &*found->second.role : nullptr;
}

Result<oauth::ScopeSet, Fault> Holdings::given(const std::set<std::string>& roles,
                                               const directory::Resource& resource, const Taken* taken) {
  std::vector<const Role*> read;
  for (const auto& id : roles) {
    TRY(const auto* one, role(id, taken));
    if (one != nullptr) read.push_back(one);
  }
  return directory::scopes_given(resource, read);
}

std::vector<const Holdings::Nodes::value_type*> Holdings::read_of(const std::set<std::string>& ids) const {
  std::vector<const Nodes::value_type*> all;
  std::set<std::string> seen;
  std::vector<std::string> open(ids.begin(), ids.end());
  while (!open.empty()) {
    const auto at = std::move(open.back());
    open.pop_back();
    const auto found = nodes_.find(at);
    if (found == nodes_.end() || !seen.insert(at).second) continue;
    all.push_back(&*found);
    open.insert(open.end(), found->second.groups.begin(), found->second.groups.end());
  }
  return all;
}

store::Writes Holdings::requires_of(const std::set<std::string>& principals, const Taken& taken) const {
  store::Writes writes;
  std::set<std::string> roles;
  for (const auto* read : read_of(principals)) {
    for (const auto& record : read->second.records)
      if (record.id != taken.assignment) writes.emplace_back(record);
    for (const auto& assignment : read->second.assignments) roles.insert(assignment.role);
  }
  for (auto& write : requires_of_roles(roles, taken)) writes.push_back(std::move(write));
  return writes;
}

store::Writes Holdings::requires_of_roles(const std::set<std::string>& roles, const Taken& taken) const {
  store::Writes writes;
  for (const auto& id : roles) {
    const auto found = roles_.find(id);
    if (found != roles_.end() && found->second.version != 0 && (!taken.role || taken.role->id != id))
      writes.emplace_back(store::Require{visit_.call.tenant, Kind::role, id, found->second.version});
  }
  return writes;
}

store::Writes Holdings::requires_of_resources() const {
  store::Writes writes;
  for (const auto& [id, read] : resources_)
    if (read.resource != nullptr)
      writes.emplace_back(store::Require{visit_.call.tenant, Kind::resource, id, read.version});
  return writes;
}

store::Writes Holdings::nothing_more(const std::set<std::string>& ids) const {
  store::Writes writes;
  for (const auto* read : read_of(ids)) {
    store::RequireNone given{visit_.call.tenant, Kind::assignment, std::string(refers_to), read->first};
    store::RequireNone put_into{visit_.call.tenant, Kind::membership, std::string(member_index), read->first};
    for (const auto& record : read->second.records)
      (record.kind == Kind::assignment ? given : put_into).but.insert(record.id);
    writes.emplace_back(std::move(given));
    writes.emplace_back(std::move(put_into));
  }
  return writes;
}

std::map<std::string, store::Writes> Holdings::no_other_groups(const std::set<std::string>& ids,
                                                               const Taken& taken) const {
  std::map<std::string, store::Writes> all;
  for (const auto* read : read_of(ids)) {
    const auto& [at, node] = *read;
    auto& writes = all[at];
    store::RequireNone put_into{visit_.call.tenant, Kind::membership, std::string(member_index), at};
    auto group = node.groups.begin();  // a record each
    for (const auto& record : node.records) {
      if (record.kind != Kind::membership) continue;
      put_into.but.insert(record.id);
      if (at != taken.member || *group != taken.group) writes.emplace_back(record);
      ++group;
    }
    writes.emplace_back(std::move(put_into));
  }
  return all;
}

}  // namespace deputy::endpoints::admin
