// The cached directory: loaded on demand, dropped by the store's own word of what a commit changed.
#include "store/cache/directory.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <span>

#include "base/bounded_cache.h"
#include "base/json.h"
#include "directory/noun.h"

namespace deputy::store {
namespace {

using directory::Assignment;
using directory::Principal;
using directory::Resource;
using directory::Role;

// A group as a principal's loading needs it: what it is assigned, and the groups it is itself in.
struct Group {
  std::vector<Assignment> assignments;
  std::vector<std::string> parents;
};
// What a set of roles gives at a resource: a million agents hold a handful of such sets.
struct Held {
  Directory::ResourcePtr resource;  // the very snapshot it was computed from
  std::shared_ptr<const oauth::ScopeSet> scopes;
};

// A cache's key: its parts joined by '/', on the stack unless it is long. It is built several times a request.
class Key {
 public:
  Key(std::initializer_list<std::string_view> parts) : Key(std::span(parts.begin(), parts.size())) {}
  explicit Key(std::span<const std::string_view> parts) {
    std::size_t bytes = parts.size();
    for (const auto part : parts) bytes += part.size();
    if (bytes > short_.size()) long_.resize(bytes);
    char* const begin = long_.empty() ? short_.data() : long_.data();
    char* end = begin;
    for (const auto part : parts) {
      if (end != begin) *end++ = '/';
      end = std::copy(part.begin(), part.end(), end);
    }
    text_ = {begin, end};
  }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;
  operator std::string_view() const { return text_; }

 private:
  std::array<char, 120> short_;
  std::string long_;
  std::string_view text_;
};

std::size_t cost_of(const Principal& principal) {
  std::size_t bytes = sizeof(Principal) + principal.id.size() * 2 + principal.name.size() + principal.owner.size();
  for (const auto& credential : principal.credentials) bytes += sizeof(credential) + credential.jwks.size() + 64;
  for (const auto& assignment : principal.assignments) bytes += sizeof(assignment) + assignment.role.size() * 3;
  for (const auto& group : principal.groups) bytes += sizeof(group) + group.size();
  for (const auto& uri : principal.registration.redirect_uris) bytes += sizeof(uri) + uri.size();
  for (const auto& uri : principal.registration.post_logout_redirect_uris) bytes += sizeof(uri) + uri.size();
  return bytes;
}

Fault damaged(std::string_view what) {
  return {Fault::Kind::corrupt, "the record of " + std::string(what) + " is damaged"};
}

bool is_principal(Kind kind) { return kind == Kind::agent || kind == Kind::user || kind == Kind::application; }

}  // namespace

struct Directory::State {
  Store& store;
  BoundedCache<Principal> principals;
  BoundedCache<Held> held;
  BoundedCache<Resource> resources{8u << 20};
  BoundedCache<Role> roles{8u << 20};
  BoundedCache<Group> groups{8u << 20};
  BoundedCache<std::string> parents{4u << 20};  // organization → its parent
  BoundedCache<Record> tenants{4u << 20};
  BoundedCache<std::vector<std::string>> detail_types{1u << 20};
  // Goes up before and after a change is carried out: a load that began before or during one is answered, but not kept.
  std::atomic<std::uint64_t> generation{0};

  State(Store& store_, DirectoryConfig config)
      : store(store_), principals(config.principals_max_bytes), held(config.principals_max_bytes / 2) {}

  void changed(const Change& change);
  Result<std::shared_ptr<const Principal>, Fault> load(std::string_view tenant, Kind kind, std::string_view id);
  Result<std::shared_ptr<const Group>, Fault> group(std::string_view tenant, std::string_view id);
  Result<Done, Fault> add_groups(std::string_view tenant, Principal& principal, std::vector<std::string> direct);
  Result<std::shared_ptr<const Role>, Fault> role(std::string_view tenant, std::string_view id);
  Result<ResourcePtr, Fault> keep_resource(std::string_view tenant, const std::optional<Record>& record,
                                           std::uint64_t began);

  template <class V>
  void keep(BoundedCache<V>& cache, std::string_view key, std::shared_ptr<const V> value, std::size_t cost,
            std::uint64_t began) {
    const bool during_a_change = began % 2 != 0;
    if (during_a_change || generation.load() != began) return;
    cache.put(key, std::move(value), cost);
    if (generation.load() != began) cache.erase(key);  // the change came in between
  }
};

Directory::Directory(Store& store, DirectoryConfig config) : state_(new State(store, config)) {
  store.observe([state = state_.get()](const Changes& changes) {
    ++state->generation;
    for (const auto& change : changes.records) state->changed(change);
    ++state->generation;
  });
}
Directory::~Directory() = default;

void Directory::State::changed(const Change& change) {
  // No decision reads these of a principal, and they come and go.
  if (change.kind == Kind::session || change.kind == Kind::disclosure || change.kind == Kind::logout_delivery ||
      change.kind == Kind::browser || change.kind == Kind::sign_out)
    return;
  const auto owner = directory::kind_of_id(change.under);
  if (owner && is_principal(*owner)) return principals.erase(Key{change.tenant, change.under});
  switch (change.kind) {
    case Kind::resource:
      resources.clear();
      detail_types.clear();
      return held.clear();
    case Kind::role:
      roles.clear();
      return held.clear();
    case Kind::group: case Kind::membership: case Kind::assignment:
      // Something of a group: every principal may be in it.
      groups.clear();
      return principals.clear();
    case Kind::organization: return parents.clear();
    case Kind::tenant: return tenants.clear();
    default: return;
  }
}

Result<Directory::PrincipalPtr, Fault> Directory::principal(std::string_view tenant, std::string_view client_id) {
  if (auto found = state_->principals.find(Key{tenant, client_id})) return found;  // only ids are keys there
  if (const auto kind = directory::kind_of_id(client_id); kind && is_principal(*kind))
    return state_->load(tenant, *kind, client_id);
  for (const auto kind : {Kind::agent, Kind::application}) {
    TRY(auto record, state_->store.find(tenant, kind, "client_id", client_id));
    if (record) return principal(tenant, record->id);
  }
  return PrincipalPtr();
}

// One read: everything under a principal lies together in the store.
Result<Directory::PrincipalPtr, Fault> Directory::State::load(std::string_view tenant, Kind kind, std::string_view id) {
  const auto began = generation.load();
  TRY(auto records, store.under(tenant, id));
  std::shared_ptr<Principal> principal;
  std::vector<directory::Credential> credentials;
  std::vector<Assignment> assignments;
  std::vector<std::string> direct_groups;
  for (const auto& record : records) {
    boost::system::error_code error;
    std::array<unsigned char, 4096> room;
    json::monotonic_resource arena(room.data(), room.size());
    const auto parsed = json::parse(record.body, error, &arena);
    if (error || !parsed.is_object()) return Fail{damaged(row(record.kind).name)};
    const auto& body = parsed.get_object();
    if (record.kind == kind && record.id == id) {
      auto read = Principal::from(kind, id, body);
      if (!read) return Fail{damaged(row(kind).name)};
      principal = std::make_shared<Principal>(std::move(*read));
      principal->version = record.version;
    } else if (record.kind == Kind::credential) {
      auto read = directory::Credential::from(record.id, body);
      if (!read) return Fail{damaged("a credential")};
      credentials.push_back(std::move(*read));
    } else if (record.kind == Kind::assignment) {
      auto read = Assignment::from(record.id, body);
      if (!read) return Fail{damaged("an assignment")};
      assignments.push_back(std::move(*read));
    } else if (record.kind == Kind::membership) {
      direct_groups.emplace_back(json_text(body, "group").value_or(""));
    }
  }
  if (principal == nullptr) return PrincipalPtr();
  principal->credentials = std::move(credentials);
  principal->assignments = std::move(assignments);
  TRY(auto added, add_groups(tenant, *principal, std::move(direct_groups)));
  keep<Principal>(principals, Key{tenant, id}, principal, cost_of(*principal), began);
  return PrincipalPtr(std::move(principal));
}

// Walks up from the direct groups; a cycle, which the writer refuses, would end here too.
Result<Done, Fault> Directory::State::add_groups(std::string_view tenant, Principal& principal,
                                                 std::vector<std::string> direct) {
  std::set<std::string> seen;
  while (!direct.empty()) {
    auto id = std::move(direct.back());
    direct.pop_back();
    if (!seen.insert(id).second) continue;
    TRY(auto one, group(tenant, id));
    principal.assignments.insert(principal.assignments.end(), one->assignments.begin(), one->assignments.end());
    direct.insert(direct.end(), one->parents.begin(), one->parents.end());
  }
  principal.groups.assign(seen.begin(), seen.end());
  return Done{};
}

Result<std::shared_ptr<const Group>, Fault> Directory::State::group(std::string_view tenant, std::string_view id) {
  const Key key{tenant, id};
  if (auto found = groups.find(key)) return found;
  const auto began = generation.load();
  TRY(auto records, store.under(tenant, id));
  auto group = std::make_shared<Group>();
  for (const auto& record : records) {
    TRY(auto body, parse_stored(record.body));
    if (record.kind == Kind::membership) group->parents.emplace_back(json_text(body, "group").value_or(""));
    if (record.kind != Kind::assignment) continue;
    auto read = Assignment::from(record.id, body);
    if (!read) return Fail{damaged("an assignment")};
    group->assignments.push_back(std::move(*read));
  }
  keep<Group>(groups, key, group, 256 + group->assignments.size() * 200, began);
  return std::shared_ptr<const Group>(std::move(group));
}

Result<std::shared_ptr<const Role>, Fault> Directory::State::role(std::string_view tenant, std::string_view id) {
  const Key key{tenant, id};
  if (auto found = roles.find(key)) return found;
  const auto began = generation.load();
  TRY(auto record, store.get(tenant, Kind::role, id));
  if (!record) return std::shared_ptr<const Role>();
  TRY(auto body, parse_stored(record->body));
  auto read = Role::from(id, body);
  if (!read) return Fail{damaged("a role")};
  auto role = std::make_shared<const Role>(std::move(*read));
  keep<Role>(roles, key, role, record->body.size() * 2, began);
  return role;
}

Result<Directory::ResourcePtr, Fault> Directory::State::keep_resource(std::string_view tenant,
                                                                      const std::optional<Record>& record,
                                                                      std::uint64_t began) {
  if (!record) return ResourcePtr();
  TRY(auto body, parse_stored(record->body));
  auto read = Resource::from(record->id, body);
  if (!read) return Fail{damaged("a resource")};
  auto resource = std::make_shared<const Resource>(std::move(*read));
  keep<Resource>(resources, Key{tenant, resource->id}, resource, record->body.size() * 2, began);
  keep<Resource>(resources, Key{tenant, resource->identifier}, resource, record->body.size() * 2, began);
  return resource;
}

Result<Directory::ResourcePtr, Fault> Directory::resource(std::string_view tenant, std::string_view identifier) {
  // Ids are keys there too, and an id is no identifier.
  if (auto found = state_->resources.find(Key{tenant, identifier}); found && found->identifier == identifier)
    return found;
  const auto began = state_->generation.load();
  TRY(auto record, state_->store.find(tenant, Kind::resource, "identifier", identifier));
  return state_->keep_resource(tenant, record, began);
}

Result<Directory::ResourcePtr, Fault> Directory::resource_by_id(std::string_view tenant, std::string_view id) {
  if (auto found = state_->resources.find(Key{tenant, id}); found && found->id == id) return found;
  const auto began = state_->generation.load();
  TRY(auto record, state_->store.get(tenant, Kind::resource, id));
  return state_->keep_resource(tenant, record, began);
}

Result<std::shared_ptr<const std::vector<std::string>>, Fault> Directory::detail_types(std::string_view tenant) {
  if (auto found = state_->detail_types.find(tenant)) return found;
  const auto began = state_->generation.load();
  std::vector<std::string> types;
  Page page{.after = "", .limit = 200, .where = Index{std::string(directory::registers_detail_types), "true", false}};
  for (std::size_t read = page.limit; read == page.limit;) {
    TRY(const auto records, state_->store.list(tenant, Kind::resource, page));
    read = records.size();
    for (const auto& record : records) {
      TRY(const auto resource, state_->keep_resource(tenant, record, began));
      for (const auto& one : resource->detail_types) types.push_back(one.type);
      page.after = record.id;
    }
  }
  std::sort(types.begin(), types.end());
  std::size_t cost = sizeof(types);
  for (const auto& type : types) cost += sizeof(type) + type.size();
  auto all = std::make_shared<const std::vector<std::string>>(std::move(types));
  state_->keep<std::vector<std::string>>(state_->detail_types, tenant, all, cost, began);
  return all;
}

Result<std::shared_ptr<const oauth::ScopeSet>, Fault> Directory::held(std::string_view tenant,
                                                                      const PrincipalPtr& principal,
                                                                      const ResourcePtr& resource,
                                                                      directory::Acts acts) {
  const auto began = state_->generation.load();
  std::vector<std::string_view> parts{tenant, resource->id};
  for (const auto& assignment : principal->assignments)
    if (assignment.acts == acts) parts.push_back(assignment.role);
  std::sort(parts.begin() + 2, parts.end());
  parts.erase(std::unique(parts.begin() + 2, parts.end()), parts.end());
  const Key key(parts);
  if (const auto found = state_->held.find(key); found && found->resource == resource) return found->scopes;
  std::vector<std::shared_ptr<const Role>> kept;
  std::vector<const Role*> roles;
  for (const auto id : std::span(parts).subspan(2)) {
    TRY(auto role, state_->role(tenant, id));
    if (role == nullptr) continue;
    roles.push_back(role.get());
    kept.push_back(std::move(role));
  }
  auto scopes = std::make_shared<const oauth::ScopeSet>(directory::scopes_given(*resource, roles));
  state_->keep<Held>(state_->held, key, std::make_shared<const Held>(Held{resource, scopes}),
                     sizeof(Held) + 64 + scopes->tokens().size() * 48, began);
  return scopes;
}

Result<bool, Fault> Directory::within(std::string_view tenant, std::string_view organization,
                                      std::string_view ancestor) {
  std::string at(organization);
  for (int depth = 0; depth < 64 && !at.empty(); ++depth) {
    if (at == ancestor) return true;
    const Key key{tenant, at};
    auto parent = state_->parents.find(key);
    if (parent == nullptr) {
      const auto began = state_->generation.load();
      TRY(auto record, state_->store.get(tenant, Kind::organization, at));
      if (!record) return false;
      TRY(auto body, parse_stored(record->body));
      parent = std::make_shared<const std::string>(json_text(body, "parent").value_or(""));
      state_->keep<std::string>(state_->parents, key, parent, 64, began);
    }
    at = *parent;
  }
  return false;
}

Result<std::shared_ptr<const Record>, Fault> Directory::tenant(std::string_view tenant) {
  if (auto found = state_->tenants.find(tenant)) return found;
  const auto began = state_->generation.load();
  TRY(auto record, state_->store.get(tenant, Kind::tenant, tenant));
  if (!record) return std::shared_ptr<const Record>();
  auto kept = std::make_shared<const Record>(std::move(*record));
  state_->keep<Record>(state_->tenants, tenant, kept, sizeof(Record) + kept->body.size(), began);
  return kept;
}

}  // namespace deputy::store
