// deputy agent create NAME --owner X: registers an agent, gives it what it may do, and shows its secret once.
#include <fmt/format.h>

#include <ostream>

#include "cli/commands/agent.h"
#include "cli/commands/credential.h"
#include "cli/fields.h"
#include "cli/times.h"
#include "client/refusal.h"
#include "directory/check_value.h"

namespace deputy::cli {
namespace {

// All that the line names, resolved before anything is made: a wrong name leaves nothing half done.
struct Plan {
  json::object agent;
  std::vector<std::string> roles;  // ids
  json::array permissions;         // for a role of its own
  bool credential = true;
  bool wants_key = false;  // before it can do anything
  json::object secret{{"type", "secret"}};
  SecretFile secret_file;
};

json::array tokens_of(const std::string& scope) {
  json::array tokens;
  for (std::size_t from = 0; from < scope.size();) {
    const auto end = std::min(scope.find(' ', from), scope.size());
    if (end > from) tokens.emplace_back(scope.substr(from, end - from));
    from = end + 1;
  }
  return tokens;
}

// By the server's own rules: what it refuses once the agent is there leaves one without a credential.
Result<Done, Failure> plan_credential(const Line& line, const json::object& agent, const World& world, Plan& plan) {
  const bool is_public = json_boolean(agent, "public").value_or(false);  // RFC 6749 §2.1: it can keep no secret
  const bool proves_a_key = json_text(agent, "profile") == "fapi2";      // FAPI 2.0 §5.3.2.1
  plan.credential = !line.has("no-credential") && !is_public && !proves_a_key;
  plan.wants_key = proves_a_key;
  if (!plan.credential &&
      (line.has("credential-label") || line.has("credential-expires") || line.has("secret-file")))
    return misuse(fmt::format("{} no secret to label, to end or to write",
                              is_public      ? "a public agent has"
                              : proves_a_key ? "an agent of the profile fapi2 has"
                                             : "--no-credential leaves"));
  if (line.has("credential-label")) plan.secret["label"] = line.text("credential-label");
  const auto checked = directory::check_new(directory::noun(Kind::credential), plan.secret);
  if (!checked) return misuse("--credential-label " + checked.error().sentence);
  return add_expiry(line, "credential-expires", world, plan.secret);
}

Result<Plan, Failure> plan_of(const Line& line, Session& session) {
  const auto resources = line.all("resource"), scopes = line.all("scope");
  if (resources.size() != scopes.size()) return misuse("say --scope once after each --resource");
  TRY(SecretFile secret_file, make_secret_file(line));
  TRY(client::Api* const api, session.api());
  TRY(json::object document, document_of(directory::noun(Kind::agent), Act::create, line, session));
  document["name"] = line.text("NAME");
  Plan plan;
  plan.secret_file = std::move(secret_file);
  TRY(const Done credential, plan_credential(line, document, session.world(), plan));
  TRY(json::object resolved, resolve_references(directory::noun(Kind::agent), std::move(document), session));
  plan.agent = std::move(resolved);
  TRY(const Done no_secrets, refuse_typed_credentials(line, json_text(plan.agent, "type").value_or(""), session));
  for (const std::string& role : line.all("role")) {
    TRY(std::string id, find(*api, Kind::role, role));
    plan.roles.push_back(std::move(id));
  }
  for (std::size_t i = 0; i < resources.size(); ++i) {
    const json::array tokens = tokens_of(scopes[i]);
    if (tokens.empty()) return misuse("--scope must name at least one scope");
    TRY(const std::string id, find(*api, Kind::resource, resources[i]));
    plan.permissions.push_back(json::object{{"resource", id}, {"scopes", tokens}});
  }
  if (const auto missing = undefined_scopes(plan.permissions, *api); !missing.empty())
    return refuse(fmt::format("there is no scope {}; see `deputy resource get`", fmt::join(missing, ", or ")));
  return plan;
}

// The agent is there: what fails from here on says so, and what was left undone. The same command again would make
// another.
Failure half_done(const std::string& id, std::string_view undone, const client::Refusal& why) {
  auto failure = Failure(why).told_as(fmt::format("agent {} was made, but {}: {}", id, undone, why.sentence));
  failure.exit = Exit::refused;
  return failure;
}

bool may_be_a_roles(const std::string& name) {
  const auto* field = directory::noun(Kind::role).field("name");
  return !directory::check_value(*field, json::value(name), "name");
}

// By the agent's name. Another agent of that name may have such a role, and a name may be too long for a role's: by
// its id then, which is nobody else's.
Result<json::object, client::Refusal> make_own_role(client::Api& api, const json::array& permissions,
                                                    const std::string& id, const std::string& name) {
  if (const auto called = name_of_own_role(name); may_be_a_roles(called)) {
    auto role = api.post("/roles", {{"name", called}, {"permissions", permissions}});
    if (role || role.error().status != 409) return role;
  }
  return api.post("/roles", {{"name", name_of_own_role(id)}, {"permissions", permissions}});
}

Result<Done, Failure> give_roles(client::Api& api, Plan& plan, const std::string& id, const std::string& name) {
  if (!plan.permissions.empty()) {
    const auto role = make_own_role(api, plan.permissions, id, name);
    if (!role) return Fail{half_done(id, "its role was not", role.error())};
    plan.roles.emplace_back(json_text(*role, "id").value_or(""));
  }
  for (const std::string& role : plan.roles) {
    const auto made = api.post("/assignments", {{"role", role}, {"principal", id}, {"acts", "self"}});
    if (!made) return Fail{half_done(id, fmt::format("role {} was not assigned", role), made.error())};
  }
  return Done{};
}

Result<Done, Failure> create(const Line& line, Session& session) {
  TRY(Plan plan, plan_of(line, session));
  TRY(client::Api* const api, session.api());
  TRY(const json::object agent, api->post("/agents", plan.agent));
  const std::string id(json_text(agent, "id").value_or(""));
  TRY(const Done given, give_roles(*api, plan, id, line.text("NAME")));
  if (!plan.credential) {
    session.show(agent);
    if (plan.wants_key)
      session.err() << "deputy: note: it has no secret, for the profile fapi2 has none; give it keys with `deputy "
                       "credential create " << id << " --jwks FILE`\n";
    return Done{};
  }
  const auto made = api->post(credentials_path({Kind::agent, id}), plan.secret);
  if (!made) return Fail{half_done(id, "it has no credential yet (`deputy credential create`)", made.error())};
  json::object shown{{"id", id},
                     {"name", line.text("NAME")},
                     {"client_id", client_id_of(agent)},
                     {"credential", json_text(*made, "id").value_or("")},
                     {"secret", json_text(*made, "secret").value_or("")}};
  if (const auto until = json_text(*made, "expires_at")) shown["expires_at"] = *until;
  const std::string lost = if_lost(id, client::printable(text_of(*made, "id")));
  return show_with_secret(session, std::move(shown), std::move(plan.secret_file), lost);
}

}  // namespace

std::string name_of_own_role(std::string_view agent) { return std::string(kOwnRole) + std::string(agent); }

Command agent_create_command() {
  std::vector<Flag> flags = flags_of(directory::noun(Kind::agent), Act::create);
  for (Flag& flag : flags)
    if (flag.name == "owner") flag.need = Flag::Need::required;
  const std::vector<Flag> more{
      {.name = "resource", .value = "URI", .doc = "A resource it may use; say --scope after each.",
       .times = Flag::Times::many},
      {.name = "scope", .value = "SCOPES", .doc = "What it may ask of that resource, with spaces between.",
       .times = Flag::Times::many},
      {.name = "role", .value = "ROLE", .doc = "A role it gets, for acting as itself.", .times = Flag::Times::many},
      {.name = "credential-label", .value = "TEXT", .doc = "What its secret is for."},
      {.name = "credential-expires", .value = "WHEN", .doc = "When its secret stops: 90d, or an instant."},
      {.name = "no-credential", .value = "",
       .doc = "Make no secret. A public agent, and one of the profile fapi2, gets none anyway."},
      secret_file_flag()};
  flags.insert(flags.end(), more.begin(), more.end());
  return {.words = "agent create",
          .doc = "Register an agent. Its client_id and secret are shown once.",
          .example = "deputy agent create travel-bot --owner user/alice --resource https://booking.example "
                     "--scope \"booking:read booking:write\"",
          .arguments = {{"NAME", "What it is to be known by."}},
          .flags = std::move(flags),
          .run = create};
}

}  // namespace deputy::cli
