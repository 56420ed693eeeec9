// Doubts: of the origin, of what the environment names, of files that others may read, of the certificate.
#include "server/doubts.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/mistyped.h"
#include "http/address.h"
#include "http/certificate.h"

namespace deputy::server {
namespace {

using Sentences = std::vector<std::string>;

// What follows the scheme. A host of IPv6 is in brackets; a port that is the scheme's own is left out.
struct Named {
  std::string host, port;
};
Named named_by(const std::string& origin) {
  const bool https = origin.starts_with("https://");
  const auto rest = origin.substr(origin.find("://") + 3);
  const auto colon = rest.find(':', rest.starts_with('[') ? rest.find(']') : 0);
  return {.host = rest.substr(0, colon),
          .port = colon != std::string::npos ? rest.substr(colon + 1) : https ? "443" : "80"};
}

std::optional<http::Address> address_of(std::string_view host) {
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  const auto address = http::parse_address(host.substr(0, host.find('%')));  // RFC 4007 §11: a zone
  return address ? std::optional(http::unmapped(*address)) : std::nullopt;
}

bool names_this_machine(std::string_view host) {
  const auto address = address_of(host);
  return host == "localhost" || (address && http::is_loopback(*address));
}

// Does somebody on this machine who goes to the host come to what listens on the address?
bool leads_to(std::string_view host, const http::Address& listening) {
  const auto address = address_of(host);
  const auto listens = http::to_text(listening);
  if (listens == "::") return true;  // IPv4 too
  if (listens == "0.0.0.0") return !address || !address->v6;
  if (!address) return listens == "127.0.0.1" || listens == "::1";
  return http::to_text(*address) == listens;
}

// Of an origin that names this machine: nobody stands between it and its clients, but a proxy that is named.
void add_origin_of_this_machine(const Config& config, Sentences& all) {
  const auto& http = config.http;
  const auto named = named_by(config.endpoints.origin);
  if (!http.trusted_proxies.empty() || (http.secure_origin && !http.tls) || !names_this_machine(named.host)) return;
  constexpr auto nobody_there = ", and http.trusted_proxies names no proxy: clients go where origin says, and find no "
                                "server there";
  if (http.port != 0 && named.port != std::to_string(http.port))
    all.push_back(std::string("origin names another port than http.port") + nobody_there);
  const auto listening = address_of(http.address);
  if (!listening) return;
  if (!leads_to(named.host, *listening))
    all.push_back(std::string("origin names another address than http.address") + nobody_there);
  else if (!http::is_loopback(*listening))
    all.push_back("http.address lets other machines in, and origin names this one alone: clients there go where origin "
                  "says, which is to themselves");
}

// Variables that nearly name a setting. Others are passed over: the command line has some of its own.
void add_mistyped_variables(Sentences& all) {
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

void add_where_open(const std::string& path, mode_t closed, const char* mode, Sentences& all) {
  struct stat facts{};
  if (::stat(path.c_str(), &facts) != 0 || (facts.st_mode & closed) == 0) return;
  const auto has = facts.st_mode & 07777u;
  all.push_back(fmt::format("{} is open to others (mode {:04o}): chmod {} {}", path, has, mode, path));
}

// SECURITY.md: what is kept is nobody else's. Settings hold no secret, but who writes them rules the server.
void add_open_files(const Config& config, Sentences& all) {
  add_where_open(config.data, 077, "700", all);
  for (const auto* end : {"", "-wal", "-shm"}) add_where_open(config.sqlite.file + end, 077, "600", all);
  add_where_open(config.data + "/deputy.yaml", 022, "600", all);
}

// Behind a proxy it is the proxy's certificate that clients see, and this one may name whatever the proxy expects.
void add_certificate(const Config& config, Instant now, Sentences& all) {
  if (!config.http.tls) return;
  const bool seen = config.http.trusted_proxies.empty() && config.http.secure_origin;
  const auto host = seen ? named_by(config.endpoints.origin).host : "";
  for (auto& doubt : http::certificate_doubts(config.http.tls->certificate_file, host, now))
    all.push_back(std::move(doubt));
}

}  // namespace

Sentences doubts(const Config& config, Instant now) {
  Sentences all;
  if (config.http.secure_origin && !config.http.tls && config.http.trusted_proxies.empty())
    all.push_back("origin is https:// and this server speaks plain HTTP, but http.trusted_proxies names no proxy: all "
                  "clients have the proxy's address, so they share the bounds that each address has, of sign-ins too, "
                  "and metrics.from cannot tell them apart");
  add_mistyped_variables(all);
  add_origin_of_this_machine(config, all);
  add_open_files(config, all);
  add_certificate(config, now, all);
  return all;
}

}  // namespace deputy::server
