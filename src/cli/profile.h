// Profile: which server to talk to and as whom; kept in a file that only its owner can read.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/secret.h"
#include "cli/failure.h"
#include "cli/files.h"
#include "cli/world.h"

namespace deputy::cli {

struct Profile {
  std::string server, client_id, ca_file;
  Secret secret;
  std::string name = {};  // as it is saved; empty: it is the environment's
};

// profiles.yaml: every profile by its name, and which one is used when none is named; empty: none is.
struct Profiles {
  std::string current = "default";
  std::map<std::string, Profile> by_name;
};

// $XDG_CONFIG_HOME/deputy/profiles.yaml, or ~/.config/deputy/profiles.yaml.
Result<std::string, Failure> profiles_path(const World& world);
// To be held from reading them to writing them: of two who change them at once, one waits.
Result<FileLock, Failure> lock_profiles(const std::string& path);
// An absent file holds no profiles. A file that others may read is refused.
Result<Profiles, Failure> read_profiles(const std::string& path);
Result<Done, Failure> write_profiles(const std::string& path, const Profiles& profiles);

// The profile that the command line means by this name: where it is empty, that of DEPUTY_PROFILE or the current one.
std::string profile_meant(const World& world, const std::string& named, const Profiles& profiles);
// What is said of a name that none of these profiles has; where it is empty, of there being no current one.
Fail<Failure> no_profile(const std::string& name, const Profiles& profiles);

// The profile named on the command line, as it was saved. Where none is: that of DEPUTY_PROFILE or the current one,
// with what the environment says instead: DEPUTY_SERVER, DEPUTY_CLIENT_ID, DEPUTY_CLIENT_SECRET or
// DEPUTY_CLIENT_SECRET_FILE. A kept secret only ever goes to the server and the client it was saved with.
// DEPUTY_CA_FILE goes with DEPUTY_SERVER; to a profile's server the profile's own goes first.
Result<Profile, Failure> choose_profile(const World& world, const std::string& named);

// Only which server that is, for what needs no client.
Result<Profile, Failure> choose_server(const World& world, const std::string& named);

// An issuer as it is written in metadata: http(s), no query, no fragment, no slash at the end.
Result<std::string, Failure> server_url(std::string text);

}  // namespace deputy::cli
