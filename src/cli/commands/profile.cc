// deputy whoami|logout|profile list|profile use: who is acted as, and the profiles that say so.
#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "cli/commands/all.h"
#include "cli/commands/login.h"
#include "cli/lookup.h"
#include "cli/names.h"
#include "cli/session.h"
#include "client/refusal.h"

namespace deputy::cli {
namespace {

constexpr Kind kClients[] = {Kind::agent, Kind::application, Kind::user};

// {origin}/t/{tenant} is another tenant's issuer than the default one's.
std::string tenant_of(const std::string& issuer) {
  const auto path = issuer.find('/', issuer.find("://") + 3);
  return path != std::string::npos && issuer.compare(path, 3, "/t/") == 0 ? issuer.substr(path + 3) : "default";
}

// Of what the caller may not read, nothing is said.
template <typename Answer>
Result<std::optional<Answer>, Failure> if_readable(Result<Answer, client::Refusal> answer) {
  if (answer) return std::optional(std::move(answer).take());
  if (answer.error().status == 403 || answer.error().status == 404) return std::optional<Answer>();
  return Fail{Failure(answer.error())};
}

// The client's own record; where it may not be read, what its client_id says of it: an id, unless it was imported.
Result<json::object, Failure> principal_of(client::Api& api, const std::string& client_id) {
  const auto kind = directory::kind_of_id(client_id);
  if (kind && std::find(std::begin(kClients), std::end(kClients), *kind) != std::end(kClients)) {
    TRY(const auto record, if_readable(api.get(path_of(*kind, client_id))));
    return record.value_or(json::object{{"id", client_id}});
  }
  for (const Kind imported : {Kind::agent, Kind::application}) {
    TRY(const auto found, if_readable(api.list(path_of(imported), {{"filter", equals("client_id", client_id)}})));
    if (found && found->size() == 1 && found->front().is_object()) return found->front().get_object();
  }
  return json::object();
}

// "role/reader within organization/acme": a role that the principal was given itself, and not by way of a group.
json::array roles_in_words(const json::array& assignments, client::Api& api) {
  std::vector<std::string> ids;
  for (const json::value& item : assignments)
    for (const auto* field : {"role", "organization"})
      if (item.is_object() && item.get_object().contains(field)) ids.push_back(text_of(item.get_object(), field));
  Names names(api);
  names.learn(ids);
  json::array roles;
  for (const json::value& item : assignments) {
    if (!item.is_object()) continue;
    std::string role = names.of(text_of(item.get_object(), "role"));
    if (json_text(item.get_object(), "acts") == "others") role += " for others";
    if (const auto organization = json_text(item.get_object(), "organization"))
      role += " within " + names.of(*organization);
    roles.emplace_back(role);
  }
  return roles;
}

Result<Done, Failure> add_principal(json::object& shown, client::Api& api, Format format) {
  TRY(const json::object principal, principal_of(api, text_of(shown, "client_id")));
  const std::string id = text_of(principal, "id");
  if (id.empty()) return Done{};
  shown["principal"] = id;
  for (const auto* field : {"name", "username", "state", "owner", "organization"})
    if (const auto text = json_text(principal, field)) shown[field] = *text;
  TRY(const auto assignments, if_readable(api.list("/assignments", {{"filter", equals("principal", id)}})));
  if (!assignments || assignments->empty()) return Done{};
  if (format == Format::table) {
    shown["roles"] = roles_in_words(*assignments, api);
    return Done{};
  }
  json::array roles;
  for (const json::value& item : *assignments) {
    json::object role;
    for (const auto* field : {"role", "acts", "organization"})
      if (const auto text = item.is_object() ? json_text(item.get_object(), field) : std::nullopt) role[field] = *text;
    roles.push_back(std::move(role));
  }
  shown["roles"] = std::move(roles);
  return Done{};
}

Result<Done, Failure> whoami(const Line&, Session& session) {
  TRY(const Profile profile, choose_profile(session.world(), session.profile_name()));
  client::Api& api = session.connect(profile);
  TRY(const std::optional<std::string> scope, scope_at_own_api(api));
  json::object shown;
  if (!profile.name.empty()) shown["profile"] = profile.name;
  shown["server"] = profile.server;
  shown["tenant"] = tenant_of(profile.server);
  shown["client_id"] = profile.client_id;
  if (scope) {
    TRY(const Done known, add_principal(shown, api, session.format()));
  } else if (directory::kind_of_id(profile.client_id)) {
    shown["principal"] = profile.client_id;
  }
  shown["scope"] = scope.value_or("");
  session.show(shown);
  if (!scope) session.err() << "deputy: note: this client holds nothing at the server's own API\n";
  return Done{};
}

Result<Done, Failure> logout(const Line&, Session& session) {
  const World& world = session.world();
  TRY(const std::string path, profiles_path(world));
  TRY(const Profiles seen, read_profiles(path));
  const std::string name = profile_meant(world, session.profile_name(), seen);
  const auto found = seen.by_name.find(name);
  if (found == seen.by_name.end()) return no_profile(name, seen);
  const Profile& profile = found->second;
  TRY(const Done confirmed,
      session.confirm(fmt::format("Forget the profile {} and the secret of {} at {}?", client::printable(name),
                                  client::printable(profile.client_id), client::printable(profile.server))));
  TRY(const FileLock lock, lock_profiles(path));
  TRY(Profiles profiles, read_profiles(path));
  const auto now = profiles.by_name.find(name);
  if (now == profiles.by_name.end()) return no_profile(name, profiles);
  if (now->second.server != profile.server || now->second.client_id != profile.client_id)
    return misuse("the profile became another's while the question stood: ask again");
  profiles.by_name.erase(now);
  if (profiles.current == name) profiles.current.clear();
  TRY(const Done written, write_profiles(path, profiles));
  session.did("removed", client::printable(name));
  session.err() << "deputy: note: the secret is kept here no more, and opens the server as before; `deputy credential "
                   "revoke` ends it\n";
  if (world.environment("DEPUTY_CLIENT_SECRET") || world.environment("DEPUTY_CLIENT_SECRET_FILE"))
    session.err() << "deputy: note: the environment still names a client and its secret, and is used\n";
  return Done{};
}

Result<Done, Failure> list(const Line&, Session& session) {
  TRY(const std::string path, profiles_path(session.world()));
  TRY(const Profiles profiles, read_profiles(path));
  const json::value no = session.format() == Format::table ? json::value(nullptr) : json::value(false);
  json::array items;
  for (const auto& [name, profile] : profiles.by_name)
    items.push_back({{"name", name},
                     {"server", profile.server},
                     {"client_id", profile.client_id},
                     {"current", name == profiles.current ? json::value(true) : no}});
  session.show(items, {"name", "server", "client_id", "current"});
  return Done{};
}

Result<Done, Failure> use(const Line& line, Session& session) {
  const World& world = session.world();
  TRY(const std::string path, profiles_path(world));
  TRY(const FileLock lock, lock_profiles(path));
  TRY(Profiles profiles, read_profiles(path));
  const std::string name = line.text("NAME");
  const auto found = profiles.by_name.find(name);
  if (found == profiles.by_name.end()) return no_profile(name, profiles);
  profiles.current = name;
  TRY(const Done written, write_profiles(path, profiles));
  session.show(json::object{{"profile", name},
                            {"server", found->second.server},
                            {"client_id", found->second.client_id}});
  for (const auto* variable : {"DEPUTY_PROFILE", "DEPUTY_SERVER", "DEPUTY_CLIENT_ID"})
    if (world.environment(variable)) {
      session.err() << fmt::format("deputy: note: {} is set, and goes before what is saved\n", variable);
      break;
    }
  return Done{};
}

}  // namespace

void add_profile(Table& table) {
  table.push_back({.words = "logout",
                   .doc = "Forget a profile and the secret in it: the one that --profile names, or the current one. "
                          "The server takes the secret until it is revoked there.",
                   .example = "deputy logout --profile staging",
                   .run = logout});
  table.push_back({.words = "whoami",
                   .doc = "Show who these commands act as: the server, the tenant, the client, and what it holds at "
                          "the server's own API.",
                   .example = "deputy whoami",
                   .run = whoami});
  table.push_back({.words = "profile list",
                   .doc = "List the saved profiles, and which is used when none is named; never their secrets.",
                   .example = "deputy profile list",
                   .run = list});
  table.push_back({.words = "profile use",
                   .doc = "Make a saved profile the one that is used when none is named.",
                   .example = "deputy profile use staging",
                   .arguments = {{.name = "NAME", .doc = "Its name, as `deputy profile list` shows it."}},
                   .run = use});
}

}  // namespace deputy::cli
