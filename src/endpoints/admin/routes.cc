// All of /v1, as one table: the nouns' routes, and those of the special resources.
#include "endpoints/routes.h"

#include "endpoints/admin/access.h"
#include "endpoints/admin/agent.h"
#include "endpoints/admin/audit/audit.h"
#include "endpoints/admin/credential.h"
#include "endpoints/admin/delegation/delegation.h"
#include "endpoints/admin/delegation/explain.h"
#include "endpoints/admin/delegation/tree.h"
#include "endpoints/admin/event.h"
#include "endpoints/admin/frame/records.h"
#include "endpoints/admin/group.h"
#include "endpoints/admin/key.h"
#include "endpoints/admin/revocation/revocation.h"
#include "endpoints/admin/sign_in/authenticator.h"
#include "endpoints/admin/tenant.h"

namespace deputy::endpoints {
namespace {

using namespace admin;

template <Kind kind, auto step>
Outcome of(Visit& visit) {
  return step(visit, kind);
}

// "agent.create" by "agents:write".
template <Kind kind>
Deed reading(std::string_view verb) {
  return {std::string(directory::row(kind).name).append(".").append(verb), read_scope(kind)};
}
constexpr auto none = Deed::Preview::none, known = Deed::Preview::known;
template <Kind kind>
Deed writing(std::string_view verb, Deed::Preview preview = none) {
  return {std::string(directory::row(kind).name).append(".").append(verb), write_scope(kind), preview};
}
// Where tokens die with a change or a deletion, it may be asked which.
constexpr Deed::Preview preview_of_records(Kind kind) {
  const bool ends_nothing = kind == Kind::agent_type || kind == Kind::group || kind == Kind::organization;
  return ends_nothing ? none : known;
}

template <Kind kind>
Answer list(const Call& call, App& app) {
  return enter(call, app, reading<kind>("list"), of<kind, list_records>);
}
template <Kind kind>
Answer create(const Call& call, App& app) {
  return enter(call, app, writing<kind>("create"), of<kind, create_record>);
}
template <Kind kind>
Answer read(const Call& call, App& app) {
  return enter(call, app, reading<kind>("read"), of<kind, read_record>);
}
template <Kind kind>
Answer update(const Call& call, App& app) {
  return enter(call, app, writing<kind>("update", preview_of_records(kind)), of<kind, update_record>);
}
template <Kind kind>
Answer remove(const Call& call, App& app) {
  return enter(call, app, writing<kind>("delete", preview_of_records(kind)), of<kind, delete_record>);
}

template <Kind kind>
Answer access(const Call& call, App& app) {
  return enter(call, app, reading<kind>("access"), of<kind, access_of>);
}

// The credentials of any principal are made with one scope, and seen with the principal's own.
template <Kind kind, auto step>
Answer see_credentials(const Call& call, App& app) {
  return enter(call, app, {"credential.read", read_scope(kind)}, of<kind, step>);
}
constexpr char created[] = "credential.create", updated[] = "credential.update", rotated[] = "credential.rotate",
               deleted[] = "credential.delete";
template <Kind kind, auto step, const char* action>
Answer write_credentials(const Call& call, App& app) {
  return enter(call, app, {action, "credentials:write"}, of<kind, step>);
}

Answer suspend(const Call& call, App& app) {
  return enter(call, app, writing<Kind::agent>("suspend", known), suspend_agent);
}
Answer resume(const Call& call, App& app) {
  return enter(call, app, writing<Kind::agent>("resume", known), resume_agent);
}
Answer revoke(const Call& call, App& app) {
  return enter(call, app, writing<Kind::agent>("revoke", known), revoke_agent);
}
Answer transfer(const Call& call, App& app) {
  return enter(call, app, writing<Kind::agent>("transfer", known), transfer_agent);
}
Answer owners(const Call& call, App& app) { return enter(call, app, reading<Kind::agent>("owners"), owners_of_agent); }
Answer members(const Call& call, App& app) { return enter(call, app, reading<Kind::group>("members"), list_members); }
Answer join(const Call& call, App& app) { return enter(call, app, writing<Kind::group>("member_add"), add_member); }
Answer leave(const Call& call, App& app) {
  return enter(call, app, writing<Kind::group>("member_remove", known), remove_member);
}
Answer keys(const Call& call, App& app) { return enter(call, app, reading<Kind::key>("list"), list_keys); }
Answer rotate(const Call& call, App& app) { return enter_apart(call, app, writing<Kind::key>("rotate"), rotate_key); }
Answer compromised(const Call& call, App& app) {
  const auto at = names_rsa_key(call, app) ? enter_apart : enter;
  return at(call, app, writing<Kind::key>("compromised", known), compromised_key);
}
Answer tenants(const Call& call, App& app) { return enter(call, app, reading<Kind::tenant>("list"), list_tenants); }
Answer tenant(const Call& call, App& app) { return enter(call, app, reading<Kind::tenant>("read"), read_tenant); }
Answer tenant_made(const Call& call, App& app) {
  return enter_apart(call, app, writing<Kind::tenant>("create"), create_tenant);
}
Answer tenant_changed(const Call& call, App& app) {
  return enter(call, app, writing<Kind::tenant>("update"), update_tenant);
}
Answer authenticators(const Call& call, App& app) {
  return enter(call, app, {"authenticator.list", read_scope(Kind::user)}, list_authenticators);
}
Answer authenticator_deleted(const Call& call, App& app) {
  return enter(call, app, {"authenticator.delete", "credentials:write"}, delete_authenticator);
}
Answer reset_code_made(const Call& call, App& app) {
  return enter(call, app, {"reset_code.create", "credentials:write"}, create_reset_code);
}
Answer events(const Call& call, App& app) { return enter(call, app, {"event.list", "events:read"}, list_events); }
Answer event(const Call& call, App& app) { return enter(call, app, {"event.read", "events:read"}, read_event); }
constexpr std::string_view see_delegations = "delegations:read";
Answer delegations(const Call& call, App& app) {
  return enter(call, app, {"delegation.list", std::string(see_delegations)}, list_delegations);
}
Answer delegation_read(const Call& call, App& app) {
  return enter(call, app, {"delegation.read", std::string(see_delegations)}, read_delegation);
}
Answer delegation_tree(const Call& call, App& app) {
  return enter(call, app, {"delegation.tree", std::string(see_delegations)}, tree_of_delegation);
}
Answer delegation_revoked(const Call& call, App& app) {
  return enter(call, app, {"delegation.revoke", "delegations:revoke", known}, revoke_delegation);
}
Answer explained(const Call& call, App& app) {
  return enter(call, app, {"decision.explain", std::string(see_delegations)}, explain_decision);
}
Answer revocations(const Call& call, App& app) {
  return enter(call, app, {"revocation.list", std::string(revocations_scope)}, list_revocations);
}
Answer snapshot(const Call& call, App& app) {
  return enter(call, app, {"revocation.snapshot", std::string(revocations_scope)}, revocation_snapshot);
}
// A proof is about events, and takes what reading them takes.
template <auto step, const char* action>
Answer audit_of(const Call& call, App& app) {
  return enter(call, app, {action, "events:read"}, step);
}
Answer audit_key_rotated(const Call& call, App& app) {
  return enter(call, app, {"audit.key.rotate", write_scope(Kind::key)}, rotate_audit_key);
}
constexpr char checkpoint_read[] = "audit.checkpoint", key_read[] = "audit.key", inclusion_read[] = "audit.inclusion",
               consistency_read[] = "audit.consistency", exported[] = "audit.export", witnessed[] = "audit.cosign";

template <Kind kind>
constexpr std::array<Route, 5> noun_routes(std::string_view all, std::string_view one) {
  return {{{"GET", all, list<kind>, Form::none},
           {"POST", all, create<kind>, Form::json},
           {"GET", one, read<kind>, Form::none},
           {"PATCH", one, update<kind>, Form::json},
           {"DELETE", one, remove<kind>, Form::none}}};
}
template <Kind kind>
constexpr std::array<Route, 5> credential_routes(std::string_view all, std::string_view one,
                                                 std::string_view rotation) {
  return {{{"GET", all, see_credentials<kind, list_credentials>, Form::none},
           {"POST", all, write_credentials<kind, create_credential, created>, Form::json},
           {"GET", one, see_credentials<kind, read_credential>, Form::none},
           {"DELETE", one, write_credentials<kind, delete_credential, deleted>, Form::none},
           {"POST", rotation, write_credentials<kind, rotate_credential, rotated>, Form::json}}};
}

// clang-format off
constexpr std::array groups_of_five{
    noun_routes<Kind::agent>("/v1/agents", "/v1/agents/{id}"),
    noun_routes<Kind::agent_type>("/v1/agent-types", "/v1/agent-types/{id}"),
    noun_routes<Kind::user>("/v1/users", "/v1/users/{id}"),
    noun_routes<Kind::group>("/v1/groups", "/v1/groups/{id}"),
    noun_routes<Kind::application>("/v1/applications", "/v1/applications/{id}"),
    noun_routes<Kind::organization>("/v1/organizations", "/v1/organizations/{id}"),
    noun_routes<Kind::resource>("/v1/resources", "/v1/resources/{id}"),
    noun_routes<Kind::role>("/v1/roles", "/v1/roles/{id}"),
    noun_routes<Kind::trusted_issuer>("/v1/trusted-issuers", "/v1/trusted-issuers/{id}"),
    credential_routes<Kind::agent>("/v1/agents/{id}/credentials",
                                 "/v1/agents/{id}/credentials/{credential}",
                                 "/v1/agents/{id}/credentials/{credential}/rotate"),
    credential_routes<Kind::application>("/v1/applications/{id}/credentials",
                                 "/v1/applications/{id}/credentials/{credential}",
                                 "/v1/applications/{id}/credentials/{credential}/rotate"),
    credential_routes<Kind::user>("/v1/users/{id}/credentials",
                                 "/v1/users/{id}/credentials/{credential}",
                                 "/v1/users/{id}/credentials/{credential}/rotate"),
};
template <Kind kind>
constexpr Route credential_changed(std::string_view one) {
  return {"PATCH", one, write_credentials<kind, update_credential, updated>, Form::json};
}
constexpr std::array special{
    //    method    path                             endpoint        body
    credential_changed<Kind::agent>("/v1/agents/{id}/credentials/{credential}"),
    credential_changed<Kind::application>("/v1/applications/{id}/credentials/{credential}"),
    credential_changed<Kind::user>("/v1/users/{id}/credentials/{credential}"),
    Route{"POST",   "/v1/agents/{id}/suspend",       suspend,        Form::json},
    Route{"POST",   "/v1/agents/{id}/resume",        resume,         Form::json},
    Route{"POST",   "/v1/agents/{id}/revoke",        revoke,         Form::json},
    Route{"POST",   "/v1/agents/{id}/transfer",      transfer,       Form::json},
    Route{"GET",    "/v1/agents/{id}/owners",        owners,         Form::none},
    Route{"GET",    "/v1/agents/{id}/access",        access<Kind::agent>, Form::none},
    Route{"GET",    "/v1/users/{id}/access",         access<Kind::user>, Form::none},
    Route{"GET",    "/v1/applications/{id}/access",  access<Kind::application>, Form::none},
    // What an assignment gives is fixed when it is made: it is not changed.
    Route{"GET",    "/v1/assignments",               list<Kind::assignment>,   Form::none},
    Route{"POST",   "/v1/assignments",               create<Kind::assignment>, Form::json},
    Route{"GET",    "/v1/assignments/{id}",          read<Kind::assignment>,   Form::none},
    Route{"DELETE", "/v1/assignments/{id}",          remove<Kind::assignment>, Form::none},
    Route{"GET",    "/v1/groups/{id}/members",       members,        Form::none},
    Route{"POST",   "/v1/groups/{id}/members",       join,           Form::json},
    Route{"DELETE", "/v1/groups/{id}/members/{member}", leave,       Form::none},
    Route{"GET",    "/v1/users/{id}/authenticators", authenticators, Form::none},
    Route{"DELETE", "/v1/users/{id}/authenticators/{authenticator}", authenticator_deleted, Form::none},
    Route{"POST",   "/v1/users/{id}/reset-code",     reset_code_made, Form::json},
    Route{"GET",    "/v1/keys",                      keys,           Form::none},
    Route{"POST",   "/v1/keys/rotate",               rotate,         Form::json},
    Route{"POST",   "/v1/keys/{kid}/compromised",    compromised,    Form::json},
    Route{"GET",    "/v1/tenants",                   tenants,        Form::none},
    Route{"POST",   "/v1/tenants",                   tenant_made,    Form::json},
    Route{"GET",    "/v1/tenants/{id}",              tenant,         Form::none},
    Route{"PATCH",  "/v1/tenants/{id}",              tenant_changed, Form::json},
    Route{"GET",    "/v1/events",                    events,         Form::none},
    Route{"GET",    "/v1/events/{id}",               event,          Form::none},
    Route{"GET",    "/v1/delegations",               delegations,    Form::none},
    Route{"GET",    "/v1/delegations/{id}",          delegation_read, Form::none},
    Route{"GET",    "/v1/delegations/{id}/tree",     delegation_tree, Form::none},
    Route{"POST",   "/v1/delegations/{id}/revoke",   delegation_revoked, Form::json},
    Route{"POST",   "/v1/explain",                   explained,      Form::json},
    Route{"GET",    "/v1/revocations",               revocations,    Form::none},
    Route{"GET",    "/v1/audit/checkpoint",  audit_of<read_checkpoint, checkpoint_read>,     Form::none},
    Route{"GET",    "/v1/audit/key",         audit_of<read_audit_key, key_read>,             Form::none},
    Route{"POST",   "/v1/audit/key/rotate",  audit_key_rotated,                              Form::json},
    Route{"GET",    "/v1/audit/inclusion",   audit_of<prove_inclusion, inclusion_read>,      Form::none},
    Route{"GET",    "/v1/audit/consistency", audit_of<prove_consistency, consistency_read>,  Form::none},
    Route{"GET",    "/v1/audit/export",      audit_of<export_log, exported>,                 Form::none},
    Route{"POST",   "/v1/audit/cosignatures", audit_of<add_cosignature, witnessed>,          Form::json},
    Route{"GET",    "/v1/revocations/snapshot",      snapshot,       Form::none},
};
// clang-format on

constexpr auto routes = [] {
  std::array<Route, groups_of_five.size() * 5 + special.size()> all{};
  std::size_t at = 0;
  for (const auto& group : groups_of_five)
    for (const auto& route : group) all[at++] = route;
  for (const auto& route : special) all[at++] = route;
  return all;
}();

}  // namespace

std::span<const Route> admin_routes() { return routes; }

}  // namespace deputy::endpoints
