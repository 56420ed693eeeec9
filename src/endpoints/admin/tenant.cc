// /v1/tenants, at the default tenant only: elsewhere there is no such path.
#include "endpoints/admin/tenant.h"

#include "directory/noun.h"
#include "endpoints/admin/administrators.h"
#include "endpoints/admin/first_tenant.h"
#include "endpoints/admin/frame/change.h"
#include "endpoints/admin/frame/document.h"
#include "endpoints/admin/frame/page.h"
#include "endpoints/admin/frame/records.h"

namespace deputy::endpoints::admin {
namespace {

Result<Done, Problem> at_default_tenant(const Visit& visit) {
  // Another tenant's administrator must not even learn which tenants there are (A38).
  if (visit.call.tenant != default_tenant) return Fail{no_such_record("tenants are the default tenant's matter")};
  return whole_tenant(visit);
}

Result<std::string, Problem> id_sent(const json::object& body) {
  const auto id = json_text(body, "id");
  if (!id || !is_tenant_id(*id))
    return Fail{Problem(ProblemType::invalid_field,
                        "Send 1 to 63 lower-case letters, digits and hyphens that are not reserved.", "id")};
  return std::string(*id);
}

}  // namespace

Outcome list_tenants(Visit& visit) {
  TRY(auto here, at_default_tenant(visit));
  return list_records(visit, Kind::tenant);
}

Outcome read_tenant(Visit& visit) {
  TRY(auto here, at_default_tenant(visit));
  return read_record(visit, Kind::tenant);
}

Outcome create_tenant(Visit& visit) {
  TRY(auto here, at_default_tenant(visit));
  TRY(auto body, body_of(visit));
  TRY(auto id, id_sent(body));
  body.erase("id");
  TRY(auto known, only_fields(body, directory::noun(Kind::tenant)));
  TRY(auto checked, directory::check_new(directory::noun(Kind::tenant), body));
  visit.about.event.target = id;
  FirstAdmin admin;
  const Seeds seeds{.random = visit.app.random,
                    .secret_hash = visit.app.secret_hash,
                    .now = visit.call.now,
                    .correlation_id = visit.call.request.correlation_id,
                    .actor = visit.about.event.actor};
  const std::string name(*json_text(checked, "name"));
  Change change;
  const auto issuer = visit.app.config.origin + "/t/" + id;
  const Problem taken{ProblemType::not_unique, "There is a tenant with this id.", "id"};
  for (auto& write : make_tenant(id, name, issuer, seeds, admin)) {
    if (auto* put = std::get_if<store::Put>(&write); put != nullptr && put->record.kind == Kind::tenant)
      put->record.body = json::serialize(checked);
    change.add(std::move(write), taken);
  }
  for (auto& write : visit.app.keyring.first_keys(id)) change.add(std::move(write));
  change.touched({}, checked);
  json::object document{{"id", id},
                        {"version", 1},
                        {"created_at", rfc3339(visit.call.now)},
                        {"updated_at", rfc3339(visit.call.now)}};
  for (const auto& [field, value] : checked) document[field] = value;
  document["issuer"] = issuer;
  document["admin"] = json::object{{"client_id", admin.client_id}, {"secret", admin.secret}};
  auto response = document_response(201, document);
  response.headers.emplace_back("Location", location_of(visit, "tenants/" + id));
  return std::move(change).answer(visit, std::move(response));
}

// Two records say what a tenant is called, its own and its entry in the default tenant's list: changed together, at
// the same version.
Outcome update_tenant(Visit& visit) {
  TRY(auto here, at_default_tenant(visit));
  TRY(auto found, find_record(visit, Kind::tenant, visit.param(0)));
  TRY(auto patch, body_of(visit));
  TRY(auto known, only_fields(patch, directory::noun(Kind::tenant)));
  TRY(auto same_version, check_if_match(visit, found.record.version));
  TRY(auto body, directory::check_patch(directory::noun(Kind::tenant), found.body, patch));
  if (body == found.body) return shown(visit, found);
  Change change;
  // Another tenant's people are let in again from here.
  if (found.record.id == default_tenant) {
    const auto before = signin::policy_from(found.body), after = signin::policy_from(body);
    if ((before.password && !after.password) || (before.passkey && !after.passkey)) {
      TRY(auto kept, keep_an_administrator(visit, {.sign_in = after}, change));
    }
  }
  auto put = put_record(visit, Kind::tenant, found.record.id, found.record.under, body, found.record.version);
  auto record = put.record;
  record.version = found.record.version + 1;
  record.created_at = found.record.created_at;
  if (found.record.id != default_tenant) {
    auto own = put;
    own.record.tenant = found.record.id;
    change.add(std::move(own), stale(visit));
    change.told_in(found.record.id);
  }
  change.add(std::move(put), stale(visit));
  change.touched(found.body, body);
  return std::move(change).answer(visit, document_response(200, document_of(record, body, visit.call.now)));
}

}  // namespace deputy::endpoints::admin
