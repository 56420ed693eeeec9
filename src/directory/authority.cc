// Roles against resources: what is held, and what is left of what was asked.
#include "directory/authority.h"

#include <algorithm>

#include "base/visible.h"

namespace deputy::directory {
namespace {

std::optional<Seconds> age_of(const json::object& body) {
  const auto seconds = json_integer(body, "max_age_s");
  return seconds ? std::optional(Seconds(*seconds)) : std::nullopt;
}

// A scope is held when a pattern covers it, or when its parent is held.
bool held(const Resource& resource, const ScopeDefinition& scope, const std::vector<std::string_view>& patterns,
          std::size_t depth = 0) {
  const auto covering = [&](std::string_view pattern) { return covers(pattern, scope.name); };
  if (std::any_of(patterns.begin(), patterns.end(), covering)) return true;
  if (scope.parent.empty() || depth > resource.scopes.size()) return false;  // a cycle, which the writer refuses
  for (const auto& other : resource.scopes)
    if (other.name == scope.parent) return held(resource, other, patterns, depth + 1);
  return false;
}

}  // namespace

std::optional<Resource> Resource::from(std::string_view id, const json::object& body) {
  Resource resource;
  resource.id = id;
  resource.identifier = text_of(body, "identifier");
  resource.name = text_of(body, "name");
  if (!is_seen(resource.name)) resource.name = resource.identifier;  // A37: stored before such a name was refused
  resource.principal = text_of(body, "principal");
  if (resource.identifier.empty()) return std::nullopt;
  if (const auto* scopes = json_member_array(body, "scopes"))
    for (const auto& one : *scopes) {
      if (!one.is_object()) return std::nullopt;
      const auto& scope = one.get_object();
      // Defined twice, a scope would have two parents, and what is held would depend on which is looked at.
      if (resource.defines(text_of(scope, "name"))) return std::nullopt;
      resource.scopes.push_back({.name = text_of(scope, "name"),
                                 .description = text_of(scope, "description"),
                                 .sensitivity = std::string(json_text(scope, "sensitivity").value_or("low")),
                                 .parent = text_of(scope, "parent"),
                                 .acr = text_of(scope, "acr"),
                                 .max_age = age_of(scope)});
      if (!oauth::ScopeSet::is_token(resource.scopes.back().name)) return std::nullopt;
    }
  resource.token_lifetime = Seconds(json_integer(body, "token_lifetime_s").value_or(300));
  if (const auto algorithm = json_text(body, "algorithm")) resource.algorithm = *algorithm;
  resource.format = json_text(body, "token_format") == "opaque" ? Format::opaque : Format::jwt;
  resource.delegation_depth_max = static_cast<int>(json_integer(body, "delegation_depth_max").value_or(4));
  resource.acr = text_of(body, "acr");
  resource.max_age = age_of(body);
  resource.sender_constrained_tokens_required =
      json_boolean(body, "sender_constrained_tokens_required").value_or(false);
  resource.built_in = json_boolean(body, "built_in").value_or(false);
  if (const auto* needs = json_member_array(body, "needs"))
    resource.needs = Role::from("needs", {{"permissions", *needs}}).value_or(Role());
  if (const auto* types = json_member_array(body, "authorization_details_types"))
    for (const auto& one : *types) {
      auto type = one.is_object() ? DetailType::from(one.get_object()) : std::nullopt;
      if (!type) return std::nullopt;
      resource.detail_types.push_back(std::move(*type));
    }
  return resource;
}

bool Resource::defines(std::string_view scope) const {
  return std::any_of(scopes.begin(), scopes.end(), [&](const auto& one) { return one.name == scope; });
}

const DetailType* Resource::detail_type(std::string_view type) const {
  for (const auto& one : detail_types)
    if (one.type == type) return &one;
  return nullptr;
}

std::optional<Role> Role::from(std::string_view id, const json::object& body) {
  Role role{.id = std::string(id), .name = text_of(body, "name"), .permissions = {}};
  const auto* permissions = json_member_array(body, "permissions");
  if (permissions == nullptr) return std::nullopt;
  for (const auto& one : *permissions) {
    if (!one.is_object()) return std::nullopt;
    const auto& permission = one.get_object();
    role.permissions.push_back(
        {.resource = text_of(permission, "resource"), .patterns = texts_of(permission, "scopes")});
  }
  return role;
}

bool covers(std::string_view pattern, std::string_view scope) {
  if (!pattern.ends_with('*')) return pattern == scope;
  pattern.remove_suffix(1);
  return scope.starts_with(pattern) && scope.size() > pattern.size();
}

oauth::ScopeSet scopes_given(const Resource& resource, const std::vector<const Role*>& roles) {
  std::vector<std::string_view> patterns;
  for (const auto* role : roles)
    for (const auto& permission : role->permissions)
      if (permission.resource == resource.id)
        patterns.insert(patterns.end(), permission.patterns.begin(), permission.patterns.end());
  oauth::ScopeSet given;
  for (const auto& scope : resource.scopes)
    if (held(resource, scope, patterns)) given.add(scope.name);
  return given;
}

}  // namespace deputy::directory
