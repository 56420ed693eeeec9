// Every door that serving goes through, tried in its order.
#include "server/check.h"

#include <unistd.h>

#include <filesystem>

#include "base/mistyped.h"
#include "endpoints/admin/first_tenant.h"
#include "http/server.h"
#include "server/origin.h"
#include "server/seal_key.h"
#include "server/world.h"
#include "server/writable.h"
#include "signin/password/breached.h"
#include "store/sqlite_look.h"

namespace deputy::server {
namespace {

// A store that `init` began and did not finish. With a log beside the file, what makes it whole may be in that.
Result<Done, Fault> check_made(const Config& config) {
  std::error_code unknown;
  if (std::filesystem::exists(config.sqlite.file + "-wal", unknown)) return Done{};
  const std::string first(endpoints::admin::default_tenant);
  const auto tenant = store::read_sqlite_record(config.sqlite, first, store::Kind::tenant, first);
  if (tenant && !*tenant) return store_is_empty();
  return Done{};
}

}  // namespace

Result<Done, Fault> check(const Config& config) {
  std::optional<Fault> found;
  const auto add = [&found](const auto& opened) {
    if (opened) return;
    if (found)
      found->detail.append("\n").append(opened.error().detail);
    else
      found = opened.error();
  };
  const auto store = find_store(config);
  add(store);
  if (store) {
    const auto writable = check_writable(config);
    add(writable);
    const auto readable = store::check_sqlite_file(config.sqlite);
    if (writable) add(readable);  // what cannot be written to is said once
    if (readable) add(check_made(config));
    if (readable) add(check_origin(config));
  }
  add(check_calls(config));
  // A key that is not there yet either is made with the store.
  const auto seal = read_seal_key(config);
  if (store || seal || seal.error().kind != Fault::Kind::not_found) add(seal);
  if (store && seal) add(check_seal_key(config, *seal));
  if (const auto& file = config.sign_in.breached_file; !file.empty()) add(signin::Breached::open(file));
  add(http::Server::check(config.http));
  if (found) return Fail{std::move(*found)};
  return Done{};
}

namespace {

// Does an origin with http:// name this port? In an origin :80 is left out.
bool names_port(std::string_view origin, std::uint16_t port) {
  const auto host_and_port = origin.substr(std::string_view("http://").size());
  const auto host_end = host_and_port.starts_with('[') ? host_and_port.find(']') : 0;
  const auto colon = host_and_port.find(':', host_end);
  return (colon == std::string_view::npos ? "80" : host_and_port.substr(colon + 1)) == std::to_string(port);
}

// Variables that nearly name a setting. Others are passed over: the command line has some of its own.
void add_mistyped_variables(std::vector<std::string>& all) {
  const std::string_view start = "DEPUTY_";
  std::vector<std::string> known;
  for (const auto& setting : settings()) known.push_back(variable_of(setting).substr(start.size()));
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text(*variable), name = text.substr(0, text.find('='));
    if (!name.starts_with(start)) continue;
    const std::string own(name.substr(start.size()));
    const bool plain = own.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == std::string::npos;
    const auto meant = plain ? nearest(own, known) : std::nullopt;
    if (meant && *meant != own)
      all.push_back(std::string(name) + " in the environment names no setting: was DEPUTY_" + *meant + " meant?");
  }
}

}  // namespace

std::vector<std::string> doubts(const Config& config) {
  std::vector<std::string> all;
  if (config.http.secure_origin && !config.http.tls && config.http.trusted_proxies.empty())
    all.push_back("origin is https:// and this server speaks plain HTTP, but http.trusted_proxies names no proxy: all "
                  "clients have the proxy's address, so they share the bounds that each address has, of sign-ins too, "
                  "and metrics.from cannot tell them apart");
  add_mistyped_variables(all);
  // An origin with http:// is one of this machine: nobody stands between it and its clients.
  if (!config.http.secure_origin && config.http.trusted_proxies.empty() && config.http.port != 0 &&
      !names_port(config.endpoints.origin, config.http.port))
    all.push_back("origin names another port than http.port, and http.trusted_proxies names no proxy: clients go where "
                  "origin says, and find no server there");
  return all;
}

}  // namespace deputy::server
