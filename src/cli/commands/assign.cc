// deputy assign|unassign ROLE PRINCIPAL: who holds a role, for itself or for others it acts for.
#include <fmt/format.h>

#include <ostream>

#include "cli/commands/all.h"
#include "cli/commands/delegation.h"
#include "cli/lookup.h"
#include "cli/session.h"
#include "client/refusal.h"
#include "directory/authority.h"

namespace deputy::cli {
namespace {

constexpr Kind kPrincipals[] = {Kind::agent, Kind::user, Kind::group, Kind::application};

// What both commands name: the assignment as a document.
Result<json::object, Failure> named(client::Api& api, const Line& line) {
  TRY(const std::string role, find(api, Kind::role, line.text("ROLE")));
  TRY(const Found principal, find(api, kPrincipals, line.text("PRINCIPAL")));
  json::object document{{"role", role}, {"principal", principal.id}, {"acts", line.has("others") ? "others" : "self"}};
  if (line.has("organization")) {
    TRY(const std::string organization, find(api, Kind::organization, line.text("organization")));
    document["organization"] = organization;
  }
  return document;
}

// Of a role's permissions, the scopes of the server's own API that are of the tenant as a whole.
std::vector<std::string_view> unbounded(const json::array& permissions, client::Api& api) {
  std::vector<std::string_view> found;
  for (const json::value& one : permissions) {
    const json::object* permission = one.if_object();
    if (permission == nullptr) continue;
    const auto resource = api.get(path_of(Kind::resource, json_text(*permission, "resource").value_or("")));
    if (!resource || !json_boolean(*resource, "built_in").value_or(false)) continue;
    for (const std::string& scope : texts_of(*permission, "scopes")) {
      const std::string_view begin = std::string_view(scope).substr(0, scope.find('*'));
      for (const auto whole : directory::whole_tenant_scopes)
        if (scope == whole || (begin.size() < scope.size() && whole.starts_with(begin))) found.push_back(whole);
    }
  }
  return found;
}

// What an organization cannot bound gives nothing there; who did not mean that is told.
void tell_of_unbounded(const json::object& assignment, client::Api& api, Session& session) {
  if (!assignment.contains("organization")) return;
  const auto role = api.get(path_of(Kind::role, *json_text(assignment, "role")));
  const auto* permissions = role ? json_member_array(*role, "permissions") : nullptr;
  if (permissions == nullptr) return;
  if (const auto scopes = unbounded(*permissions, api); !scopes.empty())
    session.err() << "deputy: note: these scopes are of the tenant as a whole, and give nothing in an organization: "
                  << fmt::format("{}", fmt::join(scopes, ", ")) << "\n";
}

Result<Done, Failure> assign(const Line& line, Session& session) {
  TRY(client::Api* const api, session.api());
  TRY(const json::object document, named(*api, line));
  TRY(const json::object made, api->post("/assignments", document));
  session.show(made);
  tell_of_unbounded(document, *api, session);
  return Done{};
}

bool matches(const json::object& wanted, const json::object& held) {
  for (const auto* name : {"role", "principal", "acts", "organization"})
    if (json_text(wanted, name).value_or("") != json_text(held, name).value_or("")) return false;
  return true;
}

Result<Done, Failure> unassign(const Line& line, Session& session) {
  TRY(client::Api* const api, session.api());
  TRY(const json::object document, named(*api, line));
  TRY(const json::array held,
      api->list("/assignments", {{"filter", equals("principal", *json_text(document, "principal"))}}));
  std::vector<std::string> ids, paths;
  for (const json::value& item : held)
    if (item.is_object() && matches(document, item.get_object()))
      ids.emplace_back(json_text(item.get_object(), "id").value_or(""));
  if (ids.empty())
    return refuse(fmt::format("{} does not hold {} in this way; see `deputy assignment list`", line.text("PRINCIPAL"),
                              line.text("ROLE")));
  for (const std::string& id : ids) paths.push_back(path_of(Kind::assignment, id));
  if (line.has("preview")) {
    for (const std::string& path : paths) {
      TRY(const Done shown, preview_removal(path, session));
    }
    return Done{};
  }
  TRY(const Done confirmed,
      session.confirm(fmt::format("Take role {} from {}?{}", client::printable(line.text("ROLE")),
                                  client::printable(line.text("PRINCIPAL")), ending_of_removals(paths, session))));
  for (const std::string& id : ids) {
    TRY(const Done removed, api->remove(path_of(Kind::assignment, id)));
    session.did("deleted", id);
  }
  return Done{};
}

}  // namespace

void add_assign(Table& table) {
  const std::vector<Argument> arguments{{"ROLE", "Its id or its name."},
                                        {"PRINCIPAL", "An id, a name, or a kind and a name: agent/travel-bot."}};
  const std::vector<Flag> flags{
      {.name = "others", .value = "", .doc = "For what it does on others' authority, not its own."},
      {.name = "organization", .value = "ORGANIZATION",
       .doc = "For a role at the server's own API: reaching this organization and those below it only."}};
  table.push_back({.words = "assign",
                   .doc = "Give a role to an agent, user, group or application.",
                   .example = "deputy assign reader agent/travel-bot",
                   .arguments = arguments,
                   .flags = flags,
                   .run = assign});
  auto taking = flags;
  taking.push_back(preview_flag());
  table.push_back({.words = "unassign",
                   .doc = "Take a role away.",
                   .example = "deputy unassign reader agent/travel-bot",
                   .arguments = arguments,
                   .flags = std::move(taking),
                   .run = unassign});
}

}  // namespace deputy::cli
