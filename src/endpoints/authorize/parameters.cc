// Where the parameters of an authorization request come from: the query or form, a signed object, or an earlier push.
#include <set>

#include "crypto/hash.h"
#include "endpoints/authorize/authorize.h"

namespace deputy::endpoints::authorize {
namespace {

using oauth::Code;
using oauth::Error;
using oauth::Form;

Fail<Error> bad_request_uri(std::string why) {
  return Fail{Error(Code::invalid_request_uri, "the request_uri is not valid: it is used, expired or another client's",
                    std::move(why))};
}

// RFC 9126 §4: bound to the client that pushed it.
Result<Parameters, Error> pushed(std::string_view request_uri, store::Directory::PrincipalPtr client, const Call& call,
                                 App& app) {
  Parameters out{.client = std::move(client), .request_uri = crypto::sha256_base64url(request_uri)};
  TRY(const auto kept, app.store.kept(store::Use::request_uri, call.tenant, out.request_uri, call.now));
  if (!kept) return bad_request_uri("no such request, or expired");
  TRY(const auto used, app.store.kept(store::Use::request_uri_used, call.tenant, out.request_uri, call.now));
  if (used) return bad_request_uri("used before");
  TRY(auto body, parse_stored(kept->body));
  if (json_text(body, "client") != out.client->id) return bad_request_uri("another client's");
  out.is_signed = json_boolean(body, "signed").value_or(false);
  TRY(auto form, Form::parse(json_text(body, "form").value_or(""), repeatable));
  out.form = std::move(form);
  out.jkt = json_text(body, "jkt").value_or("");
  return out;
}

}  // namespace

void tell_of_asked(const Form& form, const Call& call, App& app, audit::Event& event) {
  if (const auto scope = oauth::ScopeSet::parse(form.get("scope").value_or(""))) event.scope_asked = scope->text();
  const auto named = form.all("resource");
  if (named.size() > resources_max) return;
  for (const auto identifier : std::set<std::string_view>(named.begin(), named.end())) {
    const auto resource = app.directory.resource(call.tenant, identifier);
    if (resource && *resource) event.resources.push_back((*resource)->identifier);
  }
}

Error no_client(std::string detail) {
  return {Code::invalid_request, "client_id is missing, or not one that may send people here", std::move(detail)};
}

Result<Parameters, Error> parameters_of(const Call& call, App& app, audit::Event& event) {
  const bool by_post = call.request.method == "POST";
  if (by_post && !call.request.query.empty())
    return Fail{Error(Code::invalid_request, "send the parameters in the body, not in the query")};
  // A6: one that is repeated has no one meaning, so it has none.
  TRY(auto form, Form::parse(by_post ? call.request.body : call.request.query, repeatable));
  const auto client_id = form.get("client_id");
  if (!client_id) return Fail{no_client("client_id is missing")};
  TRY(auto client, app.directory.principal(call.tenant, *client_id));
  if (client == nullptr || client->kind == directory::Kind::user)
    return Fail{no_client("unknown client")};
  event.client = client->id;
  if (client->state(call.now) != directory::State::active)
    return Fail{no_client("client not active")};
  // A16: to whoever is not it, an agent that nobody signs in to is no client.
  if (client->registration.redirect_uris.empty()) return Fail{no_client("no redirect URI")};
  const auto request = form.get("request"), request_uri = form.get("request_uri");
  if (request && request_uri)
    return Fail{Error(Code::invalid_request, "send request or request_uri, not both (RFC 9101 section 5)")};
  if (request_uri && request_uri->starts_with(request_uri_prefix))
    return pushed(*request_uri, std::move(client), call, app);
  if (request) {
    TRY(auto inside, read_request_object(*request, *client, call, app));
    return Parameters{.client = std::move(client), .form = std::move(inside), .is_signed = true};
  }
  return Parameters{.client = std::move(client), .form = std::move(form)};
}

}  // namespace deputy::endpoints::authorize
