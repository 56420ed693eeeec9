// Browser: one request by a person's browser: its session, its language, and the one way a page is answered.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "endpoints/app.h"
#include "endpoints/endpoint.h"
#include "flows/interaction.h"
#include "flows/session.h"
#include "grants/grant.h"
#include "oauth/form.h"
#include "pages/views/sign_in.h"

namespace deputy::endpoints::people {

// The request, kept by value: what is left of a Call when work goes on elsewhere.
struct Kept {
  http::Request request;  // without its body, which holds what was typed
  std::string tenant, issuer;
  Instant now;
  explicit Kept(const Call& call);
  Call call() const { return {request, tenant, issuer, {}, now}; }
};

struct Browser {
  flows::Session session;
  std::string set_cookie;                              // where the session has just begun, by no form
  std::string interaction;                             // `i` of the URL; empty: the person came by themselves
  std::optional<flows::AuthorizationRequest> request;  // what waits under it
  bool answered = false;                               // it waits no more: it was answered
  std::string answer;                                  // then: how, sealed (people/answered.h)
  std::string to;      // `to` of the URL, where it is a page of /account: where to go on after signing in
  bool again = false;  // `again` of the URL: they are to sign in once more
  pages::Speaker say{pages::Language::en};
  std::string base;  // "" or "/t/acme"

  bool signed_in() const { return !session.user.empty(); }
  bool lost() const { return !interaction.empty() && !request; }  // unknown, answered, or too old
  // What forms of this page are good for: one thing, in one browser, for one interaction.
  std::string purpose(std::string_view form) const;
  pages::Way way(std::string_view form) const;
  // Where whoever came by themselves goes on once they are signed in.
  std::string home() const { return base + (to.empty() ? "/account" : to); }
};
// The path, where it is one of our own pages of /account, exactly; else "". Nothing else is ever gone to (A2).
std::string_view account_path(std::string_view path);

Result<Browser, Fault> browser_of(const Call& call, App& app);
// In the language that the request asks for, or else the browser.
pages::Speaker speaker_of(const Call& call, App& app, std::string_view ui_locales);

// Does whoever sends a form want a page first? A browser does: it is sent on to one, for a page that answers a form is
// none that its button to go back finds again.
bool wants_page(const http::Request& request);

// A page, with all its headers (CSP, no referrer, no store) and the session's cookie and last use. It names where its
// form may lead (flows::form_target): to the redirect URI of the request that waits, or to `leads_to`. A page of such a
// request keeps its opener: an application may have opened a window for it, and what comes back there reports to it.
Answer show(const Call& call, const Browser& browser, int status, const std::string& page,
            std::string_view leads_to = {});
// 303: never the form again (307 would post a password on, RFC 9700 §4.12).
Answer go(std::string to);
// The store cannot be reached.
Answer broken(const Call& call, const Fault& fault);
// The page that says to try again in a moment, and by which id the log has what did not work: 503.
http::Response out_of_order(const pages::Speaker& say, const std::string& correlation_id);
// A path where a browser finds no page of ours (404), or none that can be asked for like this (405).
http::Response nothing_here(const http::Request& request, std::string_view base, int status);
// The interaction is over, answered or too old: how to go on.
Answer too_old(const Call& call, const Browser& browser);
// The form is from before: of a session that has changed, or of another browser (A7). Refused and recorded, with a page
// that answers it; a browser is sent on where it can be (people/note.h).
Answer stale(const Call& call, App& app, const Browser& browser, std::string_view action, std::string to);
// The record of that alone, for a page of the caller's own.
store::Write record_stale(const Call& call, App& app, const Browser& browser, std::string_view action);
// The form cannot be read: a parameter twice, or a tab that was pasted. From when it is, nobody knows. The same two.
Answer unreadable(const Call& call, App& app, const Browser& browser, std::string_view action, std::string to,
                  const oauth::Error& why);
store::Write record_unreadable(const Call& call, App& app, const Browser& browser, std::string_view action,
                               const oauth::Error& why);

// A form of ours, with its CSRF token.
struct Posted {
  oauth::Form form;
  bool genuine = false;
};
Result<Posted, oauth::Error> posted(const Call& call, const Browser& browser, std::string_view form,
                                    std::span<const std::string_view> may_repeat = {},
                                    std::size_t parameters_max = oauth::Form::usual_max);

// The name of whoever asks; empty where nobody does.
Result<std::string, Fault> client_name(const Call& call, App& app, const Browser& browser);

grants::World world_of(const Call& call, App& app);

}  // namespace deputy::endpoints::people
