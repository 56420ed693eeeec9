// The rules of an authorization request, one a function, in the order they are asked.
#include <algorithm>

#include "delegation/details.h"
#include "delegation/registered.h"
#include "directory/redirect_uri.h"
#include "endpoints/authorize/authorize.h"
#include "endpoints/authorize/hint.h"
#include "flows/asked.h"
#include "flows/step_up.h"
#include "oauth/claims_request.h"
#include "oauth/dpop.h"
#include "oauth/pkce.h"
#include "signin/passkey/passkey.h"

namespace deputy::endpoints::authorize {
namespace {

using flows::AuthorizationRequest;
using oauth::Code;
using oauth::Error;

constexpr std::size_t state_max = 2000, short_max = 500, acr_max = 10, acr_bytes_max = 200;

struct Check {
  const Parameters& from;
  const Call& call;
  App& app;
  AuthorizationRequest& request;
  const directory::Registration& registration() const { return from.client->registration; }
};
using Rule = Result<Done, Error> (*)(Check&);

Fail<Error> malformed(std::string sentence) { return Fail{Error(Code::invalid_request, std::move(sentence))}; }

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

// A31, OIDC Core §3.1.2.6: a request_uri that was not given for a push is never fetched. To whom that is said, the rest
// of the parameters says.
Fail<Error> not_fetched() {
  return Fail{Error(Code::request_uri_not_supported, "no request_uri is fetched: push the request to this server, and "
                                                     "send the one that is given for it (RFC 9126)")};
}

// How an answer travels. What cannot be followed is told by the query, and a state that is too long is not sent back.
Result<Done, Error> check_response_mode(Check& check) {
  const auto state = check.from.form.get("state").value_or("");
  const auto mode = check.from.form.get("response_mode").value_or("query");
  const bool known = mode == "query" || mode == "form_post", short_enough = state.size() <= state_max;
  if (known) check.request.response_mode = mode;
  if (short_enough) check.request.state = state;
  if (!known) return malformed("response_mode is query or form_post");
  if (!short_enough) return malformed("state is longer than 2000 bytes");
  return Done{};
}

Result<Done, Error> check_request_uri(Check& check) {
  if (check.from.form.get("request_uri")) return not_fetched();
  return Done{};
}

// RFC 9126 §5 and §6, RFC 9101 §10.5, FAPI 2.0 §5.3.2.2: what this server and the client's own registration demand of
// how a request comes.
Result<Done, Error> check_way(const AuthorizationRequest& request, const directory::Registration& registration,
                              App& app) {
  const bool is_pushed = !request.request_uri.empty();
  if (app.live.now()->pushed_requests_required && !is_pushed)
    return malformed("requests must be pushed to this server (RFC 9126)");
  if ((registration.pushed_requests_required || registration.fapi2) && !is_pushed)
    return malformed("this client's requests must be pushed (RFC 9126)");
  if (registration.signed_requests_required && !request.is_signed)
    return malformed("this client's requests must be signed (RFC 9101)");
  if (registration.fapi2 && registration.is_public)
    return Fail{Error(Code::unauthorized_client, "a public client cannot be held to FAPI 2.0")};
  return Done{};
}

Result<Done, Error> check_profile(Check& check) { return check_way(check.request, check.registration(), check.app); }

// RFC 6749 §3.1.1; OAuth 2.1: no implicit flow, by whatever name it is asked for (A8).
Result<Done, Error> check_response_type(Check& check) {
  const auto type = check.from.form.get("response_type");
  if (!type) return malformed("response_type is missing");
  if (*type != "code")
    return Fail{Error(Code::unsupported_response_type, "the response_type that is spoken here is code")};
  return Done{};
}

// OIDC Core §3.1.2.1: with the scope openid it is an OpenID request.
bool asks_for_openid(const Parameters& parameters) {
  const auto scope = parameters.form.get("scope");
  const auto words = words_of(scope ? *scope : std::string_view(parameters.client->registration.default_scope));
  return std::find(words.begin(), words.end(), "openid") != words.end();
}

// RFC 7636 §4.4.1, RFC 9700 §2.1.1: by S256, whoever the client is (A4). One that is excused may leave it out, whole,
// where it can check a nonce instead (OAuth 2.1 §7.5.1, docs/adr/0028).
Result<Done, Error> check_pkce(Check& check) {
  const auto challenge = check.from.form.get("code_challenge"), method = check.from.form.get("code_challenge_method");
  if (!challenge) {
    if (flows::lacks_challenge(check.request, *check.from.client))
      return malformed("code_challenge is missing: this client proves its codes by PKCE (RFC 7636)");
    if (method) return malformed("code_challenge_method stands without a code_challenge: send both, or neither");
    if (!asks_for_openid(check.from))
      return malformed("code_challenge is missing: this client may leave it out only where it asks for openid");
    return Done{};
  }
  if (method != "S256") return malformed("send code_challenge_method=S256: plain hides nothing");
  if (!oauth::is_code_challenge(*challenge)) return malformed("code_challenge is no base64url of a SHA-256");
  check.request.code_challenge = *challenge;
  return Done{};
}

Result<Done, Error> check_scope(Check& check) {
  const auto asked = check.from.form.get("scope");
  TRY(auto scope, oauth::ScopeSet::parse(asked ? *asked : std::string_view(check.registration().default_scope)));
  if (scope.empty() && check.from.form.all("resource").empty() && check.from.client->default_resource.empty())
    return Fail{Error(Code::invalid_scope, "name a scope: the client has no default one (RFC 6749 section 3.3)")};
  check.request.scope = std::move(scope);
  return Done{};
}

Result<std::vector<store::Directory::ResourcePtr>, Error> resources_of(Check& check) {
  std::vector<store::Directory::ResourcePtr> found;
  const auto named = check.from.form.all("resource");
  if (named.size() > resources_max) return Fail{Error(Code::invalid_target, "name at most 20 resources")};
  for (const auto identifier : named) {
    if (identifier == check.call.issuer) continue;  // the issuer's own: what openid is for
    TRY(auto resource, check.app.directory.resource(check.call.tenant, identifier));
    if (resource == nullptr)
      return Fail{Error(Code::invalid_target,
                        "a resource is not registered: send its identifier exactly, trailing slash included")};
    const auto same = [&](const auto& one) { return one->id == resource->id; };
    if (std::none_of(found.begin(), found.end(), same)) found.push_back(std::move(resource));
  }
  return found;
}

bool asks_of_resources(const oauth::ScopeSet& scope) {
  return !std::all_of(scope.tokens().begin(), scope.tokens().end(), flows::is_openid_scope);
}

bool is_defined(std::string_view scope, const std::vector<store::Directory::ResourcePtr>& resources) {
  return std::any_of(resources.begin(), resources.end(), [&](const auto& one) { return one->defines(scope); });
}

// The client's own resource, where the request names none and asks for something of one: by its scopes, or by nothing.
Result<store::Directory::ResourcePtr, Error> default_resource(const Check& check) {
  const auto& id = check.from.client->default_resource;
  const bool asks = check.request.scope.empty() ? check.from.form.all("resource").empty()
                                                : asks_of_resources(check.request.scope);
  if (!asks || id.empty()) return store::Directory::ResourcePtr();
  TRY(auto resource, check.app.directory.resource_by_id(check.call.tenant, id));
  return resource;
}

// OIDC Core §3.1.2.1: "Scope values used that are not understood by an implementation SHOULD be ignored."
void ignore_unknown(AuthorizationRequest& request, const std::vector<store::Directory::ResourcePtr>& resources) {
  oauth::ScopeSet known;
  for (const auto& scope : request.scope.tokens())
    (flows::is_openid_scope(scope) || is_defined(scope, resources) ? known : request.ignored).add(scope);
  request.scope = std::move(known);
}

// RFC 8707 §2.1: the scopes are those of the resources named, or of the client's default one.
Result<Done, Error> check_resources(Check& check) {
  auto& request = check.request;
  TRY(auto resources, resources_of(check));
  const bool by_default = resources.empty();
  if (by_default) {
    TRY(auto resource, default_resource(check));
    if (resource != nullptr) resources.push_back(std::move(resource));
  }
  // A resource alone asks for what it has: the person is shown it, scope by scope, and chooses.
  if (request.scope.empty()) {
    for (const auto& resource : resources) {
      for (const auto& scope : resource->scopes) request.scope.add(scope.name);
      if (request.scope.tokens().size() > oauth::ScopeSet::asked_max)
        return Fail{Error(Code::invalid_scope, "the resources define more than 256 scopes: name those you need")};
    }
  }
  if (request.scope.contains("openid")) ignore_unknown(request, resources);
  const auto& scopes = request.scope.tokens();
  if (scopes.empty()) return Fail{Error(Code::invalid_scope, "the resources that are asked for define no scope")};
  const bool of_resources = asks_of_resources(request.scope);
  if (by_default && !of_resources) resources.clear();
  if (resources.empty() && of_resources)
    return Fail{Error(Code::invalid_target, "name the resource whose scopes are asked for (RFC 8707 section 2)")};
  // OIDC Core §3.1.2.1: who the person is, is told to an OpenID request alone. Of another no token could be given.
  if (resources.empty() && !request.scope.contains("openid"))
    return Fail{Error(Code::invalid_scope, "name openid with the scopes that say who the person is, or a resource")};
  if (!resources.empty() && !of_resources)
    return Fail{Error(Code::invalid_scope, "name a scope of the resources that are asked for")};
  for (const auto& scope : scopes) {
    if (!flows::is_openid_scope(scope) && !is_defined(scope, resources))
      return Fail{Error(Code::invalid_scope, "a scope is defined by none of the resources that are named")};
  }
  for (const auto& resource : resources) {
    if (!tokens::may_sign_for(*check.from.client, *resource)) return Fail{tokens::signed_with_rs256()};
    request.resources.push_back(resource->identifier);
    request.required.add(flows::demands_of(*resource, request.scope));
  }
  return Done{};
}

// RFC 9396 §5: what is not understood is refused whole; a type is understood at the resources that are asked for.
Result<Done, Error> check_details(Check& check) {
  const auto details = check.from.form.get("authorization_details");
  if (!details) return Done{};
  TRY(const auto parsed, delegation::parse_details(*details, check.call.now));
  if (check.request.resources.empty() && !parsed.none)
    return Fail{Error(Code::invalid_authorization_details, "name the resource that they are for (RFC 9396 section "
                                                           "3.2): of who the person is there are none")};
  std::vector<store::Directory::ResourcePtr> resources;
  for (const auto& identifier : check.request.resources) {
    TRY(auto resource, check.app.directory.resource(check.call.tenant, identifier));
    if (resource != nullptr) resources.push_back(std::move(resource));
  }
  TRY(const auto resolved, delegation::resolve(parsed.registered, resources));
  check.request.details = *details;
  return Done{};
}

// OIDC Core §3.1.2.1
Result<Done, Error> check_prompt(Check& check) {
  const auto text = check.from.form.get("prompt").value_or("");
  if (text.size() > short_max) return malformed("prompt is at most 500 bytes long");
  const auto prompts = words_of(text);
  for (const auto& prompt : prompts) {
    if (prompt == "none") check.request.prompt_none = true;
    else if (prompt == "login") check.request.prompt_login = true;
    else if (prompt == "consent") check.request.prompt_consent = true;
    else if (prompt == "select_account") check.request.prompt_select_account = true;
    else return malformed("prompt is of: none, login, consent, select_account");
  }
  if (check.request.prompt_none && prompts.size() > 1) return malformed("prompt=none stands alone");
  return Done{};
}

Result<Done, Error> check_max_age(Check& check) {
  const auto text = check.from.form.get("max_age");
  if (!text) return Done{};
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text->size() > 9 || !std::all_of(text->begin(), text->end(), digit))
    return malformed("max_age is a whole number of seconds, of nine digits at most");
  std::int64_t seconds = 0;
  for (const char c : *text) seconds = seconds * 10 + (c - '0');
  check.request.max_age = Seconds(seconds);
  return Done{};
}

// OIDC Core §5.5: which claims, of whom (§5.5.1), and how they must sign in where that is essential (§5.5.1.1).
Result<Done, Error> check_claims(Check& check) {
  const auto text = check.from.form.get("claims").value_or("");
  TRY(auto claims, oauth::ClaimsRequest::parse(text));
  check.request.claims = text;
  check.request.named_users = std::move(claims.subs);
  check.request.essential_acr = std::move(claims.essential_acr);
  return Done{};
}

Result<Done, Error> check_hints(Check& check) {
  struct Hint {
    std::string_view name;
    std::string AuthorizationRequest::* of;
  };
  for (const auto& [name, of] : {Hint{"nonce", &AuthorizationRequest::nonce},
                                 Hint{"login_hint", &AuthorizationRequest::login_hint},
                                 Hint{"ui_locales", &AuthorizationRequest::ui_locales}}) {
    const auto value = check.from.form.get(name).value_or("");
    if (value.size() > short_max) return malformed("nonce, login_hint and ui_locales are at most 500 bytes long");
    check.request.*of = value;
  }
  // As long as a tenant may name one; who asks need not be known yet, and their request may be kept (A42).
  const auto text = check.from.form.get("acr_values").value_or("");
  auto values = words_of(text);
  const auto too_long = [](const std::string& value) { return value.size() > acr_bytes_max; };
  if (text.size() > acr_max * (acr_bytes_max + 1) || values.size() > acr_max ||
      std::any_of(values.begin(), values.end(), too_long))
    return malformed("acr_values holds at most 10 values, each of at most 200 bytes");
  check.request.acr_values = std::move(values);
  return Done{};
}

// RFC 9449 §10
Result<Done, Error> check_key(Check& check) {
  check.request.dpop_jkt = check.from.jkt;
  const auto jkt = check.from.form.get("dpop_jkt");
  if (!jkt) return Done{};
  if (!oauth::is_thumbprint(*jkt)) return malformed("dpop_jkt is no thumbprint of a key (RFC 7638)");
  check.request.dpop_jkt = *jkt;
  return Done{};
}

// OIDC Core §3.1.2.1: who the client believes the person to be. Nobody else is answered of.
Result<Done, Error> check_id_token_hint(Check& check) {
  const auto text = check.from.form.get("id_token_hint");
  if (!text) return Done{};
  TRY(const auto hint, read_hint(*text, check.call, check.app));
  if (!hint || hint->client_id != check.from.client->client_id)
    return malformed("id_token_hint is no ID token of this server for this client");
  auto& named = check.request.named_users;
  // §5.5.1: "sub" with a value asks for that person; the two must not name two.
  if (!named.empty() && std::find(named.begin(), named.end(), hint->user) == named.end())
    return malformed("id_token_hint and claims name different persons");
  named = {hint->user};
  return Done{};
}

constexpr Rule rules[] = {check_response_mode, check_request_uri, check_profile,   check_response_type, check_pkce,
                          check_scope,         check_resources,   check_details,   check_prompt,        check_max_age,
                          check_claims,        check_hints,       check_key,       check_id_token_hint};

}  // namespace

Result<Done, Error> check_redirect(const Parameters& parameters, AuthorizationRequest& request) {
  const auto& registered = parameters.client->registration.redirect_uris;
  const auto sent = parameters.form.get("redirect_uri");
  if (registered.empty()) return malformed("the client has no redirect URI registered");
  // RFC 6749 §3.1.2.3: it may be left out where there is only one. FAPI 2.0 asks for it always, OIDC Core §3.1.2.1 of
  // every OpenID request.
  if (!sent && (registered.size() > 1 || parameters.client->registration.fapi2 || asks_for_openid(parameters))) {
    if (parameters.form.get("request_uri")) return not_fetched();
    return malformed("redirect_uri is missing");
  }
  if (sent && !directory::any_redirects_to(registered, *sent))
    return malformed("redirect_uri is not one that the client has registered, character by character");
  request.redirect_uri = sent ? std::string(*sent) : registered.front();
  return Done{};
}

Result<Done, Error> check_request(const Parameters& parameters, const Call& call, App& app,
                                  AuthorizationRequest& request) {
  Check check{parameters, call, app, request};
  for (const auto rule : rules) {
    TRY(const auto held, rule(check));
  }
  return Done{};
}

Result<Done, Error> check_waiting(const AuthorizationRequest& request, const directory::Principal& client, App& app) {
  TRY(const auto came, check_way(request, client.registration, app));
  if (flows::lacks_challenge(request, client))
    return malformed("code_challenge is missing, and this client may not leave it out any more (RFC 7636)");
  return Done{};
}

Result<Done, Error> check_possible(AuthorizationRequest request, const flows::Demands& required, Ways ways,
                                   const Call& call, App& app) {
  TRY(auto policy, signin::policy_of(app.store, call.tenant));
  if (ways == Ways::ever) policy = {.acr = std::move(policy.acr)};
  else policy.passkey = policy.passkey && signin::passkeys_possible(app.sign_in.config);
  const auto supported = signin::acr_supported(policy);
  request.required = required;
  if (flows::strong_enough(request, supported.empty() ? "" : supported.back(), policy.acr)) return Done{};
  return Fail{Error(Code::unmet_authentication_requirements, "nobody can sign in here as strongly as is asked for")};
}

}  // namespace deputy::endpoints::authorize
