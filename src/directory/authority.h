// Authority: which scopes of a resource a principal holds, from its assignments, roles and the resource's own list.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "directory/principal.h"
#include "oauth/scope.h"

namespace deputy::directory {

// The longest lifetime a resource may give its tokens (`token_lifetime_s`): what is revoked now has no live token then.
inline constexpr Seconds token_lifetime_max{86'400};

struct ScopeDefinition {
  std::string name, description, sensitivity, parent;  // holding the parent is holding this one
};

struct Resource {
  std::string id, identifier, name, principal;  // principal: the agent or application that is this resource
  std::vector<ScopeDefinition> scopes;
  Seconds token_lifetime{300};
  std::string algorithm = "ES256";
  enum class Format { jwt, opaque } format = Format::jwt;
  int delegation_depth_max = 4;
  bool built_in = false;  // Deputy's own API

  static std::optional<Resource> from(std::string_view id, const json::object& body);
  bool defines(std::string_view scope) const;
};

struct Permission {
  std::string resource;               // its id
  std::vector<std::string> patterns;  // a scope's name, or a prefix and `*`
};
struct Role {
  std::string id, name;
  std::vector<Permission> permissions;
  static std::optional<Role> from(std::string_view id, const json::object& body);
};

// "booking:*" covers "booking:read" and "booking:read:own", not "booking"; "*" covers all; else equality.
bool covers(std::string_view pattern, std::string_view scope);

// The scopes of `resource` that these permissions give: patterns and hierarchy resolved against what it defines.
oauth::ScopeSet scopes_given(const Resource& resource, const std::vector<const Role*>& roles);

}  // namespace deputy::directory
