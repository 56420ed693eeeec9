// The records a tenant begins with.
#include "endpoints/admin/first_tenant.h"

#include "base/encoding.h"
#include "base/id.h"
#include "base/json.h"
#include "directory/noun.h"
#include "endpoints/admin/frame/records.h"
#include "oauth/secret.h"

namespace deputy::endpoints::admin {
namespace {

using directory::Kind;

struct ScopeRow {
  std::string_view name, description, sensitivity;
};
constexpr std::array scope_table{
    // clang-format off
    ScopeRow{"agents:read", "See agents, their owners and their credentials' facts.", "low"},
    ScopeRow{"agents:write", "Create, change, suspend, resume, revoke, transfer and delete agents.", "high"},
    ScopeRow{"agent_types:read", "See agent types.", "low"},
    ScopeRow{"agent_types:write", "Create, change and delete agent types.", "medium"},
    ScopeRow{"users:read", "See users.", "low"},
    ScopeRow{"users:write", "Create, change, disable and delete users.", "high"},
    ScopeRow{"groups:read", "See groups and who is in them.", "low"},
    ScopeRow{"groups:write", "Create, change and delete groups; add and remove members.", "high"},
    ScopeRow{"applications:read", "See applications.", "low"},
    ScopeRow{"applications:write", "Create, change, disable and delete applications.", "high"},
    ScopeRow{"organizations:read", "See organizations.", "low"},
    ScopeRow{"organizations:write", "Create, change and delete organizations.", "medium"},
    ScopeRow{"resources:read", "See resources and the scopes they define.", "low"},
    ScopeRow{"resources:write", "Register, change and delete resources.", "high"},
    ScopeRow{"roles:read", "See roles.", "low"},
    ScopeRow{"roles:write", "Create, change and delete roles.", "high"},
    ScopeRow{"assignments:read", "See who is assigned what.", "low"},
    ScopeRow{"assignments:write", "Assign roles and take them back.", "high"},
    ScopeRow{"credentials:write", "Make, rotate and remove the credentials of agents, applications and users.", "high"},
    ScopeRow{"keys:read", "See which signing keys there are.", "low"},
    ScopeRow{"keys:write", "Rotate signing keys, and withdraw a compromised one.", "high"},
    ScopeRow{"events:read", "Read the audit log.", "medium"},
    ScopeRow{"trusted_issuers:read", "See which other issuers' tokens are accepted.", "low"},
    ScopeRow{"trusted_issuers:write", "Trust other issuers, whose tokens then speak for users here.", "high"},
    ScopeRow{"delegations:read", "See delegations and their trees, and explain decisions.", "medium"},
    ScopeRow{"delegations:revoke", "Revoke delegations and all below them.", "high"},
    ScopeRow{"revocations:read", "Follow what has been revoked.", "low"},
    // clang-format on
};
// The default tenant's administrators alone make tenants.
constexpr std::array tenants_scopes{
    ScopeRow{"tenants:read", "See which tenants there are.", "medium"},
    ScopeRow{"tenants:write", "Make and rename tenants.", "high"},
};
// Words that stand where a tenant's id does, or would be mistaken for one.
constexpr std::array<std::string_view, 4> reserved{"default", "t", "v1", "oauth2"};

json::array scopes_of(std::string_view tenant) {
  json::array scopes;
  const auto add = [&](const ScopeRow& row) {
    scopes.push_back(json::object{
        {"name", row.name}, {"description", row.description}, {"sensitivity", row.sensitivity}});
  };
  for (const auto& row : scope_table) add(row);
  if (tenant == default_tenant)
    for (const auto& row : tenants_scopes) add(row);
  return scopes;
}

json::array reading_scopes(const json::array& scopes) {
  json::array reading;
  for (const auto& scope : scopes) {
    const auto& name = scope.at("name").as_string();
    if (name.ends_with(":read")) reading.push_back(name);
  }
  return reading;
}

json::array permissions_at(std::string_view resource, json::array patterns) {
  return json::array{json::object{{"resource", resource}, {"scopes", std::move(patterns)}}};
}
json::array everything_at(std::string_view resource) { return permissions_at(resource, json::array{"*"}); }

// One batch under construction.
class Batch {
 public:
  Batch(std::string_view tenant, const Seeds& seeds) : tenant_(tenant), seeds_(seeds) {}

  std::string id_of(Kind kind) { return make_id(directory::row(kind).prefix, seeds_.now, seeds_.random); }

  // A document of ours passes the same checks as anyone's; `own` is what only the server sets.
  std::string add(Kind kind, const json::object& document, const json::object& own = {}, std::string under = {}) {
    const auto& noun = directory::noun(kind);
    auto checked = directory::check_new(noun, document);
    CHECK(checked);
    for (const auto& [name, value] : own) (*checked)[name] = value;
    auto id = id_of(kind);
    writes_.emplace_back(record_put(tenant_, kind, id, under.empty() ? id : under, *checked, 0, seeds_.now));
    return id;
  }
  void add(store::Write write) { writes_.push_back(std::move(write)); }
  store::Writes take() { return std::move(writes_); }

 private:
  const std::string tenant_;
  const Seeds& seeds_;
  store::Writes writes_;
};

// A user with a secret of its own, who has the role in the whole tenant.
FirstAdmin add_administrator(Batch& batch, const json::object& user, const std::string& role, const Seeds& seeds) {
  const auto id = batch.add(Kind::user, user);
  auto secret = oauth::make_client_secret(seeds.random);
  batch.add(Kind::credential, {{"type", "secret"}, {"label", "first"}},
            {{"secret_hash", hex(as_text(seeds.secret_hash(secret)))}, {"principal", id}}, id);
  batch.add(Kind::assignment, {{"role", role}, {"principal", id}}, {}, id);
  return {.client_id = id, .secret = std::move(secret)};
}

// The tenant's own record, by which it exists, and its entry in the default tenant's list.
void add_tenant_records(Batch& batch, std::string_view tenant, std::string_view name, Instant now) {
  const auto body = tenant_body(name);
  const auto record = [&](std::string_view in) {
    return store::Put{.record = {.kind = Kind::tenant,
                                 .tenant = std::string(in),
                                 .id = std::string(tenant),
                                 .under = std::string(tenant),
                                 .created_at = now,
                                 .updated_at = now,
                                 .body = body},
                      .expected_version = 0,
                      .indexes = {}};
  };
  batch.add(record(tenant));
  if (tenant != default_tenant) batch.add(record(default_tenant));
}

audit::Event tenant_event(std::string_view tenant, std::string_view action, const Seeds& seeds) {
  audit::Event event;
  event.id = make_id("evt", seeds.now, seeds.random);
  event.at = seeds.now;
  event.tenant = tenant;
  event.correlation_id = seeds.correlation_id;
  event.action = action;
  event.actor = seeds.actor;
  event.target = tenant;
  return event;
}

}  // namespace

std::string tenant_body(std::string_view name) { return json::serialize(json::object{{"name", name}}); }

bool is_tenant_id(std::string_view text) {
  constexpr std::size_t label_max = 63;  // RFC 1035 §2.3.4: so that a tenant may one day have a host name
  if (text.empty() || text.size() > label_max || text.front() == '-' || text.back() == '-') return false;
  if (std::find(reserved.begin(), reserved.end(), text) != reserved.end()) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

store::Writes make_tenant(std::string_view tenant, std::string_view name, std::string_view issuer, const Seeds& seeds,
                          FirstAdmin& out) {
  Batch batch(tenant, seeds);
  add_tenant_records(batch, tenant, name, seeds.now);
  const auto scopes = scopes_of(tenant);
  const auto resource = batch.add(Kind::resource,
                                     {{"identifier", std::string(issuer) + "/v1"},
                                      {"name", "Deputy API"},
                                      {"description", "This server's own administration."},
                                      {"scopes", scopes}},
                                     {{"built_in", true}});
  const auto administrator = batch.add(Kind::role, {{"name", "administrator"},
                                                    {"description", "Everything at this server's own API."},
                                                    {"permissions", everything_at(resource)}});
  batch.add(Kind::role, {{"name", "auditor"},
                         {"description", "Sees everything, changes nothing."},
                         {"permissions", permissions_at(resource, reading_scopes(scopes))}});
  out = add_administrator(batch, {{"username", "admin"}, {"name", "First administrator"}}, administrator, seeds);
  batch.add(store::Append{tenant_event(tenant, "tenant.create", seeds)});
  return batch.take();
}

store::Writes make_administrator(std::string_view tenant, const NewAdministrator& what, const Seeds& seeds,
                                 FirstAdmin& out) {
  Batch batch(tenant, seeds);
  auto role = what.role;
  if (role.empty())
    role = batch.add(Kind::role, {{"name", what.role_name},
                                  {"description", "Everything at this server's own API."},
                                  {"permissions", everything_at(what.resource)}});
  else
    batch.add(store::Require{std::string(tenant), Kind::role, role});
  out = add_administrator(batch, {{"username", what.username}, {"name", "Administrator by recovery"}}, role, seeds);
  auto event = tenant_event(tenant, "tenant.recover", seeds);
  event.changes = json::serialize(json::object{{"after", {{"administrator", out.client_id}, {"role", role}}}});
  batch.add(store::Append{std::move(event)});
  return batch.take();
}

}  // namespace deputy::endpoints::admin
