// Interactions as JSON, kept under the hash of the id that the browser's URL holds.
#include "flows/interaction.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/json.h"
#include "crypto/hash.h"
#include "directory/person.h"

namespace deputy::flows {
namespace {

using Texts = std::vector<std::string>;

// Members by name, so that what is written and what is read are one list.
struct TextMember {
  std::string_view name;
  std::string AuthorizationRequest::* of;
};
constexpr std::array texts{
    TextMember{"client", &AuthorizationRequest::client},
    TextMember{"redirect_uri", &AuthorizationRequest::redirect_uri},
    TextMember{"response_mode", &AuthorizationRequest::response_mode},
    TextMember{"state", &AuthorizationRequest::state},
    TextMember{"nonce", &AuthorizationRequest::nonce},
    TextMember{"details", &AuthorizationRequest::details},
    TextMember{"code_challenge", &AuthorizationRequest::code_challenge},
    TextMember{"dpop_jkt", &AuthorizationRequest::dpop_jkt},
    TextMember{"login_hint", &AuthorizationRequest::login_hint},
    TextMember{"ui_locales", &AuthorizationRequest::ui_locales},
    TextMember{"claims", &AuthorizationRequest::claims},
};
struct FlagMember {
  std::string_view name;
  bool AuthorizationRequest::* of;
};
constexpr std::array flags{
    FlagMember{"prompt_none", &AuthorizationRequest::prompt_none},
    FlagMember{"prompt_login", &AuthorizationRequest::prompt_login},
    FlagMember{"prompt_consent", &AuthorizationRequest::prompt_consent},
    FlagMember{"prompt_select_account", &AuthorizationRequest::prompt_select_account},
};

std::optional<Texts> texts_of(const json::object& body, std::string_view name) {
  const auto* list = json_member_array(body, name);
  if (list == nullptr) return std::nullopt;
  Texts out;
  for (const auto& one : *list) {
    if (!one.is_string()) return std::nullopt;
    out.emplace_back(one.get_string());
  }
  return out;
}

std::optional<Seconds> seconds_of(const json::object& body, std::string_view name) {
  const auto seconds = json_integer(body, name);
  return seconds ? std::optional(Seconds(*seconds)) : std::nullopt;
}

}  // namespace

std::string encode(const AuthorizationRequest& request) {
  json::object body;
  for (const auto& [name, of] : texts) body[name] = request.*of;
  for (const auto& [name, of] : flags) body[name] = request.*of;
  body["scope"] = request.scope.text();
  if (!request.ignored.empty()) body["ignored"] = request.ignored.text();
  body["resources"] = json::value_from(request.resources);
  body["named_users"] = json::value_from(request.named_users);
  body["acr_values"] = json::value_from(request.acr_values);
  body["essential_acr"] = json::value_from(request.essential_acr);
  body["required_acr"] = json::value_from(request.required.acr);
  body["at"] = unix_millis(request.at);
  if (!request.request_uri.empty()) body["request_uri"] = request.request_uri;
  body["signed"] = request.is_signed;
  if (!request.other_than.empty()) body["other_than"] = request.other_than;
  if (request.max_age) body["max_age"] = request.max_age->count();
  if (request.required.max_age) body["required_max_age"] = request.required.max_age->count();
  return json::serialize(body);
}

std::optional<AuthorizationRequest> decode(std::string_view text) {
  const auto body = parse_stored(text);
  if (!body) return std::nullopt;
  AuthorizationRequest request;
  for (const auto& [name, of] : texts) {
    const auto value = json_text(*body, name);
    if (!value) return std::nullopt;
    request.*of = *value;
  }
  for (const auto& [name, of] : flags) {
    const auto value = json_boolean(*body, name);
    if (!value) return std::nullopt;
    request.*of = *value;
  }
  auto scope = oauth::ScopeSet::parse_stored(json_text(*body, "scope").value_or(" "));
  auto ignored = oauth::ScopeSet::parse_stored(text_of(*body, "ignored"));
  auto resources = texts_of(*body, "resources"), named_users = texts_of(*body, "named_users"),
       acr_values = texts_of(*body, "acr_values"), essential_acr = texts_of(*body, "essential_acr"),
       required_acr = texts_of(*body, "required_acr");
  const auto at = json_integer(*body, "at");
  if (!scope || !ignored || !resources || !named_users || !acr_values || !essential_acr) return std::nullopt;
  if (!required_acr || !at || request.client.empty()) return std::nullopt;
  request.scope = std::move(scope).take();
  request.ignored = std::move(ignored).take();
  request.resources = std::move(*resources);
  request.named_users = std::move(*named_users);
  request.acr_values = std::move(*acr_values);
  request.essential_acr = std::move(*essential_acr);
  request.required = {std::move(*required_acr), seconds_of(*body, "required_max_age")};
  request.at = from_unix_millis(*at);
  request.max_age = seconds_of(*body, "max_age");
  request.request_uri = json_text(*body, "request_uri").value_or("");
  // Of one from before it was noted nobody knows: it was checked as it came, and is not refused for that.
  request.is_signed = json_boolean(*body, "signed").value_or(true);
  request.other_than = json_text(*body, "other_than").value_or("");
  return request;
}

namespace {

std::string answered_key(std::string_view id) { return "answered." + crypto::sha256_base64url(id); }

Result<std::optional<AuthorizationRequest>, Fault> waiting(std::string_view id, std::string_view tenant,
                                                           store::Store& store, Instant now) {
  TRY(const auto kept, store.kept(store::Use::interaction, tenant, crypto::sha256_base64url(id), now));
  if (!kept) return std::optional<AuthorizationRequest>();
  auto request = decode(kept->body);
  if (!request) return Fail{Fault{Fault::Kind::corrupt, "the record of an interaction is damaged"}};
  return request;
}

Result<bool, Fault> is_spent(const AuthorizationRequest& request, std::string_view tenant, store::Store& store,
                             Instant now) {
  if (request.request_uri.empty()) return false;
  TRY(const auto used, store.kept(store::Use::request_uri_used, tenant, request.request_uri, now));
  return used.has_value();
}

}  // namespace

std::optional<store::Write> spend_pushed(const AuthorizationRequest& request, std::string_view tenant, Instant now) {
  if (request.request_uri.empty()) return std::nullopt;
  // For as long as any visit to it may wait.
  return store::Keep{.use = store::Use::request_uri_used,
                     .tenant = std::string(tenant),
                     .key = request.request_uri,
                     .until = now + pushed_lifetime + interaction_lifetime,
                     .body = ""};
}

store::Writes replace_interaction(std::string_view id, const AuthorizationRequest& request, std::string_view tenant) {
  const std::string in(tenant), key = crypto::sha256_base64url(id), answered = answered_key(id);
  const auto until = request.at + interaction_lifetime;
  // The mark that it was answered is made, if nobody has, and taken away again.
  return {store::Keep{store::Use::interaction, in, answered, until, ""},
          store::Drop{store::Use::interaction, in, answered}, store::Drop{store::Use::interaction, in, key},
          store::Keep{store::Use::interaction, in, key, until, encode(request)}};
}

store::Writes answer_interaction(std::string_view id, const AuthorizationRequest& request, std::string_view tenant,
                                 Instant now, std::string_view answer) {
  const std::string in(tenant);
  const json::object body{{"ui_locales", request.ui_locales}, {"answer", answer}};
  store::Writes writes{store::Drop{store::Use::interaction, in, crypto::sha256_base64url(id)},
                       store::Keep{store::Use::interaction, in, answered_key(id), now + interaction_lifetime,
                                   json::serialize(body)}};
  if (auto spent = spend_pushed(request, tenant, now)) writes.push_back(std::move(*spent));
  return writes;
}

Result<std::optional<Answered>, Fault> answer_of(std::string_view id, std::string_view tenant, store::Store& store,
                                                 Instant now) {
  TRY(const auto kept, store.kept(store::Use::interaction, tenant, answered_key(id), now));
  if (!kept) {  // one that was pushed may have been answered by way of another visit
    TRY(const auto waits, waiting(id, tenant, store, now));
    if (!waits) return std::optional<Answered>();
    TRY(const bool spent, is_spent(*waits, tenant, store, now));
    return spent ? std::optional(Answered{.ui_locales = waits->ui_locales}) : std::nullopt;
  }
  const auto body = parse_json_object(kept->body);
  if (!body) return std::optional(Answered{});  // of a version that kept no more than the answer
  return std::optional(Answered{.ui_locales = text_of(*body, "ui_locales"), .answer = text_of(*body, "answer")});
}

Waiting keep_interaction(const AuthorizationRequest& request, std::string_view tenant, Instant now, Random& random) {
  auto id = base64url(as_text(random.bytes<16>()));
  store::Keep keep{.use = store::Use::interaction,
                   .tenant = std::string(tenant),
                   .key = crypto::sha256_base64url(id),
                   .until = now + interaction_lifetime,
                   .body = encode(request)};
  return {std::move(id), std::move(keep)};
}

Result<std::optional<AuthorizationRequest>, Fault> find_interaction(std::string_view id, std::string_view tenant,
                                                                    store::Store& store, Instant now) {
  TRY(auto request, waiting(id, tenant, store, now));
  if (!request) return request;
  TRY(const bool spent, is_spent(*request, tenant, store, now));
  return spent ? std::nullopt : std::move(request);
}

void tell_of(const AuthorizationRequest& request, audit::Event& event) {
  event.client = request.client;
  auto asked = request.scope;
  for (const auto& scope : request.ignored.tokens()) asked.add(scope);
  event.scope_asked = asked.text();
  event.resources = request.resources;
}

bool lacks_challenge(const AuthorizationRequest& request, const directory::Principal& client) {
  return request.code_challenge.empty() && client.registration.pkce_required;
}

bool is_openid_scope(std::string_view scope) {
  const auto& all = directory::openid_scopes;
  return std::find(all.begin(), all.end(), scope) != all.end();
}

}  // namespace deputy::flows
