// The store's own record of the API of /v1 bears the origin.
#include "server/origin.h"

#include "endpoints/admin/first_tenant.h"
#include "endpoints/admin/frame/document.h"
#include "endpoints/routing.h"
#include "store/sqlite_look.h"

namespace deputy::server {
namespace {

using directory::Kind;
using directory::Resource;

std::string identifier_of_own_api(const Config& config, std::string_view tenant) {
  return endpoints::issuer_of(config.endpoints.origin, tenant) + "/v1";
}

// The origin that a tenant's first resource tells of: it is this server's own API. Empty: that cannot be told.
std::string origin_in(const std::optional<store::Record>& first, std::string_view tenant) {
  if (!first) return {};
  const auto body = endpoints::admin::body_of_record(*first);
  const auto resource = body ? Resource::from(first->id, *body) : std::nullopt;
  const auto after_origin = endpoints::issuer_of("", tenant) + "/v1";
  if (!resource || !resource->built_in || !resource->identifier.ends_with(after_origin)) return {};
  return resource->identifier.substr(0, resource->identifier.size() - after_origin.size());
}

// Issuers, tokens and passkeys that are out bear the origin: it is no setting that a store can be given anew.
Fail<Fault> another_origin(const Config& config, const std::string& origin) {
  return Fail{Fault{Fault::Kind::not_found, "the store in " + config.data +
                                                " was made with another origin: set origin to " +
                                                (origin.empty() ? "that one" : origin)}};
}

Fail<Fault> another_origin(const Config& config, store::Store& store, const std::string& tenant) {
  const auto first = store.list(tenant, Kind::resource, {.after = "", .limit = 1, .where = std::nullopt});
  return another_origin(config, first && !first->empty() ? origin_in(first->front(), tenant) : "");
}

}  // namespace

Result<Resource, Fault> own_api(const Config& config, store::Store& store, const std::string& tenant) {
  TRY(const auto exists, store.get(tenant, Kind::tenant, tenant));
  if (!exists)
    return Fail{Fault{Fault::Kind::not_found,
                      "there is no such tenant in " + config.data + ": name it by its id with --tenant"}};
  TRY(const auto record, store.find(tenant, Kind::resource, "identifier", identifier_of_own_api(config, tenant)));
  if (!record) return another_origin(config, store, tenant);
  TRY(const auto body, endpoints::admin::body_of_record(*record));
  auto resource = Resource::from(record->id, body);
  if (!resource) return Fail{Fault{Fault::Kind::corrupt, "the record of a resource is damaged"}};
  if (!resource->built_in) return another_origin(config, store, tenant);
  return *std::move(resource);
}

Result<Done, Fault> check_origin(const Config& config) {
  const std::string tenant(endpoints::admin::default_tenant);
  TRY(const bool lacks, store::sqlite_file_lacks(config.sqlite, tenant, Kind::resource,
                                                 {"identifier", identifier_of_own_api(config, tenant)}));
  if (!lacks) return Done{};
  TRY(const auto first, store::first_sqlite_record(config.sqlite, tenant, Kind::resource));
  return another_origin(config, origin_in(first, tenant));
}

}  // namespace deputy::server
