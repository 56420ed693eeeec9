// The ends that all ways of signing in share.
#include "endpoints/people/proof.h"

#include <algorithm>

#include "base/encoding.h"
#include "crypto/hash.h"
#include "tokens/session_clients.h"

namespace deputy::endpoints::people {
namespace {

using Why = signin::Refusal::Why;

constexpr Seconds pending_lifetime{300};

std::string pending_context(const Call& call) { return "second factor\n" + call.tenant; }

// The browser that the note is good in, until it signs in.
std::string pending_browser(const Browser& browser) {
  return crypto::sha256_base64url("second factor\n" + browser.session.csrf_seed);
}

std::optional<json::object> open_pending(std::string_view text, const Call& call, App& app) {
  const auto sealed = base64url_decode(text);
  if (!sealed) return std::nullopt;
  const auto opened = app.seal.open(*sealed, pending_context(call));
  if (!opened) return std::nullopt;
  auto note = parse_json_object(opened->reveal());
  if (!note) return std::nullopt;
  const auto until = json_integer(*note, "until");
  if (!until || call.now >= from_unix_millis(*until)) return std::nullopt;
  return std::move(*note);
}

}  // namespace

signin::Attempt attempt_of(const Call& call, App& app, const Browser& browser, std::string_view action) {
  const auto& session = browser.session;
  // A browser nobody signed in with has no id yet: its challenges are bound to its cookie all the same.
  return {.tenant = call.tenant,
          .peer = call.request.peer,
          .device = flows::device_of(call.request, call.tenant),
          .browser = flows::browser_name(call.request),
          .session = session.id.empty() ? crypto::sha256_base64url(session.csrf_seed) : session.id,
          .now = call.now,
          .event = event_of(call, app, action, audit::Decision::refused)};
}

pages::Phrase sign_in_by(signin::Type strongest) {
  if (strongest == signin::Type::passkey)
    return "For this, sign in again with your passkey. If you have lost it, ask an administrator to remove it.";
  if (strongest == signin::Type::totp) return "For this, sign in again with a code from your app, or a recovery code.";
  return "For this, sign in again with your password.";
}

std::string way_on(const Browser& browser) {
  return browser.interaction.empty() ? browser.home() : browser.way("").path("/oauth2/authorize/continue");
}

Answer signed_in(const Call& call, App& app, const Browser& browser, signin::SignedIn who) {
  auto opened = flows::sign_in({.user = who.user,
                                .amr = who.amr,
                                .browser = who.browser,
                                .sign_out = who.sign_out},
                               browser.session, call.request, {call.tenant, call.issuer}, app.live.now()->sessions,
                               app.random, call.now);
  // The same session, longer: so are the marks by which its clients are told of its end.
  auto renewed = tokens::renew_clients(call.tenant, opened.session.id, app.store, call.now, opened.session.ends_by);
  if (!renewed) return broken(call, renewed.error());
  auto answer = go(way_on(browser));
  answer.response.headers.emplace_back("Set-Cookie", opened.set_cookie);
  if (!who.device.empty())
    answer.response.headers.emplace_back("Set-Cookie", flows::device_cookie(call.request, call.tenant, who.device));
  answer.writes = std::move(who.writes);
  for (auto& write : opened.writes) answer.writes.push_back(std::move(write));
  for (auto& write : *renewed) answer.writes.push_back(std::move(write));
  answer.refused = too_late(std::move(who.before), browser.way("").path("/sign-in"));
  return answer;
}

Answer not_done(const Call& call, App& app, const Browser& browser, signin::Refusal refusal, Note note,
                std::string page, const Telling& tell) {
  const int status = refusal.why == Why::throttled ? 429 : refusal.why == Why::unavailable ? 503 : 400;
  note.why = refusal.why;
  note.sentence = refusal.sentence;
  note.wait = refusal.retry_after;
  const bool sent_on = status != 503 && wants_page(call.request);
  auto answer = sent_on ? go(with_note(std::move(page), note, call, app, browser)) : tell(status, note);
  if (status != 400 && !sent_on)
    answer.response.headers.emplace_back("Retry-After",
                                         std::to_string(std::max<std::int64_t>(1, refusal.retry_after.count())));
  answer.writes.emplace_back(record_refusal(std::move(refusal.event), signin::code_of(refusal.why), refusal.detail));
  return answer;
}

std::function<Answer(const store::Refused&)> too_late(audit::Event before, std::string to) {
  return [before = std::move(before), to = std::move(to)](const store::Refused& refused) mutable {
    auto refusal = signin::too_late(std::move(before), refused);
    auto answer = go(std::move(to));
    answer.writes.emplace_back(record_refusal(std::move(refusal.event), signin::code_of(refusal.why), refusal.detail));
    return answer;
  };
}

std::string username_of(const oauth::Form& form) {
  auto typed = form.get("username").value_or("");
  while (!typed.empty() && typed.front() == ' ') typed.remove_prefix(1);
  while (!typed.empty() && typed.back() == ' ') typed.remove_suffix(1);
  return std::string(typed);
}

std::string username_hint(const Browser& browser) {
  if (!browser.request || browser.request->login_hint.find('@') != std::string::npos) return "";
  return browser.request->login_hint;
}

std::string make_pending(const signin::SignedIn& who, const Call& call, App& app, const Browser& browser) {
  const json::object note{{"user", who.user},
                          {"amr", json::value_from(who.amr)},
                          {"recovery", who.has_recovery_codes},
                          {"sign_out", who.sign_out},
                          {"browser", pending_browser(browser)},
                          {"until", unix_millis(call.now + pending_lifetime)}};
  return base64url(app.seal.seal(Secret(json::serialize(note)), pending_context(call), app.random));
}

std::optional<Pending> read_pending(std::string_view text, const Call& call, App& app, const Browser& browser) {
  const auto note = open_pending(text, call, app);
  if (!note || text_of(*note, "browser") != pending_browser(browser)) return std::nullopt;
  return Pending{.user = text_of(*note, "user"),
                 .amr = texts_of(*note, "amr"),
                 .sign_out = text_of(*note, "sign_out"),
                 .recovery_codes = json_boolean(*note, "recovery").value_or(false)};
}

std::string pending_user(std::string_view text, const Call& call, App& app) {
  const auto note = open_pending(text, call, app);
  return note ? text_of(*note, "user") : "";
}

std::function<Answer()> when_full(const Call& call, const Browser& browser, std::optional<audit::Event> refused) {
  const auto text = browser.say("Something did not work here. Try again in a moment.");
  auto page = show(call, browser, 503,
                   pages::message_page(browser.say, {.title = text,
                                                     .text = browser.say("If it goes on, tell those who run this "
                                                                         "server this number:"),
                                                     .to = browser.way("").path("/sign-in"),
                                                     .label = browser.say("Start again"),
                                                     .technical = call.request.correlation_id}));
  return [page = std::move(page.response), refused = std::move(refused)] {
    Answer answer{.response = page};
    if (refused)
      answer.writes.emplace_back(record_refusal(*refused, signin::code_of(Why::unavailable), "the queue is full"));
    return answer;
  };
}

}  // namespace deputy::endpoints::people
