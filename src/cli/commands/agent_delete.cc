// deputy agent delete AGENT: removes a revoked agent, what it was given, and the role that `create` made for it.
#include <fmt/format.h>

#include <map>

#include "base/id.h"
#include "cli/commands/agent.h"
#include "cli/commands/delegation.h"
#include "cli/commands/noun.h"
#include "cli/session.h"
#include "client/refusal.h"

namespace deputy::cli {
namespace {

std::string text(const json::object& object, std::string_view name) {
  return std::string(json_text(object, name).value_or(""));
}

// What goes with the agent: ids.
struct Given {
  std::vector<std::string> assignments;
  std::map<std::string, std::string> own_roles;  // their names, by id: what nobody else has
};

bool not_shown(const client::Refusal& why) { return why.status == 403 || why.status == 404; }

// Did `create` make the role with this agent? It is called by the name that the agent had then, perhaps another one
// now, and people call roles so, too: it is told by when it was made, which ids say.
bool is_made_with(const std::string& agent, const std::string& role, const std::string& role_name) {
  if (!role_name.starts_with(kOwnRole)) return false;
  const auto a = id_uuid(agent), r = id_uuid(role);
  constexpr std::uint64_t longest_ms = 60'000;  // between the two requests
  return a && r && (r->high >> 16) >= (a->high >> 16) && (r->high >> 16) - (a->high >> 16) <= longest_ms;
}

// The name of the role that `create` made, where nobody but this agent holds it; else empty. Who may not see it leaves
// it.
Result<std::string, client::Refusal> own_role(client::Api& api, const std::string& agent, const std::string& role,
                                              std::size_t held) {
  const auto document = api.get(path_of(Kind::role, role));
  if (!document && not_shown(document.error())) return std::string();
  if (!document) return Fail{document.error()};
  std::string name = text(*document, "name");
  if (!is_made_with(agent, role, name)) return std::string();
  TRY(const json::array all, api.list(path_of(Kind::assignment), {{"filter", equals("role", role)}}));
  return all.size() == held ? name : std::string();
}

Result<Given, client::Refusal> given_to(client::Api& api, const std::string& id) {
  Given given;
  // Who may see no assignments may still delete an agent without any: of another the server says what refers to it.
  const auto held = api.list(path_of(Kind::assignment), {{"filter", equals("principal", id)}});
  if (!held && not_shown(held.error())) return given;
  if (!held) return Fail{held.error()};
  std::map<std::string, std::size_t> roles;  // how often it holds each
  for (const json::value& item : *held) {
    if (!item.is_object()) continue;
    given.assignments.push_back(text(item.get_object(), "id"));
    ++roles[text(item.get_object(), "role")];
  }
  for (const auto& [role, times] : roles) {
    TRY(std::string name, own_role(api, id, role, times));
    if (!name.empty()) given.own_roles.emplace(role, std::move(name));
  }
  return given;
}

std::string question(const std::string& id, const std::string& name, const Given& given) {
  std::string more;
  if (given.assignments.size() == 1) more = " Its assignment goes with it";
  if (given.assignments.size() > 1) more = fmt::format(" Its {} assignments go with it", given.assignments.size());
  for (const auto& [role, called] : given.own_roles) more += fmt::format(", and role {}", client::printable(called));
  return fmt::format("Delete agent {} ({})?{}", client::printable(name), id, more.empty() ? more : more + ".");
}

Result<Done, Failure> remove_role(client::Api& api, const std::string& role, const std::string& agent,
                                  Session& session) {
  const auto gone = api.remove(path_of(Kind::role, role));
  if (!gone && gone.error().status != 409) {
    auto failure = Failure(gone.error()).told_as(fmt::format("{} is deleted, but its role {} is not: {}; delete that "
                                                             "with `deputy role delete {}`",
                                                             agent, role, gone.error().sentence, role));
    failure.exit = Exit::refused;  // the same command again finds no agent
    return Fail{std::move(failure)};
  }
  if (gone) session.did("deleted", role);
  else session.say("something else uses, so there still is, " + role);
  return Done{};
}

Result<Done, Failure> remove(const Line& line, Session& session) {
  TRY(client::Api* const api, session.api());
  TRY(const json::object agent, read(*api, Kind::agent, line.text("AGENT")));
  const std::string id = text(agent, "id"), name = text(agent, "name"), path = path_of(Kind::agent, id);
  if (line.has("preview")) {
    TRY(const Given goes_first, given_to(*api, id));
    return preview_removal(path, session, goes_first.assignments.empty() ? "" : "in_use");
  }
  Given given;
  if (text(agent, "state") == "revoked") {  // another is not deleted, and keeps what it has
    TRY(Given found, given_to(*api, id));
    given = std::move(found);
  }
  TRY(const Done confirmed, session.confirm(question(id, name, given) + ending_of_removal(path, session)));
  for (const std::string& assignment : given.assignments) {
    TRY(const Done taken, api->remove(path_of(Kind::assignment, assignment)));
    session.did("deleted", assignment);
  }
  TRY(const Done removed, api->remove(path));
  session.did("deleted", id);
  for (const auto& [role, called] : given.own_roles) {
    TRY(const Done gone, remove_role(*api, role, id, session));
  }
  return Done{};
}

}  // namespace

Command agent_delete_command() {
  return {.words = "agent delete",
          .doc = "Delete an agent, its assignments, and the role that create made for it. Revoke it first.",
          .example = "deputy agent delete travel-bot",
          .arguments = {{"AGENT", std::string(named_by(Kind::agent))}},
          .flags = {preview_flag()},
          .run = remove};
}

}  // namespace deputy::cli
