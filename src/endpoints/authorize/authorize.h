// The authorization endpoint and what belongs to it: pushed and signed requests, userinfo, logout (RFC 6749 §3.1).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "endpoints/app.h"
#include "endpoints/endpoint.h"
#include "flows/interaction.h"
#include "oauth/form.h"

namespace deputy::endpoints::authorize {

Answer authorize(const Call& call, App& app);      // GET and POST /oauth2/authorize
Answer go_on(const Call& call, App& app);          // GET /oauth2/authorize/continue: after a sign-in
Answer push(const Call& call, App& app);           // POST /oauth2/par
Answer logout(const Call& call, App& app);         // GET and POST /oauth2/logout
Answer userinfo(const Call& call, App& app);       // GET and POST /oauth2/userinfo

// The parameters of a request, wherever they came from, and the client they are believed of. From here on nothing else
// of the request is looked at (RFC 9101 §6.3, RFC 9126 §4).
struct Parameters {
  store::Directory::PrincipalPtr client;
  oauth::Form form;
  bool is_signed = false;
  std::string jkt;          // the key that was proven when it was pushed (RFC 9449 §10.1)
  std::string request_uri;  // of a pushed one: under which it is kept, and its one use is marked; empty: it was not
};

inline constexpr std::string_view repeatable[] = {"resource"};  // RFC 8707 §2
// What is read of an authorization request. Anything else is left where it is: neither kept (A42) nor put into an
// address, where a secret that was sent by mistake would stand in every log (A21).
inline constexpr std::string_view parameters_read[] = {
    "client_id",     "response_type",  "response_mode",         "redirect_uri", "scope",      "resource",
    "state",         "code_challenge", "code_challenge_method", "nonce",        "prompt",     "max_age",
    "acr_values",    "login_hint",     "id_token_hint",         "ui_locales",   "claims",     "authorization_details",
    "dpop_jkt",      "request",        "request_uri"};
inline constexpr std::size_t resources_max = 20;  // that a request names
inline constexpr std::string_view request_uri_prefix = "urn:ietf:params:oauth:request_uri:";

// parameters.cc: of a browser's request. Errors are for the person alone: nobody is known yet to redirect to.
Result<Parameters, oauth::Error> parameters_of(const Call& call, App& app, audit::Event& event);
// For the event of what may be refused: the scopes as they were sent, and of the resources those that there are.
void tell_of_asked(const oauth::Form& form, const Call& call, App& app, audit::Event& event);
// request_object.cc: the parameters of a `request` (RFC 9101), believed because the client signed them.
Result<oauth::Form, oauth::Error> read_request_object(std::string_view text, const directory::Principal& client,
                                                      const Call& call, App& app);

// parameters.cc: one sentence for whoever may not send people here, so that it says of nobody whether they exist. Why
// is for the audit.
oauth::Error no_client(std::string detail);
// check.cc: to whom an answer goes. Errors are for the person alone (RFC 6749 §4.1.2.1).
Result<Done, oauth::Error> check_redirect(const Parameters& parameters, flows::AuthorizationRequest& request);
// Everything else, rule by rule: the first that does not hold goes back to the client.
Result<Done, oauth::Error> check_request(const Parameters& parameters, const Call& call, App& app,
                                         flows::AuthorizationRequest& request);
// Of one that waits, what may be asked for since: that it be pushed or signed, or bear a challenge (A4, A28).
Result<Done, oauth::Error> check_waiting(const flows::AuthorizationRequest& request, const directory::Principal& client,
                                         App& app);
// Is there a way of signing in here, for anybody, that is as strong as the request asks, and `required` beside it?
// `ever` counts what is not allowed now as well: somebody may have signed in by it before. Errors:
// unmet_authentication_requirements.
enum class Ways { now, ever };
Result<Done, oauth::Error> check_possible(flows::AuthorizationRequest request, const flows::Demands& required,
                                          Ways ways, const Call& call, App& app);

// A form once more as a GET. Of its parameters those of `names`, which are no secrets, stand in the query where they
// have a value. None: it is no form, or too long for that.
std::optional<Answer> by_get(const Call& call, std::string_view path, std::span<const std::string_view> names);
// The same of a form that came without the browser's cookie, as another site's does: a GET brings it along
// (SameSite=Lax).
std::optional<Answer> once_more_by_get(const Call& call, std::string_view path,
                                       std::span<const std::string_view> names);

// A page that says what is wrong to the person, where no client is known to be told (A2). `ui_locales` as the request
// has them that was pushed or signed; empty: as its parameters do.
Answer error_page(const Call& call, App& app, audit::Event event, const oauth::Error& error,
                  std::string_view ui_locales = {});

}  // namespace deputy::endpoints::authorize
