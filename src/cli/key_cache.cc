// Keys by issuer, a file each, in the user's cache folder.
#include "cli/key_cache.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "client/discovery.h"
#include "cli/files.h"

namespace deputy::cli {
namespace {

constexpr Seconds kFresh{300};

struct Kept {
  jose::JwkSet keys;
  std::int64_t at;  // seconds since 1970
};

std::optional<Kept> read_kept(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return std::nullopt;
  const auto file = parse_json_object(*text, {.depth_max = 8, .bytes_max = 1024 * 1024});
  if (!file) return std::nullopt;
  const auto at = json_integer(*file, "at");
  const auto jwks = json_text(*file, "jwks");
  if (!at || !jwks) return std::nullopt;
  auto keys = jose::JwkSet::parse(*jwks);
  if (!keys) return std::nullopt;
  return Kept{std::move(keys).take(), *at};
}

bool holds(const jose::JwkSet& set, std::optional<std::string_view> kid) {
  if (!kid) return true;
  return std::any_of(set.keys().begin(), set.keys().end(), [&](const jose::Jwk& key) { return key.kid == *kid; });
}

Result<std::string, client::Refusal> fetch(const Profile& server, Session& session) {
  const auto transport =
      session.world().transport(client::limits_for(server.server, server.ca_file, session.plain_http_allowed()));
  TRY(const client::Discovery found, client::discover(*transport, server.server));
  auto reply = transport->send({.method = "GET", .url = found.jwks_uri, .body = {}, .content_type = {},
                                .headers = {{"Accept", "application/jwk-set+json, application/json"}}});
  if (!reply) return Fail{client::refusal_of(reply.error(), found.jwks_uri)};
  if (reply->status != 200) return Fail{client::refusal_of(*reply)};
  return reply->body;
}

}  // namespace

Result<IssuerKeys, Failure> keys_of(const Profile& server, std::optional<std::string_view> kid, Session& session) {
  TRY(const std::string folder, home_folder(session.world(), "XDG_CACHE_HOME", ".cache"));
  const std::string path = folder + "/jwks-" + percent_encode(server.server) + ".json";
  const std::int64_t now = unix_seconds(session.world().clock.now());
  auto kept = read_kept(path);
  if (kept && now >= kept->at && now - kept->at < kFresh.count() && holds(kept->keys, kid))
    return IssuerKeys{std::move(kept->keys), fmt::format("keys of {}, read {} s ago", server.server, now - kept->at)};
  const auto text = fetch(server, session);
  if (!text) {
    if (!kept) return Fail{Failure(text.error())};
    return IssuerKeys{std::move(kept->keys), fmt::format("keys of {}, as they were at {}: it cannot be reached now",
                                                         server.server, rfc3339(from_unix_seconds(kept->at)))};
  }
  auto keys = jose::JwkSet::parse(*text);
  if (!keys) return refuse(fmt::format("the keys of {} cannot be used: {}", server.server, keys.error().detail));
  // Without a cache the next look is slower, and that is all.
  [[maybe_unused]] const auto written =
      write_private_file(path, json::serialize(json::object{{"at", now}, {"jwks", *text}}), Existing::replace);
  return IssuerKeys{std::move(keys).take(), fmt::format("keys of {}, read now", server.server)};
}

}  // namespace deputy::cli
