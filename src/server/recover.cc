// Making an administrator in a store that nobody serves.
#include "server/recover.h"

#include "base/id.h"
#include "directory/noun.h"
#include "endpoints/admin/administrators.h"
#include "endpoints/admin/first_tenant.h"
#include "endpoints/admin/frame/document.h"
#include "endpoints/admin/frame/records.h"
#include "server/data_lock.h"
#include "server/origin.h"
#include "server/seal_key.h"
#include "server/world.h"
#include "server/writable.h"

namespace deputy::server {
namespace {

using directory::Kind;
using directory::Resource;
using directory::Role;

// The id of a role that gives all of it; empty: there is none.
Result<std::string, Fault> role_of_all(store::Store& store, const std::string& tenant, const Resource& api) {
  store::Page page{.after = "", .limit = 200,
                   .where = store::Index{std::string(endpoints::admin::refers_to), api.id, false}};
  for (;;) {
    TRY(const auto records, store.list(tenant, Kind::role, page));
    for (const auto& record : records) {
      TRY(const auto body, endpoints::admin::body_of_record(record));
      const auto role = Role::from(record.id, body);
      if (role && endpoints::admin::give_all(api, {&*role})) return record.id;
    }
    if (records.size() < page.limit) return std::string();
    page.after = records.back().id;
  }
}

// `name`, or the first of "name-2", "name-3" … that no record of the kind has.
Result<std::string, Fault> free_name(store::Store& store, const std::string& tenant, Kind kind,
                                     std::string_view field, const std::string& name) {
  auto wanted = name;
  for (int n = 2;; ++n) {
    TRY(const auto taken, store.find(tenant, kind, field, wanted));
    if (!taken) return wanted;
    wanted = name + "-" + std::to_string(n);
  }
}

}  // namespace

Result<Recovered, Fault> recover(const Config& config, const std::string& tenant) {
  TRY(auto found, find_store(config));
  TRY(auto writable, check_writable(config));
  TRY(auto lock, DataLock::take(config.data));
  TRY(auto seal, read_own_seal_key(config));
  TRY(auto made, check_origin(config));
  TRY(auto store, store::open_sqlite_store(config.sqlite));
  TRY(const auto api, own_api(config, *store, tenant));
  TRY(auto role, role_of_all(*store, tenant, api));
  TRY(auto role_name, free_name(*store, tenant, Kind::role, "name", "administrator"));
  TRY(auto username, free_name(*store, tenant, Kind::user, directory::username_folded, "recovered"));
  const endpoints::admin::NewAdministrator what{.resource = api.id,
                                                .role = std::move(role),
                                                .role_name = std::move(role_name),
                                                .username = std::move(username)};
  SystemRandom random;
  const auto now = SystemClock().now();
  const crypto::KeyedHash secret_hash(seal.derive("client secret hash"));
  const endpoints::admin::Seeds seeds{.random = random,
                                      .secret_hash = secret_hash,
                                      .now = now,
                                      .correlation_id = make_id("req", now, random),
                                      .actor = ""};
  endpoints::admin::FirstAdmin admin;
  TRY(const auto outcome, store->commit_now(endpoints::admin::make_administrator(tenant, what, seeds, admin)));
  if (!std::holds_alternative<Done>(outcome))
    return Fail{Fault{Fault::Kind::conflict, "the store was changed by another at the same time: try again"}};
  return Recovered{.client_id = admin.client_id, .username = what.username, .secret = admin.secret};
}

}  // namespace deputy::server
