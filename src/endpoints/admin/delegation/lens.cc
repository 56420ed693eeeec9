// Everything about a delegation that its own record does not hold is looked up here, each thing once.
#include "endpoints/admin/delegation/lens.h"

#include <utility>

#include "base/id.h"
#include "endpoints/admin/frame/records.h"
#include "oauth/scope.h"

namespace deputy::endpoints::admin {
namespace {

using delegation::Delegation;

json::array texts(const std::vector<std::string>& list) {
  json::array out;
  for (const auto& text : list) out.emplace_back(text);
  return out;
}

json::object limits_of(const delegation::Limits& limits) {
  json::object out;
  if (limits.not_after) out["not_after"] = rfc3339(*limits.not_after);
  if (limits.max_depth) out["max_depth"] = *limits.max_depth;
  if (limits.uses) out["uses"] = *limits.uses;
  return out;
}

json::array details_of(const Delegation& delegation) {
  json::array out;
  for (const auto& detail : delegation.details)
    if (auto object = parse_json_object(detail.object)) out.push_back(std::move(object).take());
  return out;
}

// Whether the caller would be shown it, and so knows that it is there, though it may not do this with it.
Result<bool, Fault> is_readable(Visit& visit, const Delegation& delegation) {
  constexpr std::string_view scope = "delegations:read";
  TRY(const auto carried, oauth::ScopeSet::parse_stored(visit.caller.scope));
  if (!carried.contains(scope)) return false;
  auto reach = std::exchange(visit.reach, reach_of(visit.caller, visit.call, visit.app, scope));
  auto readable = Lens(visit).in_reach(delegation);
  visit.reach = std::move(reach);
  return readable;
}

}  // namespace

bool reaches_principal(const Visit& visit, const directory::Principal& principal) {
  std::string owner;
  if (principal.kind == Kind::agent) owner = principal.owner;
  if (principal.kind == Kind::user) owner = principal.id;
  return in_reach(visit, {.owner = std::move(owner), .organization = principal.organization});
}

Result<const Lens::Seen*, Fault> Lens::principal(const std::string& id) {
  const auto [at, fresh] = principals_.try_emplace(id);
  if (!fresh) return &at->second;
  TRY(auto found, visit_.app.directory.principal(visit_.call.tenant, id));
  if (found != nullptr)
    at->second = {.name = found->name,
                  .active = found->state(visit_.call.now) == directory::State::active,
                  .in_reach = reaches_principal(visit_, *found)};
  return &at->second;
}

Result<std::string, Fault> Lens::name_of(const std::string& id) {
  TRY(const auto* seen, principal(id));
  return seen->name;
}

Result<bool, Fault> Lens::in_reach(const Delegation& delegation) {
  if (visit_.reach.all()) return true;
  TRY(const auto* subject, principal(delegation.subject));
  TRY(const auto* actor, principal(delegation.actor));
  return subject->in_reach || actor->in_reach;
}

Result<bool, Fault> Lens::reaches(const std::string& id) {
  if (visit_.reach.all()) return true;
  TRY(const auto* seen, principal(id));
  return seen->in_reach;
}

Result<bool, Fault> Lens::dead(const std::string& id) {
  const auto known = dead_.find(id);
  if (known != dead_.end()) return known->second;
  TRY(auto found, visit_.app.store.delegation(visit_.call.tenant, id));
  if (!found) return Fail{Fault{Fault::Kind::corrupt, "a delegation's ancestor is not in the store"}};
  return dead_[id] = delegation::is_dead(*found, visit_.call.now);
}

Result<bool, Fault> Lens::ancestor_dead(const Delegation& delegation) {
  for (const auto& id : delegation.path) {
    if (id == delegation.id) break;
    TRY(const bool gone, dead(id));
    if (gone) return true;
  }
  return false;
}

Result<bool, Fault> Lens::everybody_active(const Delegation& delegation) {
  auto all = delegation.chain;
  all.push_back(delegation.subject);
  all.push_back(delegation.actor);
  for (const auto& id : all) {
    TRY(const auto* seen, principal(id));
    if (!seen->active) return false;
  }
  return delegation.issuer.empty() ? true : issuer_active(delegation.issuer);
}

Result<bool, Fault> Lens::issuer_active(const std::string& id) {
  const auto known = issuers_.find(id);
  if (known != issuers_.end()) return known->second;
  TRY(const auto gives, visit_.app.trusted_issuers.gives(visit_.call.tenant, id));
  return issuers_[id] = gives.has_value();
}

Result<std::string, Fault> Lens::identifier_of(const std::string& id) {
  const auto [at, fresh] = identifiers_.try_emplace(id);
  if (!fresh) return at->second;
  TRY(auto resource, visit_.app.directory.resource_by_id(visit_.call.tenant, id));
  if (resource != nullptr) at->second = resource->identifier;
  return at->second;
}

// Pairs of one resource, and onward for one agent, together.
Result<json::array, Fault> Lens::authority_of(const Delegation& delegation) {
  std::map<std::pair<std::string, std::string>, oauth::ScopeSet> together;  // onward, resource
  for (const auto& pair : delegation.authority) together[{pair.onward, pair.resource}].add(pair.scope);
  json::array out;
  for (const auto& [key, scopes] : together) {
    TRY(const auto identifier, identifier_of(key.second));
    json::object one{{"resource", key.second}, {"scope", scopes.text()}};
    if (!identifier.empty()) one["identifier"] = identifier;
    if (!key.first.empty()) one["onward"] = key.first;
    out.push_back(std::move(one));
  }
  return out;
}

Result<json::object, Fault> Lens::document_of(const Delegation& one, Above above) {
  const auto now = visit_.call.now;
  TRY(const bool active, everybody_active(one));
  TRY(auto authority, authority_of(one));
  TRY(const auto subject_name, name_of(one.subject));
  TRY(const auto actor_name, name_of(one.actor));
  const auto state =
      delegation::state_of(one, {.ancestor_dead = above == Above::dead, .everybody_active = active}, now);
  json::object document{{"id", one.id},
                        {"state", delegation::name_of(state)},
                        {"subject", one.subject},
                        {"subject_name", subject_name},
                        {"actor", one.actor},
                        {"actor_name", actor_name},
                        {"chain", texts(one.chain)},
                        {"path", texts(one.path)},
                        {"authority", std::move(authority)},
                        {"limits", limits_of(one.limits)},
                        {"origin", delegation::name_of(one.origin)},
                        {"created_at", rfc3339(one.created_at)},
                        {"uses", one.uses},
                        {"live_tokens_max", delegation::tokens_live_max(one, now)}};
  if (!one.details.empty()) document["authorization_details"] = details_of(one);
  if (!one.issuer.empty()) document["trusted_issuer"] = one.issuer;
  if (!one.parent.empty()) document["parent"] = one.parent;
  if (one.used_at) document["last_used_at"] = rfc3339(*one.used_at);
  if (one.live_until) document["live_until"] = rfc3339(*one.live_until);
  if (one.revoked_at) document["revoked_at"] = rfc3339(*one.revoked_at);
  if (one.revoked_at) document["reason"] = one.reason;
  return document;
}

Result<json::object, Fault> Lens::document_of(const Delegation& one) {
  TRY(const bool dead_above, ancestor_dead(one));
  return document_of(one, dead_above ? Above::dead : Above::alive);
}

Result<Delegation, Problem> find_delegation(Visit& visit, Lens& lens, std::string_view id) {
  if (!is_id("dlg", id)) return Fail{no_such_record("not a delegation's id")};
  visit.about.event.target = id;
  TRY(auto found, visit.app.store.delegation(visit.call.tenant, id));
  if (!found) return Fail{no_such_record("no such delegation")};
  TRY(const bool reached, lens.in_reach(*found));
  if (reached) return std::move(*found);
  TRY(const bool readable, is_readable(visit, *found));
  return Fail{readable ? not_with_this_record() : no_such_record("out of reach")};
}

}  // namespace deputy::endpoints::admin
