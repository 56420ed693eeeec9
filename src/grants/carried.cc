// Carried as the text that is kept under the hash of its handle: its fields one behind the other (base/pack.h). Each is
// read and written at every use, so it is no JSON, as it was once: those from then are still read.
#include "grants/carried.h"

#include "base/json.h"
#include "base/pack.h"

namespace deputy::grants {
namespace {

bool read_scope(const json::object& body, std::string_view name, oauth::ScopeSet& out) {
  auto parsed = oauth::ScopeSet::parse_stored(json_text(body, name).value_or(""));
  if (!parsed) return false;
  out = std::move(parsed).take();
  return true;
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

std::optional<Carried> from_json(std::string_view text) {
  const auto body = parse_stored(text);
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
  carried.given_at = carried.asked_at;
  if (!read_scope(*body, "scope", carried.scope) || !read_scope(*body, "openid", carried.openid)) return std::nullopt;
  carried.openid_asked = carried.openid;
  if (!read_details(*body, carried.details)) return std::nullopt;
  return carried;
}

std::string packed(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts) pack(out, text);
  return out;
}

std::optional<std::vector<std::string>> texts_in(std::string_view packed) {
  const auto texts = unpack(packed);
  if (!texts) return std::nullopt;
  return std::vector<std::string>(texts->begin(), texts->end());
}

std::string packed(const std::vector<delegation::Detail>& details) {
  std::string out;
  for (const auto& one : details) {
    pack(out, one.resource);
    pack(out, one.object);
  }
  return out;
}

// The resources, and before those where something was given an empty one: such as were named were all kept once.
std::string packed_resources(const Carried& carried) {
  std::string out;
  if (carried.resources_given) pack(out, std::string_view());
  return out + packed(carried.resources);
}

bool read_resources(std::string_view text, Carried& carried) {
  auto resources = texts_in(text);
  if (!resources) return false;
  carried.resources_given = !resources->empty() && resources->front().empty();
  if (carried.resources_given) resources->erase(resources->begin());
  carried.resources = std::move(*resources);
  return true;
}

constexpr std::size_t fields = 23;

// When it was asked for and, on a line of its own, when its code was made: not noted once.
bool read_begun(std::string_view text, Carried& carried) {
  const auto line = text.find('\n');
  const auto asked = unpack_number(text.substr(0, line));
  const auto given = line == std::string_view::npos ? asked : unpack_number(text.substr(line + 1));
  if (!asked || !given) return false;
  carried.asked_at = from_unix_millis(*asked);
  carried.given_at = from_unix_millis(*given);
  return true;
}

// What was given of the issuer's own scopes and, on a line of its own, what was asked for: not noted once.
bool read_openid(std::string_view text, Carried& carried) {
  const auto line = text.find('\n');
  auto given = oauth::ScopeSet::parse_stored(text.substr(0, line));
  auto asked = line == std::string_view::npos ? given : oauth::ScopeSet::parse_stored(text.substr(line + 1));
  if (!given || !asked) return false;
  carried.openid = std::move(given).take();
  carried.openid_asked = std::move(asked).take();
  return true;
}

}  // namespace

std::string encode(const Carried& carried) {
  const auto& authentication = carried.authentication;
  std::string out;
  out.reserve(640);
  for (const std::string_view text :
       {carried.client, carried.user, carried.family, carried.delegation, carried.disclosure, carried.nonce,
        carried.claims, carried.redirect_uri, carried.code_challenge, carried.jkt, authentication.acr,
        authentication.sid})
    pack(out, text);
  for (const std::string& text :
       {carried.scope.text(), carried.openid.text() + "\n" + carried.openid_asked.text(), packed(carried.details),
        packed_resources(carried), packed(authentication.amr)})
    pack(out, text);
  pack(out, unix_millis(carried.at));
  pack(out, std::to_string(unix_millis(carried.asked_at)) + "\n" + std::to_string(unix_millis(carried.given_at)));
  for (const std::int64_t number :
       {static_cast<std::int64_t>(carried.user_version), static_cast<std::int64_t>(carried.client_version),
        std::int64_t{carried.refreshable}})
    pack(out, number);
  if (authentication.auth_time)
    pack(out, unix_millis(*authentication.auth_time));
  else
    pack(out, std::string_view());
  return out;
}

std::optional<Carried> decode(std::string_view text) {
  if (text.starts_with('{')) return from_json(text);
  const auto all = unpack(text);
  if (!all || all->size() != fields) return std::nullopt;
  auto next = all->begin();
  Carried carried;
  auto& authentication = carried.authentication;
  for (auto* into : {&carried.client, &carried.user, &carried.family, &carried.delegation, &carried.disclosure,
                     &carried.nonce, &carried.claims, &carried.redirect_uri, &carried.code_challenge, &carried.jkt,
                     &authentication.acr, &authentication.sid})
    *into = *next++;
  auto scope = oauth::ScopeSet::parse_stored(*next++);
  if (!read_openid(*next++, carried)) return std::nullopt;
  const auto details = unpack(*next++);
  if (!read_resources(*next++, carried)) return std::nullopt;
  auto amr = texts_in(*next++);
  const auto at = unpack_number(*next++);
  if (!read_begun(*next++, carried)) return std::nullopt;
  const auto user_version = unpack_number(*next++), client_version = unpack_number(*next++),
             refreshable = unpack_number(*next++);
  if (!scope || !details || details->size() % 2 != 0 || !amr || !at || !user_version || !client_version || !refreshable)
    return std::nullopt;
  carried.scope = std::move(scope).take();
  for (std::size_t i = 0; i < details->size(); i += 2)
    carried.details.push_back({std::string((*details)[i]), std::string((*details)[i + 1])});
  authentication.amr = std::move(*amr);
  carried.at = from_unix_millis(*at);
  carried.user_version = static_cast<std::uint64_t>(*user_version);
  carried.client_version = static_cast<std::uint64_t>(*client_version);
  carried.refreshable = *refreshable != 0;
  if (!next->empty()) {
    const auto auth_time = unpack_number(*next);
    if (!auth_time) return std::nullopt;
    authentication.auth_time = from_unix_millis(*auth_time);
  }
  return carried;
}

}  // namespace deputy::grants
