// Directory: what decisions read of principals, roles, resources and groups, kept in memory within a bound and dropped
// the moment a commit changes it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/fault.h"
#include "base/result.h"
#include "directory/authority.h"
#include "directory/principal.h"
#include "oauth/scope.h"
#include "store/store.h"

namespace deputy::store {

struct DirectoryConfig {
  std::size_t principals_max_bytes = 32u << 20;  // of the cache of principals; what they hold: half as much again
};

class Directory {
 public:
  // Registers itself as an observer of `store`, which must outlive it.
  Directory(Store& store, DirectoryConfig config);
  ~Directory();

  using PrincipalPtr = std::shared_ptr<const directory::Principal>;
  using ResourcePtr = std::shared_ptr<const directory::Resource>;

  // By id, or by the client_id it was imported with. Null when there is none. With its assignments (its groups'
  // among them), credentials and groups. Says nothing of whether it is active: see Principal::state().
  Result<PrincipalPtr, Fault> principal(std::string_view tenant, std::string_view client_id);
  // By identifier URI, exactly; or by id. Null when there is none.
  Result<ResourcePtr, Fault> resource(std::string_view tenant, std::string_view identifier);
  Result<ResourcePtr, Fault> resource_by_id(std::string_view tenant, std::string_view id);
  // The types of authorization_details that resources of the tenant register (RFC 9396), in order of their names.
  Result<std::shared_ptr<const std::vector<std::string>>, Fault> detail_types(std::string_view tenant);
  // The scopes of `resource` that the principal holds now, in this manner of acting. Remembered per principal and
  // resource until anything it depends on changes.
  Result<std::shared_ptr<const oauth::ScopeSet>, Fault> held(std::string_view tenant, const PrincipalPtr& principal,
                                                             const ResourcePtr& resource, directory::Acts acts);
  // True when `organization` is `ancestor` or lies below it.
  Result<bool, Fault> within(std::string_view tenant, std::string_view organization, std::string_view ancestor);
  // The record of the tenant itself. Null when there is none.
  Result<std::shared_ptr<const Record>, Fault> tenant(std::string_view tenant);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace deputy::store
