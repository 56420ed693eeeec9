// The server's settings: one YAML file, each key also as DEPUTY_… in the environment and as --… on the command line.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fault.h"
#include "base/log.h"
#include "base/result.h"
#include "endpoints/app.h"
#include "http/server.h"
#include "store/cache/directory.h"
#include "signin/methods.h"
#include "store/store.h"
#include "tokens/keyring.h"
#include "tokens/reader.h"

namespace deputy::server {

struct Config {
  std::string data = "deputy-data";
  std::string seal_key_file;  // empty: seal.key in `data`
  store::SqliteConfig sqlite;
  store::DirectoryConfig directory;
  tokens::ReaderConfig reader;
  tokens::KeyringConfig keyring;
  http::ServerConfig http;
  Seconds drain_delay{0};  // how long requests are taken after SIGTERM, while /readyz says 503
  std::string certificate_file, private_key_file;
  endpoints::Config endpoints;
  bool origin_known = true;  // its origin was told, or is that of the loopback address that is listened on
  endpoints::LiveConfig live;
  endpoints::Strangers::Limits strangers;
  signin::Config sign_in;  // its origin is that of `endpoints`
  int audit_bodies_days = 0;
  log::Level log_level = log::Level::info;
  std::map<std::string, std::string, std::less<>> texts;  // all settings by name, as they were put together
};

// One row a setting. The file, the environment, the command line, docs/config.md and the range check all read it.
struct Setting {
  std::string_view name;      // "http.port": in YAML a key of a mapping, in the environment DEPUTY_HTTP_PORT
  std::string_view doc;       // what it does, with its unit
  std::string_view fallback;  // as text
  std::string_view range;     // for people
  bool (*set)(Config&, const std::string&);  // false: out of range or malformed
  bool live;                  // taken up by SIGHUP; the others need a restart
  bool list = false;          // takes several values: in YAML a list, elsewhere joined by commas
};
std::span<const Setting> settings();

// Settings by name, as text, before they are put together.
using Values = std::map<std::string, std::string, std::less<>>;

// The keys of a YAML file, flattened. Faults: invalid (unreadable, too large, more than one document, a key that stands
// twice, not a mapping of scalars and lists), with the line.
Result<Values, Fault> read_file(const std::string& file);
// DEPUTY_… of the environment that name a setting. An unknown DEPUTY_ name is passed over: the CLI has some of its own.
Values read_environment();
// DEPUTY_HTTP_PORT of http.port.
std::string variable_of(const Setting& setting);

// Defaults, then each layer over the one before. Where none has an origin, it is made of http.address and http.port.
// Faults: invalid, naming every setting that is unknown or out of range, and what contradicts what; never a value.
Result<Config, Fault> build(const std::vector<Values>& layers);

// The value the last layer gives a setting, or its default: what is known of it before all layers are.
std::string value_of(std::string_view name, const std::vector<Values>& layers);

// Where a server's settings come from: its file, the environment over it, the command line over both.
class Sources {
 public:
  // `file`: the one that is named; empty: deputy.yaml in the data directory, if there is one.
  Sources(std::string file, Values command_line) : named_(std::move(file)), command_line_(std::move(command_line)) {}
  // Reads them anew. Faults: invalid, as of read_file() and build(), or since a deputy.yaml that was read before is not
  // there, or a file that had settings has none.
  Result<Config, Fault> read();

 private:
  const std::string named_;
  const Values command_line_;
  bool file_was_read_ = false, file_had_settings_ = false;
};

// The names of settings that differ and are taken up by a restart only; TLS itself is not turned on or off by less.
std::vector<std::string> need_restart(const Config& started_with, const Config& reread);

}  // namespace deputy::server
