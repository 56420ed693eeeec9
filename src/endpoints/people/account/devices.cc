// GET and POST /account/devices: where a person is signed in, and ending it there. POST /account/sign-out: here.
#include "endpoints/people/account/account.h"

namespace deputy::endpoints::people {
namespace {

// The session's end, and its record.
void end_session(const Call& call, App& app, const flows::Session& session, std::string_view by,
                 store::Writes& writes) {
  for (auto& write : flows::end(session, {call.tenant, call.issuer}, app.random, call.now))
    writes.push_back(std::move(write));
  auto event = event_of(call, app, "session.end", audit::Decision::done);
  event.actor = event.subject = session.user;
  event.target = session.id;
  event.reason = by;
  writes.emplace_back(store::Append{std::move(event)});
}

}  // namespace

Answer devices(const Call& call, App& app) {
  Visit visit;
  if (auto answer = enter(call, app, pages::Tab::devices, visit)) return std::move(*answer);
  const auto& here = visit.browser.session;
  const auto sessions = flows::sessions_of(here.user, call.tenant, app.store, call.now);
  if (!sessions) return broken(call, sessions.error());
  pages::DevicesView view{.frame = visit.frame};
  for (const auto& one : *sessions)
    view.devices.push_back({.id = one.id,
                            .device = one.device,
                            .since = one.auth_time.value_or(one.created_at),
                            .seen = one.seen_at,
                            .here = one.id == here.id});
  return show(call, visit.browser, 200, pages::devices_page(visit.browser.say, view));
}

Answer end_device(const Call& call, App& app) {
  Visit visit;
  if (auto answer = enter_with_form(call, app, pages::Tab::devices, "session.end", visit)) return std::move(*answer);
  const auto& here = visit.browser.session;
  const auto sessions = flows::sessions_of(here.user, call.tenant, app.store, call.now);
  if (!sessions) return broken(call, sessions.error());
  const auto wanted = visit.form.get("session").value_or("");
  auto answer = done(visit, "/account/devices", "ended");
  // Of the person's own sessions only: another's id is in no list here (A38).
  for (const auto& one : *sessions) {
    if (one.id == here.id || (wanted != "others" && wanted != one.id)) continue;
    end_session(call, app, one, "signed out from another browser", answer.writes);
  }
  answer.refused = [to = visit.browser.base + "/account/devices"](const store::Refused&) { return go(to); };
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
