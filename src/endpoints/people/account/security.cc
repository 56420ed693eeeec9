// GET /account/security: how a person signs in. Each POST below it changes one method, wants a sign-in that is recent
// and as strong as the person can make it, and ends the person's other sessions.
#include <algorithm>
#include <charconv>
#include <utility>

#include "endpoints/people/account/account.h"
#include "endpoints/people/answered.h"
#include "endpoints/people/names.h"
#include "endpoints/people/proof.h"
#include "signin/authenticator.h"
#include "signin/own.h"
#include "signin/passkey/challenge.h"
#include "signin/passkey/passkey.h"
#include "signin/password/password.h"
#include "signin/sign_out.h"
#include "signin/totp/recovery_codes.h"
#include "signin/totp/totp.h"

namespace deputy::endpoints::people {
namespace {

constexpr Seconds recent{600}, to_finish{300};  // what was begun within the first may come as much later

// As an authenticator app lists it: by the host, and the tenant where the host has several, so that two servers are
// told apart. The format of such URIs keeps the colon for itself.
std::string issuer_name(const Call& call, const App& app) {
  std::string_view host(app.sign_in.config.origin);
  host.remove_prefix(std::min(host.find("://") + 3, host.size()));
  std::string name("Deputy (");
  if (call.tenant != "default") name.append(call.tenant).append(", ");
  name.append(host).append(")");
  std::replace(name.begin(), name.end(), ':', '-');
  return name;
}

// Which of their accounts it is, as a passkey and an app list it: what is typed to sign in.
Result<std::string, Fault> own_username(const Call& call, App& app, const Visit& visit) {
  TRY(const auto body, Names(app, call.tenant).body_of(visit.browser.session.user));
  return text_of(body, "username");
}

// Why a sign-in does not do for a change: for the person, and for the event.
struct Wanting {
  pages::Phrase sentence;
  Unfit why;
};

// Neither a session left open nor the weakest of a person's methods is enough to change how they sign in (A34): both
// as it is once `writes` are durable, or the second alone.
Result<std::optional<Wanting>, Fault> wanting_strength(const Call& call, App& app, const Visit& visit,
                                                       const store::Writes& writes) {
  const auto& session = visit.browser.session;
  TRY(const auto stronger, signin::stronger_method(app.sign_in, call.tenant, session.user, session.amr, writes));
  if (!stronger) return std::optional<Wanting>();
  return std::optional(
      Wanting{sign_in_by(*stronger), {"weak_sign_in", "the person can sign in more strongly than they did"}});
}
Result<std::optional<Wanting>, Fault> wanting_of(const Call& call, App& app, const Visit& visit,
                                                 const store::Writes& writes) {
  const auto& signed_in_at = visit.browser.session.auth_time;
  if (!signed_in_at || call.now - *signed_in_at > recent)
    return std::optional(
        Wanting{"For this, sign in again: it was a while ago.", {"stale_sign_in", "the sign-in is too long ago"}});
  return wanting_strength(call, app, visit, writes);
}

// That the sign-in is recent was asked when the app's key was made, which is this session's: who was shown it in time
// may confirm it, or their app would hold one that nobody knows here.
Result<std::optional<Wanting>, Fault> wanting_of_app(const Call& call, App& app, const Visit& visit,
                                                     const store::Writes& writes) {
  const auto attempt = attempt_of(call, app, visit.browser, "authenticator.create");
  const auto enrolment = visit.form.get("enrolment").value_or("");
  const bool begun = signin::is_totp_begun(app.sign_in, attempt, visit.browser.session.user, enrolment);
  return begun ? wanting_strength(call, app, visit, writes) : wanting_of(call, app, visit, writes);
}

// For how long from now on a key may be confirmed; and a device may be asked for a passkey.
Seconds to_begin(const Call& call, const Visit& visit) {
  return recent - std::chrono::duration_cast<Seconds>(call.now - *visit.browser.session.auth_time);
}
Seconds to_confirm_an_app(const Call& call, const Visit& visit) { return to_begin(call, visit) + to_finish; }
Seconds to_begin_a_passkey(const Call& call, const Visit& visit) {
  return std::min(to_begin(call, visit), signin::challenge_lifetime);
}

// As it is once `writes` are durable.
Result<pages::SecurityView, Fault> view_of(const Call& call, App& app, const Visit& visit,
                                           const store::Writes& writes = {}) {
  const auto& user = visit.browser.session.user;
  TRY(auto there, signin::authenticators_of(app.store, call.tenant, user));
  TRY(const auto all, signin::authenticators_after(std::move(there), writes));
  TRY(const auto policy, signin::policy_of(app.store, call.tenant));
  TRY(auto username, own_username(call, app, visit));
  pages::SecurityView view{.frame = visit.frame,
                           .password = signin::find(all, signin::Type::password) != nullptr,
                           .username = std::move(username),
                           .password_offered = policy.password,
                           .totp_offered = policy.password && policy.totp,
                           .passkeys_offered = policy.passkey && signin::passkeys_possible(app.sign_in.config)};
  std::size_t passkeys = 0;
  for (const auto& one : all) {
    if (one.type == signin::Type::reset_code) continue;
    if (one.type == signin::Type::passkey) ++passkeys;
    const bool offered = one.type == signin::Type::password  ? policy.password
                         : one.type == signin::Type::passkey ? view.passkeys_offered
                                                             : view.totp_offered;
    view.methods.push_back({.id = one.record.id,
                            .type = std::string(signin::name_of(one.type)),
                            .label = text_of(one.body, "label"),
                            .since = one.record.created_at,
                            .used_at = one.record.touched_at,
                            .left = {},
                            .offered = offered});
    if (one.type != signin::Type::recovery_codes) continue;
    view.methods.back().left = signin::recovery_codes_left(one);
    view.codes_version = one.record.version;
  }
  // What would be refused is not begun: a device would hold a passkey that nobody knows here.
  TRY(const auto wanting, wanting_of(call, app, visit, writes));
  if (wanting) {
    view.wanting = wanting->sentence;
    view.sign_in = sign_in_to("/account/security", visit.browser, Again::yes);
  } else if (view.passkeys_offered && passkeys < signin::passkeys_max) {
    const auto attempt = attempt_of(call, app, visit.browser, "authenticator.create");
    view.to_begin_a_passkey = to_begin_a_passkey(call, visit);
    TRY(auto options, signin::challenge_for_registration(app.sign_in, attempt, user, view.username, visit.frame.user,
                                                         view.to_begin_a_passkey));
    view.passkey_options = std::move(options);
  }
  return view;
}

Answer shown(const Call& call, App& app, Visit& visit, int status, std::optional<pages::Phrase> problem) {
  visit.frame.problem = problem;
  auto view = view_of(call, app, visit);
  if (!view) return broken(call, view.error());
  return show(call, visit.browser, status, pages::security_page(visit.browser.say, *view));
}

Answer sign_in_again(const Call& call, App& app, Visit& visit, int status, pages::Phrase sentence) {
  visit.frame.sign_in = sign_in_for(call, visit.browser, pages::Tab::security, Again::yes);
  return shown(call, app, visit, status, sentence);
}

std::optional<Answer> enter_to_change(const Call& call, App& app, std::string_view action, Visit& visit,
                                      decltype(wanting_of)& wanted = wanting_of) {
  if (auto answer = enter_with_form(call, app, pages::Tab::security, action, visit)) return answer;
  visit.sent = sent_by(call);
  if (auto same = answer_to_same(call, app, visit.browser, visit.sent)) return same;
  const auto wanting = wanted(call, app, visit, {});
  if (!wanting) return broken(call, wanting.error());
  if (!*wanting) return std::nullopt;
  if (auto same = answer_to_same(call, app, visit.browser, visit.sent)) return same;  // done since
  auto answer = wants_page(call.request)
                    ? back_to_page(call, app, pages::Tab::security, visit,
                                   {.why = signin::Refusal::Why::expired, .about = Note::About::sign_in})
                    : sign_in_again(call, app, visit, 403, (*wanting)->sentence);
  auto event = event_of(call, app, action, audit::Decision::refused);
  event.actor = event.subject = visit.browser.session.user;
  answer.writes.emplace_back(record_refusal(std::move(event), (*wanting)->why.code, (*wanting)->why.detail));
  return answer;
}

Answer show_enrolment(const Call& call, App& app, Visit& visit, int status, const Note& note,
                      const signin::TotpEnrolment& enrolment) {
  visit.frame.problem = note.problem();
  const auto all = signin::authenticators_of(app.store, call.tenant, visit.browser.session.user);
  if (!all) return broken(call, all.error());
  return show(call, visit.browser, status,
              pages::totp_page(visit.browser.say, {.frame = visit.frame,
                                                   .enrolment = enrolment.enrolment,
                                                   .secret = enrolment.secret,
                                                   .uri = enrolment.uri,
                                                   .qr_svg = enrolment.qr_svg,
                                                   .wrong = note.problem() && note.about == Note::About::typed,
                                                   .replaces = signin::find(*all, signin::Type::totp) != nullptr}));
}

// What was not right of a password is told where its form is, which is at the end of the page; that a sign-in does not
// do, for as long as it does not.
Answer tell(const Call& call, App& app, Visit& visit, int status, const Note& note) {
  if (note.why && note.about == Note::About::sign_in) {
    const auto wanting = wanting_of(call, app, visit, {});
    if (!wanting) return broken(call, wanting.error());
    if (*wanting) return sign_in_again(call, app, visit, status, (*wanting)->sentence);
  }
  if (note.about != Note::About::password) return shown(call, app, visit, status, note.problem());
  auto view = view_of(call, app, visit);
  if (!view) return broken(call, view.error());
  view->password_problem = note.problem();
  view->frame.wrong = note.why.has_value();
  return show(call, visit.browser, status, pages::security_page(visit.browser.say, *view));
}

Answer not_changed(const Call& call, App& app, Visit& visit, signin::Refusal refusal, Note note = {}) {
  return not_done(call, app, visit.browser, std::move(refusal), std::move(note),
                  visit.browser.base + "/account/security",
                  [&](int status, const Note& told) { return tell(call, app, visit, status, told); });
}

// What names the page of new recovery codes that a form led to.
std::string codes_of(std::string_view sent) { return std::string("codes\n").append(sent); }

// Who asked may have waited for a thread, and the outcome rests on what was read after that: were they signed out of
// all before, or did the person come to sign in more strongly? What happens from that reading on refuses the batch.
// None: they may still.
Result<std::optional<Unfit>, Fault> unfit_by_now(const Call& call, App& app, const Visit& visit) {
  const auto& session = visit.browser.session;
  TRY(const auto newest, signin::sign_out_of(app.store, call.tenant, session.user));
  if (!signin::counts(newest, session.id, session.sign_out)) return std::optional(session_over);
  TRY(const auto wanting, wanting_strength(call, app, visit, {}));
  return wanting ? std::optional(wanting->why) : std::nullopt;
}

Answer not_any_more(const Unfit& why, audit::Event before, std::string to) {
  auto answer = go(std::move(to));
  answer.writes.emplace_back(record_refusal(std::move(before), why.code, why.detail));
  return answer;
}

// The store refused the batch: for the session, whose write this is, or for something that was used or changed.
std::function<Answer(const store::Refused&)> over_or_too_late(std::size_t session, audit::Event before,
                                                              const std::string& to) {
  return [session, before, to, late = too_late(before, to)](const store::Refused& refused) {
    return refused.write == session ? not_any_more(session_over, before, to) : late(refused);
  };
}

// It rests on the session that asked for it: who was signed out meanwhile changes nothing, however late it is written.
// Everything is told on the page that comes next. So are new recovery codes to a browser, which has that page for as
// long as a lost answer is given again: whoever goes back to it later finds no codes there.
Answer changed(const Call& call, App& app, Visit& visit, Result<signin::Changed, signin::Refusal> outcome,
               std::string_view word) {
  if (!outcome) {
    if (auto same = answer_to_same(call, app, visit.browser, visit.sent)) return std::move(*same);
    return not_changed(call, app, visit, std::move(outcome).fail().error);
  }
  const auto to = visit.browser.base + "/account/security";
  const auto unfit = unfit_by_now(call, app, visit);
  if (!unfit) return broken(call, unfit.error());
  if (*unfit) {
    if (auto same = answer_to_same(call, app, visit.browser, visit.sent)) return std::move(*same);
    return not_any_more(**unfit, std::move(outcome->before), to);
  }
  auto answer = done(visit, "/account/security", word);
  const bool codes = !outcome->recovery_codes.empty();
  if (codes) {
    auto view = view_of(call, app, visit, outcome->writes);
    if (!view) return broken(call, view.error());
    view->recovery_codes = outcome->recovery_codes;
    answer = show(call, visit.browser, 200, pages::security_page(visit.browser.say, *view));
  }
  const auto session = answer.writes.size();
  answer.writes.push_back(flows::still_there(visit.browser.session, call.tenant));
  for (auto& write : outcome->writes) answer.writes.push_back(std::move(write));
  if (codes && wants_page(call.request)) {
    keep_answer(call, app, visit.browser, codes_of(visit.sent), answer);
    answer.response = go(with_parameter(to, "made", visit.sent)).response;
  }
  answer.refused = over_or_too_late(session, std::move(outcome->before), to);
  keep_answer(call, app, visit.browser, visit.sent, answer);
  return answer;
}

// Where the first was done while the second was under way, the old password is wrong by now: that was no guess.
std::optional<Answer> answer_to_first(const Call& call, App& app, const Visit& visit, const signin::Attempt& attempt,
                                      const signin::Refusal& refusal) {
  auto same = answer_to_same(call, app, visit.browser, visit.sent);
  if (!same || refusal.why != signin::Refusal::Why::wrong) return same;
  if (const auto username = own_username(call, app, visit)) signin::give_back_guess(app.sign_in, attempt, *username);
  return same;
}

}  // namespace

Answer security(const Call& call, App& app) {
  Visit visit;
  if (auto answer = enter(call, app, pages::Tab::security, visit)) return std::move(*answer);
  const auto query = oauth::Form::parse(call.request.query);
  if (const auto sent = query ? query->get("made") : std::nullopt)
    if (auto codes = answer_to_same(call, app, visit.browser, codes_of(*sent))) return std::move(*codes);
  return tell(call, app, visit, 200, note_of(call, app, visit.browser));
}

Answer change_password(const Call& call, App& app) {
  Visit visit;
  if (auto answer = enter_to_change(call, app, "authenticator.update", visit)) return std::move(*answer);
  struct Typed {
    Secret current, fresh;
  };
  auto typed = std::make_shared<Typed>(
      Typed{Secret(visit.form.get("current").value_or("")), Secret(visit.form.get("password").value_or(""))});
  Answer answer;
  auto refused = event_of(call, app, "authenticator.update", audit::Decision::refused);
  refused.actor = refused.subject = visit.browser.session.user;
  auto full = when_full(call, visit.browser, std::move(refused));
  answer.later = Later{.pool = &app.sign_in.pool,
                       .work =
                           [kept = Kept(call), &app, browser = visit.browser, frame = visit.frame, sent = visit.sent,
                            typed,
                            attempt = attempt_of(call, app, visit.browser, "authenticator.update")] {
                             const auto later = kept.call();
                             // A second click, which waited until the first was done.
                             if (auto same = answer_to_same(later, app, browser, sent)) return std::move(*same);
                             Visit then{.browser = browser, .frame = frame, .sent = sent};
                             auto outcome = signin::change_password(app.sign_in, attempt, browser.session.user,
                                                                    typed->current.reveal(), typed->fresh.reveal());
                             if (outcome) return changed(later, app, then, std::move(outcome), "password");
                             auto refusal = std::move(outcome).fail().error;
                             if (auto first = answer_to_first(later, app, then, attempt, refusal))
                               return std::move(*first);
                             return not_changed(later, app, then, std::move(refusal),
                                                {.about = Note::About::password});
                           },
                       .when_full = std::move(full)};
  return answer;
}

Answer app_form(const Call& call, App& app) {
  Visit visit;
  if (auto answer = enter(call, app, pages::Tab::security, visit)) return std::move(*answer);
  if (auto query = oauth::Form::parse(call.request.query)) visit.form = std::move(query).take();
  const auto wanting = wanting_of_app(call, app, visit, {});
  if (!wanting) return broken(call, wanting.error());
  if (*wanting) return sign_in_again(call, app, visit, 403, (*wanting)->sentence);
  const auto username = own_username(call, app, visit);
  if (!username) return broken(call, username.error());
  const auto attempt = attempt_of(call, app, visit.browser, "authenticator.create");
  const auto& user = visit.browser.session.user;
  // Who comes here from a mistyped code is shown the same key: their app has it already.
  const auto text = visit.form.get("enrolment").value_or("");
  const auto issuer = issuer_name(call, app);
  auto enrolment = signin::resume_totp(app.sign_in, attempt, user, *username, issuer, text);
  if (!enrolment)
    enrolment = signin::begin_totp(app.sign_in, attempt, user, *username, issuer, to_confirm_an_app(call, visit));
  return show_enrolment(call, app, visit, 200, note_of(call, app, visit.browser), *enrolment);
}

Answer confirm_app(const Call& call, App& app) {
  Visit visit;
  if (auto answer = enter_to_change(call, app, "authenticator.create", visit, wanting_of_app))
    return std::move(*answer);
  const auto attempt = attempt_of(call, app, visit.browser, "authenticator.create");
  const auto& user = visit.browser.session.user;
  const auto text = visit.form.get("enrolment").value_or("");
  auto outcome = signin::confirm_totp(app.sign_in, attempt, user, text, visit.form.get("code").value_or(""));
  // One mistyped digit: their app has the key already, so the same is shown once more.
  if (!outcome && outcome.error().why == signin::Refusal::Why::wrong) {
    const auto username = own_username(call, app, visit);
    if (!username) return broken(call, username.error());
    if (const auto same = signin::resume_totp(app.sign_in, attempt, user, *username, issuer_name(call, app), text))
      return not_done(call, app, visit.browser, std::move(outcome).fail().error, {},
                      with_parameter(visit.browser.base + "/account/security/app", "enrolment", text),
                      [&](int status, const Note& told) {
                        return show_enrolment(call, app, visit, status, told, *same);
                      });
  }
  if (outcome) visit.frame.said = pages::Phrase("Your app is set up. Other browsers were signed out.");
  return changed(call, app, visit, std::move(outcome), "set-up");
}

// That the sign-in is recent was asked when the challenge was made, which is this session's and good once: a device is
// given its five minutes, or it would hold a passkey that nobody knows here.
Answer add_passkey(const Call& call, App& app) {
  Visit visit;
  if (auto answer = enter_to_change(call, app, "authenticator.create", visit, wanting_strength))
    return std::move(*answer);
  auto outcome = signin::verify_registration(app.sign_in, attempt_of(call, app, visit.browser, "authenticator.create"),
                                             visit.browser.session.user, visit.form.get("label").value_or(""),
                                             visit.form.get("response").value_or(""));
  return changed(call, app, visit, std::move(outcome), "set-up");
}

Answer renew_recovery_codes(const Call& call, App& app) {
  Visit visit;
  if (auto answer = enter_to_change(call, app, "authenticator.update", visit)) return std::move(*answer);
  std::uint64_t in_place_of = 0;
  const auto version = visit.form.get("codes").value_or("");
  std::from_chars(version.data(), version.data() + version.size(), in_place_of);
  return changed(call, app, visit,
                 signin::renew_recovery_codes(app.sign_in, attempt_of(call, app, visit.browser, "authenticator.update"),
                                              visit.browser.session.user, in_place_of),
                 "set-up");
}

Answer remove_method(const Call& call, App& app) {
  Visit visit;
  if (auto answer = enter_to_change(call, app, "authenticator.delete", visit)) return std::move(*answer);
  return changed(call, app, visit,
                 signin::remove_authenticator(app.sign_in, attempt_of(call, app, visit.browser, "authenticator.delete"),
                                              visit.browser.session.user, visit.form.get("authenticator").value_or("")),
                 "removed");
}

}  // namespace deputy::endpoints::people
