// Discovery: RFC 8414, OpenID Connect Discovery, RFC 9728 and the JWK Set, exact for what this server really speaks.
#include "base/bounded_cache.h"
#include "base/encoding.h"
#include "crypto/hash.h"
#include "directory/detail_type.h"
#include "endpoints/app.h"
#include "endpoints/client_auth.h"
#include "endpoints/oauth.h"
#include "grants/all.h"
#include "http/entity_tag.h"
#include "http/message.h"
#include "oauth/dpop.h"
#include "signin/methods.h"
#include "signin/passkey/passkey.h"

namespace deputy::endpoints {
namespace {

constexpr std::array<std::string_view, 5> signing_algorithms{"ES256", "Ed25519", "EdDSA", "PS256", "RS256"};

template <class Range>
json::array array_of(const Range& range) {
  json::array out;
  for (const auto& one : range) out.emplace_back(std::string_view(one));
  return out;
}

// What a client of a person's flow must know (OpenID Connect Discovery §3, RFC 9126 §5, RFC 9101 §10.5, RFC 9207 §3).
void add_authorization(const std::string& issuer, const LiveConfig& config, json::object& document) {
  document["authorization_endpoint"] = issuer + "/oauth2/authorize";
  document["pushed_authorization_request_endpoint"] = issuer + "/oauth2/par";
  document["userinfo_endpoint"] = issuer + "/oauth2/userinfo";
  document["end_session_endpoint"] = issuer + "/oauth2/logout";
  document["response_types_supported"] = json::array{"code"};
  document["response_modes_supported"] = json::array{"query", "form_post"};
  document["code_challenge_methods_supported"] = json::array{"S256"};
  document["authorization_response_iss_parameter_supported"] = true;
  // Of all clients; where it is false, a client's own registration may still demand it.
  document["require_pushed_authorization_requests"] = config.pushed_requests_required;
  document["request_parameter_supported"] = true;
  document["request_uri_parameter_supported"] = false;  // none is fetched; what was pushed is no fetch
  document["request_object_signing_alg_values_supported"] = array_of(signing_algorithms);
  document["prompt_values_supported"] = json::array{"none", "login", "consent", "select_account"};
  document["claims_parameter_supported"] = true;
  document["claims_supported"] = json::array{"iss",  "sub",       "aud", "azp", "exp", "iat",
                                             "sid",  "auth_time", "acr", "amr", "nonce", "at_hash",
                                             "name", "preferred_username", "email", "email_verified"};
  document["scopes_supported"] = json::array{"openid", "profile", "email", "offline_access"};
  document["id_token_signing_alg_values_supported"] = json::array{"RS256", "ES256", "EdDSA"};
  document["ui_locales_supported"] = json::array{"en", "zh"};
  document["backchannel_logout_supported"] = true;
  document["backchannel_logout_session_supported"] = true;
}

// The same document for RFC 8414 and for OpenID Connect Discovery. RFC 8414 §3.2: members without elements are left
// out.
std::string server_document(const std::string& issuer, const LiveConfig& config,
                            const std::vector<std::string>& detail_types, const std::vector<std::string>& acr) {
  json::object document;
  document["issuer"] = issuer;
  document["token_endpoint"] = issuer + "/oauth2/token";
  document["introspection_endpoint"] = issuer + "/oauth2/introspect";
  document["revocation_endpoint"] = issuer + "/oauth2/revoke";
  document["jwks_uri"] = issuer + "/oauth2/jwks";
  json::array grant_types;
  for (const auto* grant : grants::all) grant_types.emplace_back(grant->grant_type);
  document["grant_types_supported"] = std::move(grant_types);
  for (const auto* endpoint : {"token", "introspection", "revocation"}) {
    const std::string name(endpoint);
    document[name + "_endpoint_auth_methods_supported"] = array_of(client_auth_methods);
    document[name + "_endpoint_auth_signing_alg_values_supported"] = array_of(signing_algorithms);
  }
  // Who can keep no secret gets tokens, and gives them up; nothing is told them of another's.
  document["token_endpoint_auth_methods_supported"] = array_of(public_auth_methods);
  document["revocation_endpoint_auth_methods_supported"] = array_of(public_auth_methods);
  add_authorization(issuer, config, document);
  document["introspection_signing_alg_values_supported"] = json::array{"ES256"};
  auto types = array_of(directory::own_detail_types);  // RFC 9396 §10
  for (const auto& type : detail_types) types.emplace_back(type);
  if (!acr.empty()) document["acr_values_supported"] = array_of(acr);  // OpenID Connect Discovery §3
  document["authorization_details_types_supported"] = std::move(types);
  document["dpop_signing_alg_values_supported"] = array_of(oauth::dpop_algorithms);  // RFC 9449 §5.1
  document["subject_types_supported"] = json::array{"public"};
  document["protected_resources"] = json::array{issuer + "/v1"};
  return json::serialize(document);
}

using Text = std::shared_ptr<const std::string>;

// A public document: cacheable, with an ETag so that a poll costs nothing.
Answer document(const Call& call, Text text, std::string_view digest, Seconds max_age) {
  auto tag = "\"" + std::string(digest.substr(0, 22)) + "\"";
  const bool known = http::names_tag(call.request, "If-None-Match", tag, http::TagComparison::weak);
  http::Response response{.status = known ? 304 : 200, .content_type = "application/json"};
  if (!known) response.document = std::move(text);
  response.headers.reserve(2);
  response.headers.emplace_back("Cache-Control", "public, max-age=" + std::to_string(max_age.count()));
  response.headers.emplace_back("ETag", std::move(tag));
  return {.response = std::move(response), .writes = {}, .refused = {}};
}

// A server's document, and what it was made of: the types of details that the tenant's resources register, and the
// tenant's record, by which its people can reach an acr.
struct Written {
  std::shared_ptr<const std::vector<std::string>> detail_types;
  std::shared_ptr<const store::Record> tenant;
  bool pushed_requests_required;
  std::string text, digest;
};

// It says what this build speaks, what a setting demands, who the issuer is, and what the tenant's records make of it:
// so it is written once for all of these, which the directory gives as the same objects until they change.
Result<std::shared_ptr<const Written>, Fault> server_document_of(const Call& call, App& app) {
  static BoundedCache<Written> known(1u << 20);
  TRY(auto types, app.directory.detail_types(call.tenant));
  TRY(auto tenant, app.directory.tenant(call.tenant));
  if (tenant == nullptr) return Fail{Fault{Fault::Kind::not_found, "there is no such tenant"}};
  const auto live = app.live.now();
  const bool pushed = live->pushed_requests_required;
  if (auto found = known.find(call.issuer);
      found && found->detail_types == types && found->tenant == tenant && found->pushed_requests_required == pushed)
    return found;
  TRY(const auto body, parse_stored(tenant->body));
  auto policy = signin::policy_from(body);
  policy.passkey = policy.passkey && signin::passkeys_possible(app.sign_in.config);
  auto text = server_document(call.issuer, *live, *types, signin::acr_supported(policy));
  auto digest = crypto::sha256_base64url(text);
  auto written = std::make_shared<const Written>(
      Written{std::move(types), std::move(tenant), pushed, std::move(text), std::move(digest)});
  known.put(call.issuer, written, written->text.size() + written->digest.size() + written->tenant->body.size());
  return written;
}

}  // namespace

Answer authorization_server_metadata(const Call& call, App& app) {
  const auto written = server_document_of(call, app);
  if (!written) return {.response = oauth_error(app, oauth::Error(written.error())), .writes = {}, .refused = {}};
  return document(call, Text(*written, &(*written)->text), (*written)->digest, Seconds(300));
}

Answer protected_resource_metadata(const Call& call, App& app) {
  auto resource = app.directory.resource(call.tenant, call.issuer + "/v1");
  if (!resource) return {.response = oauth_error(app, oauth::Error(resource.error())), .writes = {}, .refused = {}};
  json::array scopes;
  if (*resource != nullptr)
    for (const auto& scope : (*resource)->scopes) scopes.emplace_back(scope.name);
  json::object out{{"resource", call.issuer + "/v1"},
                   {"authorization_servers", json::array{call.issuer}},
                   {"bearer_methods_supported", json::array{"header"}},
                   {"dpop_signing_alg_values_supported", array_of(oauth::dpop_algorithms)},
                   {"resource_name", "Deputy API"}};
  if (!scopes.empty()) out["scopes_supported"] = std::move(scopes);  // RFC 9728 §3.2
  auto text = std::make_shared<const std::string>(json::serialize(out));
  const auto digest = crypto::sha256_base64url(*text);
  return document(call, std::move(text), digest, Seconds(300));
}

Answer jwks(const Call& call, App& app) {
  auto keys = app.keyring.keys(call.tenant);
  if (!keys) return {.response = oauth_error(app, oauth::Error(keys.error())), .writes = {}, .refused = {}};
  auto answer = document(call, Text(*keys, &(*keys)->jwks_json), (*keys)->jwks_digest,
                         app.keyring.config().jwks_max_age);
  answer.response.content_type = "application/jwk-set+json";
  return answer;
}

}  // namespace deputy::endpoints
