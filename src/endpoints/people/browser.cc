// Cookies and languages in; pages out.
#include "endpoints/people/browser.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "base/log.h"
#include "base/visible.h"
#include "flows/page.h"
#include "http/media_type.h"
#include "http/text.h"
#include "pages/inert.h"

namespace deputy::endpoints::people {
namespace {

using flows::Opener;

// Its forms lead to this server, and on to where they end.
http::Response html(int status, const std::string& page, std::string_view leads_to, Opener opener = Opener::severed) {
  const auto target = flows::form_target(leads_to);
  return flows::page(status, page, target.empty() ? "'self'" : "'self' " + target, opener);
}

// Whose pages these are, as people call it, and by its id where that is another word: two may bear one name. Where the
// name cannot be read, a page does without.
pages::House house_of(const Call& call, App& app) {
  if (call.tenant == "default") return {};
  const pages::House unnamed{.name = call.tenant, .id = ""};
  const auto record = app.directory.tenant(call.tenant);
  if (!record || *record == nullptr) return unnamed;
  const auto body = parse_stored((*record)->body);
  auto name = body ? pages::inert(text_of(*body, "name"), 60) : std::string();
  if (!is_seen(name)) return unnamed;
  auto id = http::same_word(name, call.tenant) ? std::string() : call.tenant;
  return {.name = std::move(name), .id = std::move(id)};
}

}  // namespace

pages::Speaker speaker_of(const Call& call, App& app, std::string_view ui_locales) {
  const auto language = pages::language_of(ui_locales, call.request.header("Accept-Language").value_or(""));
  return pages::Speaker(language, call.now, house_of(call, app));
}

Kept::Kept(const Call& call) : request(call.request), tenant(call.tenant), issuer(call.issuer), now(call.now) {
  request.body.clear();
}

std::string Browser::purpose(std::string_view form) const { return std::string(form) + " " + interaction; }

std::string_view account_path(std::string_view path) {
  constexpr std::array<std::string_view, 5> own{"/account", "/account/devices", "/account/security",
                                                "/account/security/app", "/account/history"};
  const auto found = std::find(own.begin(), own.end(), path);
  return found == own.end() ? std::string_view() : *found;
}

pages::Way Browser::way(std::string_view form) const {
  return {.base = base,
          .interaction = interaction,
          .csrf = flows::csrf_token(session, purpose(form)),
          .to = to,
          .again = again};
}

Result<Browser, Fault> browser_of(const Call& call, App& app) {
  Browser browser;
  browser.base = call.tenant == "default" ? "" : "/t/" + call.tenant;
  TRY(auto session, flows::session_of(call.request, call.tenant, app.store, call.now));
  if (session) {
    browser.session = std::move(*session);
  } else {
    auto opened = flows::first_session(call.request, call.tenant, app.random, call.now);
    browser.session = std::move(opened.session);
    // Another site's form comes without the cookie that the browser has (SameSite=Lax): a new one would replace that,
    // and sign its person out.
    if (call.request.method != "POST") browser.set_cookie = std::move(opened.set_cookie);
  }
  // A query that cannot be read names no interaction.
  const auto query = oauth::Form::parse(call.request.query);
  if (query) {
    browser.interaction = query->get("i").value_or("");
    browser.to = account_path(query->get("to").value_or(""));
    browser.again = query->get("again").has_value();
  }
  std::string ui_locales;
  if (!browser.interaction.empty()) {
    TRY(auto request, flows::find_interaction(browser.interaction, call.tenant, app.store, call.now));
    browser.request = std::move(request);
    if (browser.request) {
      ui_locales = browser.request->ui_locales;
    } else {
      TRY(auto answer, flows::answer_of(browser.interaction, call.tenant, app.store, call.now));
      browser.answered = answer.has_value();
      if (answer) {
        ui_locales = std::move(answer->ui_locales);
        browser.answer = std::move(answer->answer);
      }
    }
  }
  browser.say = speaker_of(call, app, ui_locales);
  return browser;
}

bool wants_page(const http::Request& request) {
  return http::prefers(request, "text/html", "application/problem+json");
}

Answer show(const Call& call, const Browser& browser, int status, const std::string& page, std::string_view leads_to) {
  if (leads_to.empty() && browser.request) leads_to = browser.request->redirect_uri;
  const auto opener = browser.request ? Opener::kept : Opener::severed;
  Answer answer{.response = html(status, page, leads_to, opener)};
  if (!browser.set_cookie.empty()) answer.response.headers.emplace_back("Set-Cookie", browser.set_cookie);
  for (auto& write : flows::touch(browser.session, call.tenant, call.now)) answer.writes.push_back(std::move(write));
  return answer;
}

Answer go(std::string to) {
  return {
      .response = {
          .status = 303,
          .headers = {{"Location", std::move(to)}, {"Cache-Control", "no-store"}, {"Referrer-Policy", "no-referrer"}}}};
}

Answer broken(const Call& call, const Fault& fault) {
  log::line(log::Level::error, "page_failed",
            {{"correlation_id", call.request.correlation_id}, {"detail", fault.detail}});
  const auto language = pages::language_of("", call.request.header("Accept-Language").value_or(""));
  pages::House house{.name = call.tenant == "default" ? "" : call.tenant, .id = ""};
  return {.response = out_of_order(pages::Speaker(language, call.now, std::move(house)), call.request.correlation_id)};
}

http::Response out_of_order(const pages::Speaker& say, const std::string& correlation_id) {
  const pages::MessageView view{.title = say("Something did not work here. Try again in a moment."),
                                .text = say("If it goes on, tell those who run this server this number:"),
                                .technical = correlation_id};
  auto response = html(503, pages::message_page(say, view), "");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

http::Response nothing_here(const http::Request& request, std::string_view base, int status) {
  const pages::Speaker say(pages::language_of("", request.header("Accept-Language").value_or("")));
  const auto text = say("This address is not one of our pages, or the page cannot be loaded again by itself.");
  return html(status,
              pages::message_page(say, {.title = say("There is nothing here"),
                                        .text = text,
                                        .to = std::string(base) + "/account",
                                        .label = say("Your account")}),
              "");
}

Answer too_old(const Call& call, const Browser& browser) {
  const auto& say = browser.say;
  pages::MessageView view{.title = say("This page is too old"),
                          .text = say("Go back to the application you came from and begin again there."),
                          .to = browser.base + "/account",
                          .label = say("Your account")};
  if (browser.answered) {
    view.title = say("This was answered already");
    view.text = say("The first answer counts. Your account shows what you have allowed.");
  }
  return show(call, browser, 400, pages::message_page(say, view));
}

Answer stale(const Call& call, App& app, const Browser& browser, std::string_view action, std::string to) {
  const auto& say = browser.say;
  pages::MessageView view{.title = say("This page is too old"),
                          .text = say("This page was open too long, or another window was quicker. Load it again and "
                                      "go on from there."),
                          .to = std::move(to),
                          .label = say("Load it again")};
  if (!flows::brought_cookie(call.request, call.tenant)) {
    view.title = say("This page needs cookies");
    view.text = say("Your browser sent none with the form: you signed out in another window, or cookies are not "
                    "allowed for this site. Allow them, then load the page again.");
  }
  auto answer = show(call, browser, 403, pages::message_page(say, view));
  answer.writes.push_back(record_stale(call, app, browser, action));
  return answer;
}

store::Write record_stale(const Call& call, App& app, const Browser& browser, std::string_view action) {
  auto event = event_of(call, app, action, audit::Decision::refused);
  event.subject = event.actor = browser.session.user;
  if (browser.request) flows::tell_of(*browser.request, event);
  return record_refusal(std::move(event), "csrf", "the form is not of this browser's session");
}

Answer unreadable(const Call& call, App& app, const Browser& browser, std::string_view action, std::string to,
                  const oauth::Error& why) {
  const auto& say = browser.say;
  const pages::MessageView view{.title = say("This form cannot be read"),
                                .text = say("Nothing was changed. Load the page again and go on from there."),
                                .to = std::move(to),
                                .label = say("Load it again")};
  auto answer = show(call, browser, 400, pages::message_page(say, view));
  answer.writes.push_back(record_unreadable(call, app, browser, action, why));
  return answer;
}

store::Write record_unreadable(const Call& call, App& app, const Browser& browser, std::string_view action,
                               const oauth::Error& why) {
  auto event = event_of(call, app, action, audit::Decision::refused);
  event.actor = event.subject = browser.session.user;
  if (browser.request) flows::tell_of(*browser.request, event);
  return record_refusal(std::move(event), oauth::row(why.code).wire, why.description);
}

Result<Posted, oauth::Error> posted(const Call& call, const Browser& browser, std::string_view form,
                                    std::span<const std::string_view> may_repeat, std::size_t parameters_max) {
  TRY(auto parsed, oauth::Form::parse(call.request.body, may_repeat, parameters_max));
  const bool genuine = flows::csrf_matches(browser.session, browser.purpose(form), parsed.get("csrf").value_or(""));
  return Posted{std::move(parsed), genuine};
}

Result<std::string, Fault> client_name(const Call& call, App& app, const Browser& browser) {
  if (!browser.request) return std::string();
  TRY(auto client, app.directory.principal(call.tenant, browser.request->client));
  return client == nullptr ? std::string() : client->name;
}

grants::World world_of(const Call& call, App& app) {
  return {call.tenant, call.issuer, call.now, app.directory, app.reader, app.trusted_issuers, app.store, app.random};
}

}  // namespace deputy::endpoints::people
