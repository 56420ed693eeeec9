// Carried as the JSON that is kept under the hash of its handle.
#include "grants/carried.h"

#include "base/json.h"
#include "base/json_text.h"

namespace deputy::grants {
namespace {

bool read_scope(const json::object& body, std::string_view name, oauth::ScopeSet& out) {
  auto parsed = oauth::ScopeSet::parse(json_text(body, name).value_or(""));
  if (!parsed) return false;
  out = std::move(parsed).take();
  return true;
}

std::string details_of(const std::vector<delegation::Detail>& details) {
  std::string out;
  for (const auto& one : details) {
    out.append(out.empty() ? "[[" : ",[");
    append_json_string(out, one.resource);
    out.push_back(',');
    append_json_string(out, one.object);
    out.push_back(']');
  }
  if (!out.empty()) out.push_back(']');
  return out;
}

bool read_details(const json::object& body, std::vector<delegation::Detail>& out) {
  const auto* list = json_member_array(body, "details");
  if (list == nullptr) return true;  // a record of before there were any
  for (const auto& one : *list) {
    if (!one.is_array() || one.get_array().size() != 2) return false;
    const auto &resource = one.get_array()[0], &object = one.get_array()[1];
    if (!resource.is_string() || !object.is_string()) return false;
    out.push_back({std::string(resource.get_string()), std::string(object.get_string())});
  }
  return true;
}

}  // namespace

// What is empty is left out: a record is read and written at each use, and most of it is.
std::string encode(const Carried& carried) {
  const auto& authentication = carried.authentication;
  JsonText body(768);
  body.text("client", carried.client)
      .text("user", carried.user)
      .text("family", carried.family)
      .number("at", unix_millis(carried.at))
      .number("asked_at", unix_millis(carried.asked_at))
      .number("user_version", static_cast<std::int64_t>(carried.user_version))
      .number("client_version", static_cast<std::int64_t>(carried.client_version))
      .text("delegation", carried.delegation)
      .text("scope", carried.scope.text())
      .text("openid", carried.openid.text())
      .text("disclosure", carried.disclosure)
      .json("details", details_of(carried.details))
      .texts("resources", carried.resources)
      .text("acr", authentication.acr)
      .text("sid", authentication.sid)
      .texts("amr", authentication.amr)
      .text("nonce", carried.nonce)
      .text("claims", carried.claims)
      .text("redirect_uri", carried.redirect_uri)
      .text("code_challenge", carried.code_challenge)
      .text("jkt", carried.jkt);
  if (carried.refreshable) body.flag("refreshable", true);
  if (authentication.auth_time) body.number("auth_time", unix_millis(*authentication.auth_time));
  return body.close();
}

std::optional<Carried> decode(std::string_view text) {
  const auto body = parse_json_object(text);
  if (!body) return std::nullopt;
  Carried carried{.client = text_of(*body, "client"),
                  .user = text_of(*body, "user"),
                  .delegation = text_of(*body, "delegation"),
                  .disclosure = text_of(*body, "disclosure"),
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
  carried.user_version = static_cast<std::uint64_t>(json_integer(*body, "user_version").value_or(0));
  carried.client_version = static_cast<std::uint64_t>(json_integer(*body, "client_version").value_or(0));
  carried.asked_at = from_unix_millis(json_integer(*body, "asked_at").value_or(*at));
  if (!read_scope(*body, "scope", carried.scope) || !read_scope(*body, "openid", carried.openid)) return std::nullopt;
  if (!read_details(*body, carried.details)) return std::nullopt;
  return carried;
}

}  // namespace deputy::grants
