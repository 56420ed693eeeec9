// deputy login: tries a server and a client, and saves them as a profile only the user can read.
#include <fmt/format.h>

#include <filesystem>
#include <istream>
#include <ostream>

#include "cli/commands/login.h"
#include "cli/commands/token.h"
#include "cli/files.h"
#include "cli/session.h"
#include "client/refusal.h"

namespace deputy::cli {
namespace {

Result<std::string, Failure> ask_line(Session& session, const std::string& flag, const std::string& prompt) {
  const Streams& streams = session.world().streams;
  if (!streams.in_is_terminal) return misuse(fmt::format("say --{}: there is no terminal to ask at", flag));
  session.err() << prompt << std::flush;
  std::string text;
  std::getline(streams.in, text);
  if (text.empty()) return misuse("nothing was entered");
  return text;
}

// A file, the environment, the terminal without echo, or piped input; never the command line, which others can see.
Result<Secret, Failure> secret_of(const Line& line, const Profile& client, Session& session) {
  const World& world = session.world();
  if (line.has("secret-file")) return read_secret_file(line.text("secret-file"), world.streams.err);
  if (environment_is_of(client, world)) {
    if (auto secret = world.environment("DEPUTY_CLIENT_SECRET")) return Secret(*secret);
    if (auto file = world.environment("DEPUTY_CLIENT_SECRET_FILE")) return read_secret_file(*file, world.streams.err);
  }
  std::optional<Secret> secret;
  if (world.streams.in_is_terminal) {
    secret = world.ask_secret("Secret (not shown): ");
  } else {
    std::string text;
    std::getline(world.streams.in, text);
    secret = Secret(text);
  }
  if (!secret || secret->empty()) return misuse("no secret was given; enter it, pipe it in, or name --secret-file");
  return std::move(*secret);
}

// Whole: a profile is used from every folder.
std::string ca_file_of(const Line& line, const World& world) {
  const auto named = line.has("ca-file") ? line.text("ca-file") : world.environment("DEPUTY_CA_FILE").value_or("");
  std::error_code error;
  return named.empty() ? named : std::filesystem::absolute(named, error).lexically_normal().string();
}

Result<Done, Failure> login(const Line& line, Session& session) {
  const std::string name = session.profile_name().empty() ? "default" : session.profile_name();
  Profile profile;
  std::string server = line.text("server"), client_id = line.text("client-id");
  if (server.empty()) server = session.world().environment("DEPUTY_SERVER").value_or("");
  if (client_id.empty()) client_id = session.world().environment("DEPUTY_CLIENT_ID").value_or("");
  if (server.empty()) {
    TRY(std::string typed, ask_line(session, "server", "Server (issuer URL): "));
    server = std::move(typed);
  }
  TRY(std::string url, server_url(server));
  profile.server = std::move(url);
  if (client_id.empty()) {
    TRY(std::string typed, ask_line(session, "client-id", "Client id: "));
    client_id = std::move(typed);
  }
  profile.client_id = std::move(client_id);
  profile.ca_file = ca_file_of(line, session.world());
  TRY(Secret secret, secret_of(line, profile, session));
  profile.secret = std::move(secret);

  client::Api& api = session.connect(profile);
  TRY(const std::optional<std::string> scope, scope_at_own_api(api));
  TRY(const std::string path, profiles_path(session.world()));
  TRY(const FileLock lock, lock_profiles(path));
  TRY(Profiles profiles, read_profiles(path));
  if (profiles.by_name.empty() || !line.has("keep-current")) profiles.current = name;
  json::object shown{{"profile", name},
                     {"server", profile.server},
                     {"client_id", profile.client_id},
                     {"scope", scope.value_or("")},
                     {"file", path}};
  profiles.by_name[name] = std::move(profile);
  TRY(const Done written, write_profiles(path, profiles));
  session.show(shown);
  if (!scope)
    session.err() << "deputy: this client holds nothing at the server's own API; `deputy token` gets it tokens for "
                     "other resources\n";
  return Done{};
}

}  // namespace

// That it is told so means that it was let in, and an agent that only gets tokens for its work holds nothing there.
Result<std::optional<std::string>, Failure> scope_at_own_api(client::Api& api) {
  const auto token = api.token(api.issuer() + "/v1", "");
  if (token) return std::optional(std::string(json_text(token->answer, "scope").value_or("")));
  if (token.error().code == "invalid_scope") return std::optional<std::string>();
  return Fail{Failure(token.error())};
}

void add_login(Table& table) {
  table.push_back(
      {.words = "login",
       .doc = "Save a server and a client to talk to it as, once they are seen to work. The secret is asked for, or "
              "read from --secret-file, DEPUTY_CLIENT_SECRET or standard input.",
       .example = "deputy login --server https://id.example.com --client-id agt_01jd0000000000000000000000",
       .flags = {{.name = "server", .value = "URL",
                  .doc = "The issuer: https://id.example.com, or …/t/acme for a tenant."},
                 {.name = "client-id", .value = "ID", .doc = "The client to be."},
                 {.name = "secret-file", .value = "FILE", .doc = "Holds the client's secret on its first line."},
                 {.name = "ca-file", .value = "FILE", .doc = "Certificates (PEM) to trust for this server."},
                 {.name = "keep-current", .value = "", .doc = "Do not make this the profile used when none is named."}},
       .run = login});
}

}  // namespace deputy::cli
