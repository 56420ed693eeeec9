// The table of settings.
#include <charconv>

#include "directory/noun.h"
#include "http/address.h"
#include "server/config.h"
#include "tokens/log_key.h"

namespace deputy::server {
namespace {

bool number(const std::string& text, std::int64_t least, std::int64_t most, std::int64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() && out >= least && out <= most;
}

template <auto Assign, std::int64_t Least, std::int64_t Most>
bool set_number(Config& config, const std::string& text) {
  std::int64_t value = 0;
  if (!number(text, Least, Most, value)) return false;
  Assign(config, value);
  return true;
}

template <auto Member>
bool set_text(Config& config, const std::string& text) {
  Member(config) = text;
  return text.find_first_of("\r\n") == std::string::npos;
}

template <auto Member>
bool set_flag(Config& config, const std::string& text) {
  Member(config) = text == "true";
  return text == "true" || text == "false";
}

bool set_address(Config& config, const std::string& text) {
  config.http.address = text;
  return http::parse_address(std::string_view(text).substr(0, text.find('%'))).has_value();  // RFC 4007 §11: a zone
}

// A YAML list arrives joined by commas, as it is written in the environment.
bool split_list(const std::string& text, std::vector<std::string>& list) {
  list.clear();
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    auto one = text.substr(begin, end - begin);
    while (one.starts_with(' ')) one.erase(0, 1);
    while (one.ends_with(' ')) one.pop_back();
    if (one.empty()) return false;
    list.push_back(std::move(one));
    begin = end + 1;
  }
  return true;
}

// An IPv4 address in IPv6's clothes would match nothing: peers are compared without them (RFC 4291 §2.5.5.2).
template <auto Member>
bool set_blocks(Config& config, const std::string& text) {
  auto& list = Member(config);
  return split_list(text, list) && std::all_of(list.begin(), list.end(), [](const std::string& one) {
           const auto block = http::parse_block(one);
           return block && http::unmapped(block->base).v6 == block->base.v6;
         });
}

// Each a witness's verifier key (C2SP tlog-cosignature).
bool set_witnesses(Config& config, const std::string& text) {
  std::vector<std::string> texts;
  auto& witnesses = config.live.audit_witnesses;
  witnesses.clear();
  if (!split_list(text, texts)) return false;
  for (const auto& one : texts) {
    auto key = audit::parse_vkey(one);
    if (!key || key->type != audit::NoteKey::Type::cosigner) return false;
    witnesses.push_back(std::move(key).take());
  }
  return true;
}

// Does a host that ends so stand for an IPv4 address, in whatever spelling (WHATWG URL §3.5)?
bool is_number(std::string_view label) {
  const bool hex = label.starts_with("0x");
  return label.substr(hex ? 2 : 0).find_first_not_of(hex ? "0123456789abcdef" : "0123456789") == std::string_view::npos;
}

// A name, or an address as it is written back.
bool is_origin_host(std::string_view host) {
  const std::string url = "https://" + std::string(host);
  if (host.find_first_of("/?") != std::string_view::npos || directory::canonical_uri(url) != url) return false;
  const bool bracketed = host.starts_with('[');
  if (!bracketed && !is_number(host.substr(host.rfind('.') + 1))) return true;
  const auto address = http::parse_address(bracketed ? host.substr(1, host.size() - 2) : host);
  return address && (bracketed ? "[" + http::to_text(*address) + "]" : http::to_text(*address)) == host;
}

// An origin as it is serialized (RFC 6454 §6.2), and nothing after it: issuers are built on it, passkeys are made for
// it, and both are compared character by character.
bool set_origin(Config& config, const std::string& text) {
  config.endpoints.origin = text;
  const std::string scheme = text.starts_with("https://") ? "https://" : "http://";
  if (!text.starts_with(scheme)) return false;
  const auto rest = std::string_view(text).substr(scheme.size());
  const auto host = rest.substr(0, rest.find(':', rest.starts_with('[') ? rest.find(']') : 0));
  const auto with_port = scheme + "localhost" + std::string(rest.substr(host.size()));
  return is_origin_host(host) && directory::canonical_uri(with_port) == with_port &&
         with_port.find_first_of("/?", scheme.size()) == std::string::npos && tokens::log_name(text);
}

bool set_log_level(Config& config, const std::string& text) {
  constexpr std::array<std::string_view, 4> names{"debug", "info", "warn", "error"};
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) return false;
  config.log_level = static_cast<log::Level>(found - names.begin());
  return true;
}

constexpr auto mib = [](std::int64_t value) { return static_cast<std::size_t>(value) << 20; };

using C = Config;
constexpr std::array table{
    // clang-format off
    Setting{"origin", "Scheme, host and port of the server as its clients name it. The default tenant's issuer. Unless it is set, it is http.address, where that is 127.0.0.1 or ::1, with http.port, and https where http.certificate_file is set; on any other address `deputy init` asks for it. A store keeps the one it was made with. With https, cookies are Secure and HSTS is sent, whatever the last hop.", "http://127.0.0.1:8440", "https://host[:port] as browsers send it: in lower case, :443 left out; http:// on loopback", set_origin, false},
    Setting{"data", "Directory of the store, the seal key and deputy.yaml.", "deputy-data", "a path", set_text<[](C& c) -> auto& { return c.data; }>, false},
    Setting{"seal_key_file", "File with the key that seals private keys at rest; DEPUTY_SEAL_KEY holds the key itself instead.", "", "a path; empty: seal.key in `data`", set_text<[](C& c) -> auto& { return c.seal_key_file; }>, false},
    Setting{"log.level", "Log lines below this level are dropped.", "info", "debug, info, warn, error", set_log_level, true},
    Setting{"http.address", "Address to listen on. Beyond loopback it needs TLS or a trusted proxy.", "127.0.0.1", "an IP address", set_address, false},
    Setting{"http.port", "Port to listen on; 0 takes any free one.", "8440", "0 to 65535", set_number<[](C& c, std::int64_t v) { c.http.port = static_cast<std::uint16_t>(v); }, 0, 65535>, false},
    Setting{"http.certificate_file", "PEM chain of the server's certificate, leaf first. With it the server speaks TLS.", "", "a path", set_text<[](C& c) -> auto& { return c.certificate_file; }>, true},
    Setting{"http.private_key_file", "PEM private key of the certificate.", "", "a path", set_text<[](C& c) -> auto& { return c.private_key_file; }>, true},
    Setting{"http.trusted_proxies", "Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed. They alone may then speak plain HTTP from beyond loopback.", "", "addresses and CIDR blocks", set_blocks<[](C& c) -> auto& { return c.http.trusted_proxies; }>, false, true},
    Setting{"http.threads", "Reactors, each on a thread of its own; 0: one a core.", "0", "0 to 256", set_number<[](C& c, std::int64_t v) { c.http.threads = static_cast<int>(v); }, 0, 256>, false},
    Setting{"http.header_bytes_max", "Largest header block, in bytes; beyond: 431.", "16384", "1024 to 1048576", set_number<[](C& c, std::int64_t v) { c.http.header_bytes_max = static_cast<std::size_t>(v); }, 1024, 1048576>, false},
    Setting{"http.body_bytes_max", "Largest body, in bytes; beyond: 413. Forms are held to 65536, and what is sent where nothing reads it is not kept. Of a body 16 KiB are always taken; what all bodies that are being read have beyond that is 64 MiB, then: 503 with Retry-After.", "1048576", "65536 to 16777216", set_number<[](C& c, std::int64_t v) { c.http.body_bytes_max = static_cast<std::size_t>(v); }, 65536, 16777216>, false},
    Setting{"http.connections_max", "Connections at once; beyond: 503 with Retry-After.", "4096", "1 to 1000000", set_number<[](C& c, std::int64_t v) { c.http.connections_max = static_cast<std::size_t>(v); }, 1, 1000000>, false},
    Setting{"http.header_timeout_s", "Seconds a client may take for a header block, slower: 408; or for a TLS handshake, slower: closed.", "10", "1 to 300", set_number<[](C& c, std::int64_t v) { c.http.header_timeout = Seconds(v); }, 1, 300>, false},
    Setting{"http.body_timeout_s", "Seconds a client may take for a body; slower: 408.", "20", "1 to 300", set_number<[](C& c, std::int64_t v) { c.http.body_timeout = Seconds(v); }, 1, 300>, false},
    Setting{"http.idle_timeout_s", "Seconds a connection is kept without a request.", "75", "1 to 3600", set_number<[](C& c, std::int64_t v) { c.http.idle_timeout = Seconds(v); }, 1, 3600>, false},
    Setting{"http.drain_delay_s", "Seconds that requests are still taken after SIGTERM, with /readyz at 503, for balancers to notice; a second SIGTERM ends them.", "0", "0 to 600", set_number<[](C& c, std::int64_t v) { c.drain_delay = Seconds(v); }, 0, 600>, false},
    Setting{"http.drain_timeout_s", "Seconds that requests under way are waited for when the server stops.", "20", "0 to 600", set_number<[](C& c, std::int64_t v) { c.http.drain_timeout = Seconds(v); }, 0, 600>, false},
    Setting{"sessions.idle_s", "Seconds a browser stays signed in without a request.", "28800", "60 to 31536000", set_number<[](C& c, std::int64_t v) { c.live.sessions.idle = Seconds(v); }, 60, 31536000>, true},
    Setting{"sessions.absolute_s", "Seconds a browser stays signed in at most.", "604800", "60 to 31536000", set_number<[](C& c, std::int64_t v) { c.live.sessions.absolute = Seconds(v); }, 60, 31536000>, true},
    Setting{"authorization.pushed_requests_required", "Refuse authorization requests that were not pushed (RFC 9126), whoever the client is.", "false", "true, false", set_flag<[](C& c) -> auto& { return c.live.pushed_requests_required; }>, true},
    Setting{"dpop.nonce_required", "Refuse DPoP proofs without a nonce that this server gave in the last minutes (RFC 9449 section 8).", "false", "true, false", set_flag<[](C& c) -> auto& { return c.live.dpop_nonce_required; }>, true},
    Setting{"unauthenticated.writes_per_s", "What is written a second, in the long run, for callers of one address (of IPv6: one /64) who did not authenticate: waiting authorization requests, beyond: 429; events of refusals, beyond: counted.", "10", "1 to 1000000", set_number<[](C& c, std::int64_t v) { c.strangers.writes_per_s = static_cast<double>(v); }, 1, 1000000>, true},
    Setting{"unauthenticated.writes_burst", "How much of that may come at once.", "300", "1 to 1000000", set_number<[](C& c, std::int64_t v) { c.strangers.writes_burst = static_cast<double>(v); }, 1, 1000000>, true},
    Setting{"metrics.from", "Who may read /metrics.", "127.0.0.0/8,::1", "addresses and CIDR blocks", set_blocks<[](C& c) -> auto& { return c.live.metrics_from; }>, true, true},
    Setting{"store.cache_mib", "Page cache of each connection to the store, in MiB; twice as much keeps delegations that are in use.", "8", "1 to 65536", set_number<[](C& c, std::int64_t v) { c.sqlite.cache_mib = static_cast<std::size_t>(v); }, 1, 65536>, false},
    Setting{"cache.principals_mib", "Memory for agents, users and applications seen lately, in MiB; what they hold and the keys they prove themselves by may each take half as much again.", "32", "1 to 65536", set_number<[](C& c, std::int64_t v) { c.directory.principals_max_bytes = mib(v); }, 1, 65536>, false},
    Setting{"cache.tokens_mib", "Memory for access tokens verified lately, in MiB.", "8", "1 to 65536", set_number<[](C& c, std::int64_t v) { c.reader.tokens_max_bytes = mib(v); }, 1, 65536>, false},
    Setting{"keys.rotate_every_s", "Seconds a signing key is active.", "7776000", "3600 to 315360000", set_number<[](C& c, std::int64_t v) { c.keyring.rotate_every = Seconds(v); }, 3600, 315360000>, true},
    Setting{"keys.publish_ahead_s", "Seconds a key is in the JWK Set before it signs; at least keys.jwks_max_age_s.", "3600", "60 to 2592000", set_number<[](C& c, std::int64_t v) { c.keyring.publish_ahead = Seconds(v); }, 60, 2592000>, true},
    Setting{"keys.retire_after_s", "Seconds a retired key stays in the JWK Set; at least the longest token's lifetime.", "90000", "86400 to 31536000", set_number<[](C& c, std::int64_t v) { c.keyring.retire_after = Seconds(v); }, 86400, 31536000>, true},
    Setting{"keys.jwks_max_age_s", "Seconds that others may keep the JWK Set (Cache-Control).", "900", "0 to 86400", set_number<[](C& c, std::int64_t v) { c.keyring.jwks_max_age = Seconds(v); }, 0, 86400>, true},
    Setting{"fetch.allow_special_addresses", "Call jwks_uri and backchannel_logout_uri on loopback and private addresses too.", "false", "true, false", set_flag<[](C& c) -> auto& { return c.live.fetch.allow_special_addresses; }>, true},
    Setting{"fetch.allow_plain_http", "Call jwks_uri and backchannel_logout_uri over http:// too.", "false", "true, false", set_flag<[](C& c) -> auto& { return c.live.fetch.allow_plain_http; }>, true},
    Setting{"fetch.ca_file", "PEM certificates that the hosts of such URLs are verified against; empty: the system's.", "", "a path", set_text<[](C& c) -> auto& { return c.live.fetch.ca_file; }>, true},
    Setting{"passwords.threads", "Threads that hash passwords, apart from those that serve.", "2", "1 to 64", set_number<[](C& c, std::int64_t v) { c.sign_in.pool.threads = static_cast<int>(v); }, 1, 64>, false},
    Setting{"passwords.queue_max", "Sign-ins waiting for such a thread; beyond: 503 with Retry-After.", "64", "1 to 10000", set_number<[](C& c, std::int64_t v) { c.sign_in.pool.queue_max = static_cast<std::size_t>(v); }, 1, 10000>, false},
    Setting{"passwords.memory_mib", "Memory that Argon2id fills for one password, in MiB. A password is hashed anew when its owner next signs in.", "64", "8 to 4096", set_number<[](C& c, std::int64_t v) { c.sign_in.cost.memory_kib = static_cast<std::size_t>(v) << 10; }, 8, 4096>, false},
    Setting{"passwords.passes", "How often Argon2id goes over that memory.", "2", "1 to 100", set_number<[](C& c, std::int64_t v) { c.sign_in.cost.passes = static_cast<unsigned>(v); }, 1, 100>, false},
    Setting{"passwords.breached_file", "SHA-1 hashes of breached passwords in ascending order, as Have I Been Pwned gives them; empty: only the common ones that are built in.", "", "a path", set_text<[](C& c) -> auto& { return c.sign_in.breached_file; }>, false},
    Setting{"audit.bodies_days", "Days that the bodies of events are kept; their hashes and proofs stay for good. 0: for ever.", "0", "0 to 36500", set_number<[](C& c, std::int64_t v) { c.audit_bodies_days = static_cast<int>(v); }, 0, 36500>, true},
    Setting{"audit.witnesses", "Keys of those whose cosignatures on checkpoints are taken.", "", "verifier keys NAME+ID+KEY of type cosignature/v1", set_witnesses, true, true},
    // clang-format on
};

}  // namespace

std::span<const Setting> settings() { return table; }

}  // namespace deputy::server
