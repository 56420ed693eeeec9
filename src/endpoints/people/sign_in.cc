// GET and POST /sign-in: username and password, and on. GET and POST /sign-in/code: the second factor.
// POST /sign-in/choose: which account. POST /sign-in/back: not at all.
#include <algorithm>

#include "base/encoding.h"
#include "directory/redirect_uri.h"
#include "endpoints/people/answered.h"
#include "endpoints/people/names.h"
#include "endpoints/people/people.h"
#include "endpoints/people/proof.h"
#include "flows/asked.h"
#include "flows/code.h"
#include "signin/own.h"
#include "signin/passkey/passkey.h"
#include "signin/password/password.h"
#include "signin/totp/recovery_codes.h"
#include "signin/totp/totp.h"

namespace deputy::endpoints::people {
namespace {

using Trouble = pages::SignInView::Trouble;

bool does(const flows::AuthorizationRequest& request, const signin::Amr& amr, const signin::Policy& policy) {
  return flows::strong_enough(request, signin::acr_of(amr, policy.acr), policy.acr);
}

// What the request asks of the sign-in beyond a password is said beforehand; where a password could never do, none is
// asked for (RFC 9470). What scopes ask counts of who is here: of anybody else it is not known whether they get them.
void tell_what_is_wanted(const Browser& browser, const signin::Policy& policy, pages::SignInView& view) {
  const auto by_password = [&](const auto& request) { return does(request, {"pwd"}, policy); };
  const auto by_code = [&](const auto& request) {
    return policy.password && policy.totp && does(request, {"pwd", "otp", "mfa"}, policy);
  };
  const auto& request = *browser.request;
  const bool by_passkey = !view.passkey_options.empty() && does(request, {"pop", "user", "mfa"}, policy);
  if (by_password(request)) return;
  if (by_code(request) && by_passkey)
    view.wanted =
        pages::Phrase("What is asked for needs more than a password: a code from your app with it, or a passkey.");
  else if (by_code(request))
    view.wanted = pages::Phrase("What is asked for needs more than a password: a code from your app with it.");
  else if (by_passkey)
    view.wanted = pages::Phrase("What is asked for needs a passkey. Sign in with yours.");
  auto certain = request;
  if (!browser.signed_in()) certain.required = {};
  if (by_passkey && !by_password(certain) && !by_code(certain)) view.password = false;
}

// Of who is here it is known how they can sign in: by a passkey first, where nothing else of theirs would do.
Result<Done, Fault> tell_who_is_here(const Call& call, App& app, const Browser& browser, const signin::Policy& policy,
                                     pages::SignInView& view) {
  if (!browser.signed_in()) return Done{};
  const auto& user = browser.session.user;
  if (browser.request) {
    if (!view.wanted) return Done{};
    TRY(const auto ways, signin::ways_in(app.sign_in, call.tenant, user));
    bool passkey = false, other = false;
    for (const auto& way : ways)
      if (does(*browser.request, way.amr, policy)) (way.type == signin::Type::passkey ? passkey : other) = true;
    view.passkey_first = passkey && !other;
    if (view.passkey_first) view.wanted = pages::Phrase("What is asked for needs a passkey. Sign in with yours.");
  } else if (browser.again) {
    TRY(const auto strongest, signin::stronger_method(app.sign_in, call.tenant, user, {}));
    if (strongest) view.wanted = sign_in_by(*strongest);
    view.passkey_first = strongest == signin::Type::passkey;
  }
  return Done{};
}

Result<pages::SignInView, Fault> view_of(const Call& call, App& app, const Browser& browser) {
  TRY(auto client, client_name(call, app, browser));
  TRY(const auto policy, signin::policy_of(app.store, call.tenant));
  pages::SignInView view{.way = browser.way("sign-in"), .client = std::move(client), .password = policy.password};
  view.username = username_hint(browser);
  if (policy.passkey && signin::passkeys_possible(app.sign_in.config))
    view.passkey_options = signin::challenge_for_sign_in(app.sign_in, attempt_of(call, app, browser, "user.sign_in"));
  if (browser.request) tell_what_is_wanted(browser, policy, view);
  TRY(const auto told, tell_who_is_here(call, app, browser, policy, view));
  return view;
}

Answer show_form(const Call& call, App& app, const Browser& browser, int status, const Note& note, bool set = false) {
  auto view = view_of(call, app, browser);
  if (!view) return broken(call, view.error());
  view->trouble = set ? Trouble::done : note.trouble();
  view->wait = note.wait;
  if (!note.username.empty()) view->username = note.username;
  return show(call, browser, status, pages::sign_in_page(browser.say, *view));
}

// Where it is told. As somebody else than who is here: who they are is not asked again.
std::string page_of(const Browser& browser) {
  auto page = browser.way("").path("/sign-in");
  return browser.signed_in() ? with_parameter(std::move(page), "other", "1") : page;
}

// Whoever did not sign in on the page itself is told there.
Answer not_signed_in(const Call& call, App& app, const Browser& browser, signin::Refusal refusal, Note note) {
  return not_done(call, app, browser, std::move(refusal), std::move(note), page_of(browser),
                  [&](int status, const Note& told) { return show_form(call, app, browser, status, told); });
}

Answer show_second_factor(const Call& call, const Browser& browser, std::string_view text, const Pending& pending,
                          int status, const Note& note) {
  return show(call, browser, status,
              pages::second_factor_page(browser.say, {.way = browser.way("code"),
                                                      .pending = std::string(text),
                                                      .recovery_codes = pending.recovery_codes,
                                                      .trouble = note.trouble(),
                                                      .wait = note.wait}));
}
std::string second_factor_url(const Browser& browser, std::string_view pending) {
  return with_parameter(browser.way("").path("/sign-in/code"), "pending", pending);
}

Answer show_choice(const Call& call, App& app, const Browser& browser) {
  auto client = client_name(call, app, browser);
  if (!client) return broken(call, client.error());
  Names names(app, call.tenant);
  const auto body = names.body_of(browser.session.user);
  if (!body) return broken(call, body.error());
  return show(call, browser, 200,
              pages::choose_page(browser.say, {.way = browser.way("choose"),
                                               .client = std::move(client).take(),
                                               .name = text_of(*body, "name"),
                                               .username = text_of(*body, "username")}));
}

// Does a form mean who is signed in by now? It may be from before they were: then it proves nothing, and says only whom
// whoever filled it in took themselves for (docs/adr/0014).
Result<bool, Fault> means_who_is_here(const Call& call, App& app, const Browser& browser) {
  const auto& user = browser.session.user;
  const auto form = oauth::Form::parse(call.request.body);
  if (user.empty() || !form) return false;
  // OIDC Core §3.1.2.1: they were not to be it who was here when another account was chosen.
  if (browser.request && browser.request->other_than == user) return false;
  if (form->get("username")) {
    TRY(const auto body, Names(app, call.tenant).body_of(user));
    return username_of(*form) == text_of(body, "username");
  }
  if (const auto pending = form->get("pending")) return pending_user(*pending, call, app) == user;
  if (const auto response = form->get("response")) {
    const auto answer = parse_json_object(*response);
    return answer && base64url_decode(text_of(*answer, "userHandle")) == user;
  }
  return form->get("as") == "same" &&
         flows::csrf_matches(browser.session, browser.purpose("choose"), form->get("csrf").value_or(""));
}

// The request waits no more: a second click goes where the first has led, and is told there how it was answered.
Answer is_over(const Call& call, App& app, const Browser& browser) {
  if (!browser.answered) return too_old(call, browser);
  if (auto same = answer_to_same(call, app, browser, sent_by(call))) return std::move(*same);
  const auto means_them = means_who_is_here(call, app, browser);
  if (!means_them) return broken(call, means_them.error());
  return *means_them ? go(way_on(browser)) : too_old(call, browser);
}

// A form of a browser that somebody signed in with meanwhile (another tab, a first click) goes on to where that led if
// it means them; for any other the page is there anew, with the name as it was typed.
Answer form_is_old(const Call& call, App& app, const Browser& browser, const oauth::Form& form) {
  auto typed = username_of(form);
  if (!browser.signed_in()) return old_form(call, app, browser, "user.sign_in", page_of(browser), std::move(typed));
  const auto means_them = means_who_is_here(call, app, browser);
  if (!means_them) return broken(call, means_them.error());
  if (*means_them) return go(way_on(browser));
  const Note note{.why = signin::Refusal::Why::expired, .username = std::move(typed), .about = Note::About::another};
  auto answer = wants_page(call.request)
                    ? go(with_note(page_of(browser), note, call, app, browser))
                    : show_form(call, app, browser, 403, note);
  answer.writes.push_back(record_stale(call, app, browser, "user.sign_in"));
  return answer;
}

// What was posted by a page to sign in on; or how whoever sent anything else goes on.
Result<oauth::Form, Answer> form_of(const Call& call, App& app, const Browser& browser, std::string_view name) {
  auto form = posted(call, browser, name);
  if (!form) return Fail{unread_form(call, app, browser, "user.sign_in", page_of(browser), form.error())};
  if (!form->genuine) return Fail{form_is_old(call, app, browser, form->form)};
  return std::move(form->form);
}

// A second click throws the first answer away, and with it the cookie of the session that has begun.
Answer signed_in_once(const Call& call, App& app, const Browser& browser, const std::string& sent,
                      signin::SignedIn who) {
  auto answer = signed_in(call, app, browser, std::move(who));
  keep_answer(call, app, browser, sent, answer);
  return answer;
}

struct Typed {
  std::string username;
  Secret password;
};

// On the pool: by now the request is gone, and `kept` is all there is of it.
Answer by_password(const Kept& kept, App& app, const Browser& browser, signin::Attempt attempt, const Typed& typed,
                   const std::string& sent) {
  const auto call = kept.call();
  const auto& username = typed.username;
  auto who = signin::verify_password(app.sign_in, std::move(attempt), username, typed.password.reveal());
  if (!who) return not_signed_in(call, app, browser, std::move(who).fail().error, {.username = username});
  if (!who->second_factor_due) return signed_in_once(call, app, browser, sent, std::move(who).take());
  // To a page of its own: who comes back to it sends no form again. What goes along is sealed for this browser.
  auto answer = go(second_factor_url(browser, make_pending(*who, call, app, browser)));
  for (auto& write : who->writes) answer.writes.push_back(std::move(write));
  answer.refused = too_late(std::move(who->before), browser.way("").path("/sign-in"));
  return answer;
}

// What was proven before is worth nothing any more.
Answer begin_anew(const Call& call, App& app, const Browser& browser, audit::Event event, std::string why) {
  signin::Refusal refusal{.why = signin::Refusal::Why::expired, .event = std::move(event), .detail = std::move(why)};
  return not_signed_in(call, app, browser, std::move(refusal), {});
}

}  // namespace

Answer sign_in_form(const Call& call, App& app) {
  auto browser = browser_of(call, app);
  if (!browser) return broken(call, browser.error());
  if (browser->lost()) return too_old(call, *browser);
  const auto query = oauth::Form::parse(call.request.query);
  const bool other = browser->again || (query && query->get("other").has_value());
  if (browser->signed_in() && browser->request && browser->request->prompt_select_account && !other)
    return show_choice(call, app, *browser);
  if (browser->signed_in() && browser->interaction.empty() && !other) return go(browser->home());
  const bool set = query && flows::csrf_matches(browser->session, password_set, query->get("set").value_or(""));
  return show_form(call, app, *browser, 200, note_of(call, app, *browser), set);
}

Answer sign_in(const Call& call, App& app) {
  auto browser = browser_of(call, app);
  if (!browser) return broken(call, browser.error());
  if (browser->lost()) return is_over(call, app, *browser);
  auto form = form_of(call, app, *browser, "sign-in");
  if (!form) return std::move(form).fail().error;
  auto sent = sent_by(call);
  if (auto same = answer_to_same(call, app, *browser, sent)) return std::move(*same);
  auto typed = std::make_shared<Typed>(Typed{username_of(*form),
                                             Secret(form->get("password").value_or(""))});
  auto attempt = attempt_of(call, app, *browser, "user.sign_in");
  Answer answer;
  answer.later = Later{.pool = &app.sign_in.pool,
                       .work =
                           [kept = Kept(call), &app, browser = *browser, attempt = std::move(attempt), typed,
                            sent = std::move(sent)] {
                             return by_password(kept, app, browser, attempt, *typed, sent);
                           },
                       .when_full = when_full(call, *browser)};
  return answer;
}

Answer second_factor_form(const Call& call, App& app) {
  auto browser = browser_of(call, app);
  if (!browser) return broken(call, browser.error());
  if (browser->lost()) return too_old(call, *browser);
  const auto query = oauth::Form::parse(call.request.query);
  const auto text = query ? query->get("pending").value_or("") : std::string_view();
  const auto pending = read_pending(text, call, app, *browser);
  if (!pending) return go(browser->way("").path("/sign-in"));  // too long ago, or it has led on
  return show_second_factor(call, *browser, text, *pending, 200, note_of(call, app, *browser));
}

Answer second_factor(const Call& call, App& app) {
  auto browser = browser_of(call, app);
  if (!browser) return broken(call, browser.error());
  if (browser->lost()) return is_over(call, app, *browser);
  auto form = form_of(call, app, *browser, "code");
  if (!form) return std::move(form).fail().error;
  const auto sent = sent_by(call);
  if (auto same = answer_to_same(call, app, *browser, sent)) return std::move(*same);
  const auto text = form->get("pending").value_or("");
  const auto pending = read_pending(text, call, app, *browser);
  auto attempt = attempt_of(call, app, *browser, "user.sign_in");
  if (!pending) return begin_anew(call, app, *browser, std::move(attempt.event), "the first factor is too long ago");
  attempt.first_factor = pending->sign_out;
  const auto code = form->get("code").value_or("");
  auto who = signin::is_for_app(code) ? signin::verify_totp(app.sign_in, std::move(attempt), pending->user, code)
                             : signin::verify_recovery_code(app.sign_in, std::move(attempt), pending->user, code);
  using Why = signin::Refusal::Why;
  // The first was done while this one was under way, and its code is used: this one is no guess.
  if (auto same = who ? std::nullopt : answer_to_same(call, app, *browser, sent)) {
    if (who.error().why == Why::wrong)
      signin::give_back_code(app.sign_in, attempt_of(call, app, *browser, "user.sign_in"), pending->user);
    return std::move(*same);
  }
  if (!who && (who.error().why == Why::not_offered || who.error().why == Why::expired))
    return begin_anew(call, app, *browser, who.error().event, who.error().detail);
  if (!who)
    return not_done(call, app, *browser, std::move(who).fail().error, {}, second_factor_url(*browser, text),
                    [&](int status, const Note& note) {
                      return show_second_factor(call, *browser, text, *pending, status, note);
                    });
  // Both factors count.
  for (const auto& method : pending->amr)
    if (std::find(who->amr.begin(), who->amr.end(), method) == who->amr.end()) who->amr.push_back(method);
  return signed_in_once(call, app, *browser, sent, std::move(who).take());
}

Answer passkey(const Call& call, App& app) {
  auto browser = browser_of(call, app);
  if (!browser) return broken(call, browser.error());
  if (browser->lost()) return is_over(call, app, *browser);
  auto form = form_of(call, app, *browser, "sign-in");
  if (!form) return std::move(form).fail().error;
  const auto sent = sent_by(call);
  if (auto same = answer_to_same(call, app, *browser, sent)) return std::move(*same);
  auto who = signin::verify_sign_in(app.sign_in, attempt_of(call, app, *browser, "user.sign_in"),
                                    form->get("response").value_or(""));
  if (who) return signed_in_once(call, app, *browser, sent, std::move(who).take());
  // The first was done while this one was under way, and its passkey has counted it.
  if (auto same = answer_to_same(call, app, *browser, sent)) return std::move(*same);
  return not_signed_in(call, app, *browser, std::move(who).fail().error, {.about = Note::About::passkey});
}

// Who cannot sign in as the page asks: the client hears of it, and may have another way on.
Answer go_back(const Call& call, App& app) {
  auto browser = browser_of(call, app);
  if (!browser) return broken(call, browser.error());
  const auto sent = sent_by(call);
  if (auto same = answer_to_same(call, app, *browser, sent)) return std::move(*same);
  if (!browser->request) return too_old(call, *browser);
  auto form = form_of(call, app, *browser, "sign-in");
  if (!form) return std::move(form).fail().error;
  const auto& request = *browser->request;
  const auto client = app.directory.principal(call.tenant, request.client);
  if (!client) return broken(call, client.error());
  // A28: to where nobody of theirs is any more nothing is answered; the authorization endpoint says so.
  if (*client == nullptr || !directory::any_redirects_to((*client)->registration.redirect_uris, request.redirect_uri))
    return go(browser->way("").path("/oauth2/authorize/continue"));
  const oauth::Error error(oauth::Code::access_denied, "the person did not sign in");
  Answer answer{.response = flows::redirect_with_error(request, call.issuer, error, browser->say)};
  answer.writes = flows::answer_interaction(browser->interaction, request, call.tenant, call.now);
  auto event = event_of(call, app, "authorization.request", audit::Decision::refused);
  event.actor = browser->session.user;
  flows::tell_of(request, event);
  answer.writes.emplace_back(record_refusal(std::move(event), oauth::row(error.code).wire, error.description));
  answer.refused = [to = browser->way("").path("/sign-in")](const store::Refused&) { return go(to); };
  keep_answer(call, app, *browser, sent, answer);
  return answer;
}

Answer choose(const Call& call, App& app) {
  auto browser = browser_of(call, app);
  if (!browser) return broken(call, browser.error());
  if (browser->lost() || !browser->request) return is_over(call, app, *browser);
  auto form = form_of(call, app, *browser, "choose");
  if (!form) return std::move(form).fail().error;
  // The choice is made: what comes after does not ask again.
  auto settled = *browser->request;
  settled.prompt_select_account = false;
  const bool same = form->get("as") == "same" && browser->signed_in();
  if (!same) settled.other_than = browser->session.user;
  auto answer =
      go(same ? browser->way("").path("/oauth2/authorize/continue") : browser->way("").path("/sign-in") + "&other=1");
  answer.writes = flows::replace_interaction(browser->interaction, settled, call.tenant);
  answer.refused = [to = browser->way("").path("/sign-in")](const store::Refused&) { return go(to); };
  return answer;
}

}  // namespace deputy::endpoints::people
