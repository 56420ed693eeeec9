// Profiles: read, written, and overruled by the environment.
#include "cli/profile.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/mistyped.h"
#include "cli/yaml.h"
#include "client/refusal.h"

namespace deputy::cli {
namespace {

// What the environment says; a secret only where it gives one.
Result<Profile, Failure> from_environment(const World& world) {
  Profile profile;
  if (const auto server = world.environment("DEPUTY_SERVER")) {
    TRY(std::string url, server_url(*server));
    profile.server = std::move(url);
  }
  profile.client_id = world.environment("DEPUTY_CLIENT_ID").value_or("");
  profile.ca_file = world.environment("DEPUTY_CA_FILE").value_or("");
  const auto secret = world.environment("DEPUTY_CLIENT_SECRET");
  const auto file = world.environment("DEPUTY_CLIENT_SECRET_FILE");
  if (secret && file) return misuse("set DEPUTY_CLIENT_SECRET or DEPUTY_CLIENT_SECRET_FILE, not both");
  if (secret) profile.secret = Secret(*secret);
  if (file) {
    TRY(Secret kept, read_secret_file(*file, world.streams.err));
    profile.secret = std::move(kept);
  }
  return profile;
}

}  // namespace

Result<std::string, Failure> server_url(std::string text) {
  while (text.ends_with('/')) text.pop_back();
  const bool http = text.starts_with("https://") || text.starts_with("http://");
  if (!http || text.find_first_of("?#@ ") != std::string::npos)  // RFC 8414 §2: no query, no fragment
    return misuse("a server is named by its issuer URL, such as https://id.example.com");
  return text;
}

Result<std::string, Failure> profiles_path(const World& world) {
  TRY(const std::string folder, home_folder(world, "XDG_CONFIG_HOME", ".config"));
  return folder + "/profiles.yaml";
}

Result<FileLock, Failure> lock_profiles(const std::string& path) { return FileLock::take(path + ".lock"); }

Result<Profiles, Failure> read_profiles(const std::string& path) {
  Profiles profiles;
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return profiles;
  if ((status.st_mode & 077) != 0)  // RFC 6749 §10.1: the client keeps its secret
    return refuse(fmt::format("{} holds secrets and others can read it; run `chmod 600 {}`", path, path));
  TRY(const std::string text, read_file(path));
  auto documents = parse_yaml(text);
  if (!documents)
    return refuse(fmt::format("{}:{} cannot be read: {}; mend it, or move it away and run `deputy login`", path,
                              documents.error().line, documents.error().sentence));
  if (documents->empty()) return profiles;
  const json::object* file = documents->front().value.if_object();
  const json::object* entries = file ? json_member_object(*file, "profiles") : nullptr;
  if (entries == nullptr) return refuse(path + " has no `profiles`; move it away and run `deputy login`");
  profiles.current = json_text(*file, "current").value_or("default");
  for (const auto& [name, value] : *entries) {
    const json::object* entry = value.if_object();
    if (entry == nullptr)
      return refuse(path + ": a profile must be a mapping; mend it, or move it away and run `deputy login`");
    profiles.by_name[std::string(name)] = {.server = text_of(*entry, "server"),
                                           .client_id = text_of(*entry, "client_id"),
                                           .ca_file = text_of(*entry, "ca_file"),
                                           .secret = Secret(text_of(*entry, "client_secret"))};
  }
  return profiles;
}

Result<Done, Failure> write_profiles(const std::string& path, const Profiles& profiles) {
  json::object entries;
  for (const auto& [name, profile] : profiles.by_name) {
    json::object entry{{"server", profile.server},
                       {"client_id", profile.client_id},
                       {"client_secret", json::string(profile.secret.reveal())}};
    if (!profile.ca_file.empty()) entry["ca_file"] = profile.ca_file;
    entries[name] = std::move(entry);
  }
  return write_private_file(path, to_yaml(json::object{{"current", profiles.current}, {"profiles", entries}}),
                            Existing::replace);
}

std::string profile_meant(const World& world, const std::string& named, const Profiles& profiles) {
  return named.empty() ? world.environment("DEPUTY_PROFILE").value_or(profiles.current) : named;
}

Fail<Failure> no_profile(const std::string& name, const Profiles& profiles) {
  if (name.empty())
    return misuse("no profile is the current one: name one with --profile (see `deputy profile list`), or run "
                  "`deputy login`");
  std::vector<std::string> names;
  for (const auto& [saved, profile] : profiles.by_name) names.push_back(saved);
  const auto meant = nearest(name, names);
  const std::string shown = client::printable(name);
  return misuse(fmt::format("there is no profile named {}; {} `deputy profile list`, or run `deputy login --profile "
                            "{}`", shown, meant ? "did you mean " + client::printable(*meant) + "? See" : "see", shown));
}

Result<Profile, Failure> choose_profile(const World& world, const std::string& named) {
  Profile said;
  if (named.empty()) {
    TRY(Profile environment, from_environment(world));
    said = std::move(environment);
  }
  const bool wished = !named.empty() || world.environment("DEPUTY_PROFILE");
  const bool complete = !said.server.empty() && !said.client_id.empty() && !said.secret.empty();
  if (complete && !wished) return said;
  TRY(const std::string path, profiles_path(world));
  TRY(Profiles profiles, read_profiles(path));
  const std::string name = profile_meant(world, named, profiles);
  const auto found = profiles.by_name.find(name);
  if (found == profiles.by_name.end()) {
    if (wished || !profiles.by_name.empty()) return no_profile(name, profiles);
    return misuse("not signed in: run `deputy login`, or set DEPUTY_SERVER, DEPUTY_CLIENT_ID and DEPUTY_CLIENT_SECRET");
  }
  Profile kept = std::move(found->second);
  kept.name = name;
  if (said.server.empty()) {
    if (kept.ca_file.empty()) kept.ca_file = world.environment("DEPUTY_CA_FILE").value_or("");
  } else if (said.server != kept.server || !said.ca_file.empty()) {  // whom to trust is said for one server only
    kept.ca_file = said.ca_file;
  }
  const bool elsewhere = (!said.server.empty() && said.server != kept.server) ||
                         (!said.client_id.empty() && said.client_id != kept.client_id);
  if (elsewhere && (said.secret.empty() || said.client_id.empty()))  // RFC 9700 §2.3: a secret for one server only
    return misuse("the environment names another server or client than the profile does; set DEPUTY_SERVER, "
                  "DEPUTY_CLIENT_ID and DEPUTY_CLIENT_SECRET together");
  if (elsewhere) kept.name.clear();
  if (!said.server.empty()) kept.server = said.server;
  if (!said.client_id.empty()) kept.client_id = said.client_id;
  if (!said.secret.empty()) kept.secret = std::move(said.secret);
  return kept;
}

Result<Profile, Failure> choose_server(const World& world, const std::string& named) {
  Profile chosen;
  auto profile = choose_profile(world, named);
  if (profile) {
    chosen.server = std::move(profile->server);
    chosen.ca_file = std::move(profile->ca_file);
    return chosen;
  }
  const auto server = named.empty() ? world.environment("DEPUTY_SERVER") : std::nullopt;
  if (!server) return std::move(profile).fail();
  TRY(std::string url, server_url(*server));
  chosen.server = std::move(url);
  chosen.ca_file = world.environment("DEPUTY_CA_FILE").value_or("");
  return chosen;
}

}  // namespace deputy::cli
