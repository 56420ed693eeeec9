// Carried as the JSON that is kept under the hash of its handle.
#include "grants/carried.h"

#include "base/encoding.h"
#include "base/json.h"
#include "crypto/hash.h"

namespace deputy::grants {
namespace {

bool read_scope(const json::object& body, std::string_view name, oauth::ScopeSet& out) {
  auto parsed = oauth::ScopeSet::parse(json_text(body, name).value_or(""));
  if (!parsed) return false;
  out = std::move(parsed).take();
  return true;
}

}  // namespace

std::string encode(const Carried& carried) {
  const auto& authentication = carried.authentication;
  json::object body{{"client", carried.client},
                    {"user", carried.user},
                    {"delegation", carried.delegation},
                    {"scope", carried.scope.text()},
                    {"openid", carried.openid.text()},
                    {"resources", json::value_from(carried.resources)},
                    {"acr", authentication.acr},
                    {"sid", authentication.sid},
                    {"amr", json::value_from(authentication.amr)},
                    {"nonce", carried.nonce},
                    {"claims", carried.claims},
                    {"redirect_uri", carried.redirect_uri},
                    {"code_challenge", carried.code_challenge},
                    {"jkt", carried.jkt},
                    {"family", carried.family},
                    {"refreshable", carried.refreshable},
                    {"at", unix_millis(carried.at)}};
  if (authentication.auth_time) body["auth_time"] = unix_millis(*authentication.auth_time);
  return json::serialize(body);
}

std::optional<Carried> decode(std::string_view text) {
  const auto body = parse_json_object(text);
  if (!body) return std::nullopt;
  Carried carried{.client = text_of(*body, "client"),
                  .user = text_of(*body, "user"),
                  .delegation = text_of(*body, "delegation"),
                  .resources = texts_of(*body, "resources"),
                  .nonce = text_of(*body, "nonce"),
                  .claims = text_of(*body, "claims"),
                  .redirect_uri = text_of(*body, "redirect_uri"),
                  .code_challenge = text_of(*body, "code_challenge"),
                  .jkt = text_of(*body, "jkt"),
                  .family = text_of(*body, "family"),
                  .refreshable = json_boolean(*body, "refreshable").value_or(false)};
  carried.authentication.acr = text_of(*body, "acr");
  carried.authentication.sid = text_of(*body, "sid");
  carried.authentication.amr = texts_of(*body, "amr");
  if (const auto at = json_integer(*body, "auth_time")) carried.authentication.auth_time = from_unix_millis(*at);
  const auto at = json_integer(*body, "at");
  if (!at || carried.client.empty() || carried.user.empty() || carried.family.empty()) return std::nullopt;
  carried.at = from_unix_millis(*at);
  if (!read_scope(*body, "scope", carried.scope) || !read_scope(*body, "openid", carried.openid)) return std::nullopt;
  return carried;
}

std::string make_handle(std::string_view prefix, Random& random) {
  return std::string(prefix).append(base64url(as_text(random.bytes<32>())));
}

std::string handle_key(std::string_view handle) { return crypto::sha256_base64url(handle); }

}  // namespace deputy::grants
