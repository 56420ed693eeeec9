// Authority: which scopes of a resource a principal holds, from its assignments, roles and the resource's own list.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "directory/detail_type.h"
#include "directory/principal.h"
#include "oauth/scope.h"

namespace deputy::directory {

// The longest lifetime a resource may give its tokens (`token_lifetime_s`): what is revoked now has no live token then.
inline constexpr Seconds token_lifetime_max{86'400};

// What every user may do at this server's own API without a role: see to the agents they own, and to what is done in
// their name. How far a scope reaches is decided there, at each call.
inline constexpr std::array<std::string_view, 5> owners_scopes{"agents:read", "agents:write", "credentials:write",
                                                               "delegations:read", "delegations:revoke"};

// What belongs to a tenant as a whole: of these an assignment that is bound to an organization gives nothing.
inline constexpr std::array<std::string_view, 11> whole_tenant_scopes{
    "agent_types:write", "events:read",  "keys:read",    "keys:write",    "resources:write",     "revocations:read",
    "roles:write",       "tenants:read", "tenants:write", "trusted_issuers:read", "trusted_issuers:write"};

struct ScopeDefinition {
  std::string name, description, sensitivity, parent;  // holding the parent is holding this one
  std::string acr;                 // how the person must sign in for it (RFC 9470); empty: as they please
  std::optional<Seconds> max_age;  // how long ago at most
};

struct Permission {
  std::string resource;               // its id
  std::vector<std::string> patterns;  // a scope's name, or a prefix and `*`
  bool operator==(const Permission&) const = default;
};
struct Role {
  std::string id, name;
  std::vector<Permission> permissions;
  static std::optional<Role> from(std::string_view id, const json::object& body);
  bool operator==(const Role&) const = default;
};

struct Resource {
  std::string id, identifier, name, principal;  // principal: the agent or application that is this resource
  std::vector<ScopeDefinition> scopes;
  Seconds token_lifetime{300};
  std::string algorithm = "ES256";
  enum class Format { jwt, opaque } format = Format::jwt;
  int delegation_depth_max = 4;
  bool sender_constrained_tokens_required = false;
  bool built_in = false;  // Deputy's own API
  std::string acr;        // for all its scopes
  std::optional<Seconds> max_age;
  std::vector<DetailType> detail_types;  // of authorization_details (RFC 9396)
  Role needs;  // what the agent that is this resource draws further on, at other resources

  static std::optional<Resource> from(std::string_view id, const json::object& body);
  bool defines(std::string_view scope) const;
  const DetailType* detail_type(std::string_view type) const;  // null: it registers none of that name
};

// "booking:*" covers "booking:read" and "booking:read:own", not "booking"; "*" covers all; else equality.
bool covers(std::string_view pattern, std::string_view scope);

// The scopes of `resource` that these permissions give: patterns and hierarchy resolved against what it defines.
oauth::ScopeSet scopes_given(const Resource& resource, const std::vector<const Role*>& roles);

}  // namespace deputy::directory
