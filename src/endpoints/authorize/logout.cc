// GET and POST /oauth2/logout (OpenID Connect RP-Initiated Logout 1.0): a session ends, and its clients are told.
#include <algorithm>

#include "base/encoding.h"
#include "endpoints/authorize/authorize.h"
#include "endpoints/authorize/hint.h"
#include "endpoints/people/browser.h"
#include "endpoints/people/names.h"
#include "pages/inert.h"
#include "pages/layout.h"

namespace deputy::endpoints::authorize {
namespace {

using oauth::Code;
using oauth::Error;

constexpr std::string_view read[] = {"id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales"};

// What is asked: who is to be signed out, and where the browser may go then.
struct Asked {
  std::optional<Hint> hint;
  std::string client_id, redirect_uri, state;  // redirect_uri: registered, or empty
  std::string ui_locales;                      // §2: in which languages, also once it is confirmed
};

Result<Asked, Error> asked_of(const oauth::Form& form, const Call& call, App& app) {
  Asked asked{.client_id = std::string(form.get("client_id").value_or("")),
              .state = std::string(form.get("state").value_or("")),
              .ui_locales = std::string(form.get("ui_locales").value_or(""))};
  const auto text = form.get("id_token_hint");
  if (text) {
    TRY(auto hint, read_hint(*text, call, app));
    // §2: "the OP MUST verify that the Client Identifier matches the one used when issuing the ID Token".
    if (hint && !asked.client_id.empty() && asked.client_id != hint->client_id)
      return Fail{Error(Code::invalid_request, "client_id differs from the ID token's audience")};
    if (hint) asked.client_id = hint->client_id;
    asked.hint = std::move(hint);
  }
  const auto to = form.get("post_logout_redirect_uri");
  // §2, §3: of no client no URI is registered, and the browser is sent nowhere; the person who wants to sign out is
  // asked all the same. So it is where the ID token is of a key that is gone: a hint long after its session (§4).
  if (!to || asked.client_id.empty()) return asked;
  TRY(const auto client, app.directory.principal(call.tenant, asked.client_id));
  // A28: one that was stopped is sent nobody, as at the authorization endpoint.
  const bool stands = client != nullptr && client->state(call.now) == directory::State::active;
  const auto registered = stands ? client->registration.post_logout_redirect_uris : std::vector<std::string>();
  // §3: exactly one that is registered, or the browser is sent nowhere (A2).
  if (std::find(registered.begin(), registered.end(), *to) == registered.end())
    return Fail{Error(Code::invalid_request, "post_logout_redirect_uri is not one that the client has registered")};
  asked.redirect_uri = *to;
  return asked;
}

Answer signed_out(const Call& call, App& app, const people::Browser& browser, const Asked& asked) {
  const auto say = people::speaker_of(call, app, asked.ui_locales);
  if (asked.redirect_uri.empty())
    return people::show(call, browser, 200,
                        pages::message_page(say, {.title = say("You are signed out"),
                                                  .text = say("Your agents go on with what you allowed, until you "
                                                              "take it back."),
                                                  .to = browser.base + "/sign-in",
                                                  .label = say("Sign in")}));
  auto to = asked.redirect_uri;
  if (!asked.state.empty())
    to.append(to.find('?') == std::string::npos ? "?" : "&").append("state=").append(percent_encode(asked.state));
  return people::go(std::move(to));
}

// Whoever is signed in is asked, where nothing shows that it is them who want it (§2, §6).
Answer ask(const Call& call, App& app, const people::Browser& browser, const Asked& asked) {
  const auto say = people::speaker_of(call, app, asked.ui_locales);
  const auto name = people::Names(app, call.tenant).name_of(browser.session.user);
  if (!name) return people::broken(call, name.error());
  const auto who = say("Signed in as {0}.", {pages::el("bdi", {}, {pages::inert(*name)})});
  const auto form = pages::form(browser.base + "/oauth2/logout", browser.way("logout").csrf,
                                {pages::hidden("client_id", asked.client_id),
                                 pages::hidden("post_logout_redirect_uri", asked.redirect_uri),
                                 pages::hidden("state", asked.state), pages::hidden("ui_locales", asked.ui_locales),
                                 pages::button(say("Sign out"))});
  std::string why;  // whoever opened the address themselves knows
  if (asked.hint && asked.hint->user != browser.session.user)
    why = say("The application speaks of another account than the one you are signed in with.");
  else if (!asked.client_id.empty())
    why = say("The application cannot show that you asked for this.");
  const auto stay = pages::link(browser.base + "/account", say("Stay signed in"));
  return people::show(call, browser, 200,
                      pages::page(say, {.title = say("Sign out")},
                                  pages::all({pages::el("h1", {}, {say("Do you want to sign out?")}),
                                              pages::el("p", {{"class", "quiet"}}, {who}),
                                              why.empty() ? pages::Html() : pages::el("p", {}, {why}), form,
                                              pages::el("p", {{"class", "foot"}}, {stay})})),
                      asked.redirect_uri);
}

Answer end(const Call& call, App& app, const people::Browser& browser, const Asked& asked) {
  auto answer = signed_out(call, app, browser, asked);
  auto event = event_of(call, app, "session.end", audit::Decision::done);
  event.actor = event.subject = browser.session.user;
  // Of a session that ends, no last use is noted.
  answer.writes = flows::end(browser.session, {call.tenant, call.issuer}, app.random, call.now);
  answer.refused = [&app, kept = people::Kept(call), asked, before = event](const store::Refused&) {
    const auto again = kept.call();
    const auto now = people::browser_of(again, app);
    if (!now) return people::broken(again, now.error());
    if (!now->signed_in()) return signed_out(again, app, *now, asked);  // another window was quicker
    return error_page(again, app, before,
                      Error(Code::temporarily_unavailable, "the session changed meanwhile: try again"),
                      asked.ui_locales);
  };
  answer.writes.emplace_back(store::Append{std::move(event)});
  answer.response.headers.emplace_back("Set-Cookie", flows::forgetting_cookie(call.request, call.tenant));
  return answer;
}

}  // namespace

Answer logout(const Call& call, App& app) {
  if (auto again = once_more_by_get(call, "/oauth2/logout", read)) return std::move(*again);
  auto event = event_of(call, app, "session.end", audit::Decision::refused);
  auto browser = people::browser_of(call, app);
  if (!browser) return people::broken(call, browser.error());
  const bool by_post = call.request.method == "POST";
  const auto form = oauth::Form::parse(by_post ? call.request.body : call.request.query);
  if (!form) return error_page(call, app, std::move(event), form.error());
  const auto asked = asked_of(*form, call, app);
  if (!asked) return error_page(call, app, std::move(event), asked.error());
  if (!browser->signed_in()) return signed_out(call, app, *browser, *asked);
  // §2: an ID token of a session that is over, or of another browser's, shows nothing of the one that is here.
  const bool theirs = asked->hint && asked->hint->user == browser->session.user &&
                      asked->hint->sid == browser->session.id;
  const bool confirmed =
      by_post && flows::csrf_matches(browser->session, browser->purpose("logout"), form->get("csrf").value_or(""));
  if (theirs || confirmed) return end(call, app, *browser, *asked);
  // A form of ours from before the last sign-in: asked anew on a page that answers no form, and is loaded again.
  if (by_post && form->get("csrf") && people::wants_page(call.request))
    if (auto again = by_get(call, "/oauth2/logout", read)) return std::move(*again);
  return ask(call, app, *browser, *asked);
}

}  // namespace deputy::endpoints::authorize
