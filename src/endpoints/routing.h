// Routing: from a path to its tenant, and from a method and a path to their row in the table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "endpoints/routes.h"

namespace deputy::endpoints {

struct Match {
  const Route* route = nullptr;     // null: no row has this method
  std::vector<std::string> params;  // the {…} segments, percent-decoded
  std::string allow;                // methods of the path; empty: no row has this path
};
Match find_route(std::string_view method, std::string_view path);

// "/t/acme/oauth2/token" and "/.well-known/oauth-authorization-server/t/acme" (RFC 8414 §3.1) name the tenant acme.
// The default tenant has no name in paths: one that spells it stays as it is, and no row is found for it.
struct TenantPath {
  std::string tenant = "default";
  std::string path;
};
TenantPath split_tenant(const std::string& path);
// The other way: a tenant's issuer.
std::string issuer_of(const std::string& origin, std::string_view tenant);

}  // namespace deputy::endpoints
