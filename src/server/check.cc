// Every door that serving goes through, tried in its order.
#include "server/check.h"

#include <unistd.h>

#include <optional>
#include <set>

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

// A store that `init` began and did not finish.
Result<Done, Fault> check_made(const Config& config) {
  const std::string first(endpoints::admin::default_tenant);
  TRY(const auto tenant, store::look_at_sqlite_record(config.sqlite, first, store::Kind::tenant, first));
  if (!tenant) return store_is_empty();
  return Done{};
}

// What is wrong, once each: several doors may find the same damage.
class Found {
 public:
  template <class T>
  void add(const Result<T, Fault>& opened) {
    if (opened || !said_.insert(opened.error().detail).second) return;
    if (all_)
      all_->detail.append("\n").append(opened.error().detail);
    else
      all_ = opened.error();
  }
  Result<Done, Fault> take() && {
    if (all_) return Fail{*std::move(all_)};
    return Done{};
  }

 private:
  std::optional<Fault> all_;
  std::set<std::string> said_;
};

// The store, by which the seal key is judged too. What cannot be written to is not opened: that is said alone.
void add_store(const Config& config, const Result<crypto::SealKey, Fault>& seal, Found& found) {
  const auto writable = check_writable(config);
  found.add(writable);
  if (!writable) return;
  const auto readable = store::check_sqlite_file(config.sqlite);
  found.add(readable);
  if (!readable) return;
  found.add(check_made(config));
  found.add(check_origin(config));
  if (seal) found.add(check_seal_key(config, *seal));
}

}  // namespace

Result<Done, Fault> check(const Config& config) {
  Found found;
  const auto store = find_store(config);
  found.add(store);
  const auto seal = read_seal_key(config);
  if (store) add_store(config, seal, found);
  found.add(check_calls(config));
  // A key that is not there yet either is made with the store.
  if (store || seal || seal.error().kind != Fault::Kind::not_found) found.add(seal);
  if (const auto& file = config.sign_in.breached_file; !file.empty()) found.add(signin::Breached::open(file));
  found.add(http::Server::check(config.http));
  return std::move(found).take();
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
