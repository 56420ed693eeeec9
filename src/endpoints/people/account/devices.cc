// GET and POST /account/devices: the browsers a person has signed in with, ending a session there, and forgetting one.
// POST /account/sign-out: here.
#include <algorithm>
#include <tuple>

#include "endpoints/people/account/account.h"
#include "signin/known_browser.h"
#include "signin/sign_out.h"

namespace deputy::endpoints::people {
namespace {

using flows::Session;
using Sessions = std::vector<Session>;
using Browsers = std::vector<signin::KnownBrowser>;

// The session's end, and its record.
void end_session(const Call& call, App& app, const Session& session, std::string_view by, store::Writes& writes) {
  for (auto& write : flows::end(session, {call.tenant, call.issuer}, app.random, call.now))
    writes.push_back(std::move(write));
  auto event = event_of(call, app, "session.end", audit::Decision::done);
  event.actor = event.subject = session.user;
  event.target = session.id;
  event.reason = by;
  writes.emplace_back(store::Append{std::move(event)});
}

// Each browser that is known, with the newest session in it; and the sessions in others.
std::vector<pages::DeviceView> rows_of(const Sessions& sessions, const Browsers& browsers, const Session& here) {
  std::vector<pages::DeviceView> rows;
  for (const auto& browser : browsers)
    rows.push_back({.browser = browser.id,
                    .name = browser.name,
                    .since = browser.since,
                    .seen = browser.seen_at,
                    .here = browser.id == here.browser});
  for (const auto& one : sessions) {
    auto row = std::find_if(rows.begin(), rows.end(),
                            [&](const auto& known) { return !known.browser.empty() && known.browser == one.browser; });
    if (row == rows.end() || !row->session.empty())
      row = rows.insert(rows.end(), {.name = one.device, .seen = one.seen_at});
    row->session = one.id;
    row->since = one.auth_time.value_or(one.created_at);
    row->seen = std::max(row->seen, one.seen_at);
    row->here = one.id == here.id;
  }
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return std::tie(a.here, a.seen, a.session) > std::tie(b.here, b.seen, b.session);
  });
  return rows;
}

// Of the person's own browsers only, and never the one they sit at: another's id is in no list here (A38).
Answer forget(const Call& call, App& app, Visit& visit, const Sessions& sessions, std::string_view wanted) {
  const auto& here = visit.browser.session;
  auto answer = done(visit, "/account/devices", "forgotten");
  const auto browsers = signin::known_browsers(here.user, call.tenant, app.store, call.now);
  if (!browsers) return broken(call, browsers.error());
  for (const auto& browser : *browsers) {
    if (browser.id != wanted || browser.id == here.browser) continue;
    auto event = event_of(call, app, "browser.forget", audit::Decision::done);
    event.actor = event.subject = here.user;
    event.target = browser.id;
    answer.writes.emplace_back(signin::forget(browser, call.tenant));
    answer.writes.emplace_back(store::Append{std::move(event)});
    for (const auto& one : sessions)
      if (one.browser == browser.id) end_session(call, app, one, "its browser was forgotten", answer.writes);
  }
  return answer;
}

}  // namespace

Answer devices(const Call& call, App& app) {
  Visit visit;
  if (auto answer = enter(call, app, pages::Tab::devices, visit)) return std::move(*answer);
  const auto& here = visit.browser.session;
  auto sessions = flows::sessions_of(here.user, call.tenant, app.store, call.now);
  if (!sessions) return broken(call, sessions.error());
  const auto newest = signin::sign_out_of(app.store, call.tenant, here.user);
  if (!newest) return broken(call, newest.error());
  std::erase_if(*sessions, [&](const auto& one) { return !signin::counts(*newest, one.id, one.sign_out); });
  const auto browsers = signin::known_browsers(here.user, call.tenant, app.store, call.now);
  if (!browsers) return broken(call, browsers.error());
  const pages::DevicesView view{.frame = visit.frame, .devices = rows_of(*sessions, *browsers, here)};
  return show(call, visit.browser, 200, pages::devices_page(visit.browser.say, view));
}

Answer change_devices(const Call& call, App& app) {
  Visit visit;
  if (auto answer = enter_with_form(call, app, pages::Tab::devices, "session.end", visit)) return std::move(*answer);
  const auto& here = visit.browser.session;
  const auto sessions = flows::sessions_of(here.user, call.tenant, app.store, call.now);
  if (!sessions) return broken(call, sessions.error());
  Answer answer;
  const auto browser = visit.form.get("forget");
  if (browser) {
    answer = forget(call, app, visit, *sessions, *browser);
  } else {
    const auto wanted = visit.form.get("session").value_or("");
    answer = done(visit, "/account/devices", "ended");
    // Of the person's own sessions only: another's id is in no list here (A38).
    for (const auto& one : *sessions)
      if (one.id != here.id && (wanted == "others" || wanted == one.id))
        end_session(call, app, one, "signed out from another browser", answer.writes);
  }
  // Of two who sign each other out, the first does, and the second is on record. Whatever else is refused was over.
  if (!answer.writes.empty())
    answer.writes.insert(answer.writes.begin(), flows::still_there(here, call.tenant));
  auto event = event_of(call, app, browser ? "browser.forget" : "session.end", audit::Decision::refused);
  event.actor = event.subject = here.user;
  answer.refused = [event = std::move(event), to = visit.browser.base + "/account/devices"](const auto& refused) {
    auto back = go(to);
    if (refused.write == 0)
      back.writes.emplace_back(record_refusal(event, session_over.code, session_over.detail));
    return back;
  };
  return answer;
}

Answer sign_out(const Call& call, App& app) {
  Visit visit;
  if (auto answer = enter_with_form(call, app, pages::Tab::devices, "session.end", visit)) return std::move(*answer);
  const auto& say = visit.browser.say;
  auto answer =
      show(call, visit.browser, 200,
           pages::message_page(say, {.title = say("You are signed out"),
                                     .text = say("Your agents go on with what you allowed, until you take it back."),
                                     .to = visit.browser.base + "/sign-in",
                                     .label = say("Sign in")}));
  answer.response.headers.emplace_back("Set-Cookie", flows::forgetting_cookie(call.request, call.tenant));
  answer.writes.clear();  // of a session that ends, no last use is noted
  end_session(call, app, visit.browser.session, "signed out", answer.writes);
  // Ended or signed in anew meanwhile: the page says which.
  answer.refused = [to = visit.browser.base + "/account"](const store::Refused&) { return go(to); };
  return answer;
}

}  // namespace deputy::endpoints::people
