// GET and POST /sign-in/reset: a new password by a code that an administrator gave.
#include "endpoints/people/answered.h"
#include "endpoints/people/people.h"
#include "endpoints/people/proof.h"
#include "signin/password/password.h"

namespace deputy::endpoints::people {
namespace {

struct Typed {
  std::string username, code;
  Secret password;
};

Answer show_form(const Call& call, const Browser& browser, int status, const Note& note) {
  const auto username = note.username.empty() ? username_hint(browser) : note.username;
  const bool old = note.about == Note::About::form;
  return show(call, browser, status,
              pages::reset_page(browser.say, {.way = browser.way("reset"),
                                              .username = username,
                                              .code = note.code,
                                              .problem = old ? pages::old_page : note.problem(),
                                              .looked_at = !note.is_of_form()}));
}

Answer by_code(const Kept& kept, App& app, const Browser& browser, const signin::Attempt& attempt, const Typed& typed,
               const std::string& sent) {
  const auto call = kept.call();
  if (auto same = answer_to_same(call, app, browser, sent)) return std::move(*same);  // it waited for the first
  auto changed = signin::reset_password(app.sign_in, attempt, typed.username, typed.code, typed.password.reveal());
  if (!changed) {
    auto refusal = std::move(changed).fail().error;
    // The first was done while this one was under way, and took the code: this one is no guess.
    if (auto same = answer_to_same(call, app, browser, sent)) {
      if (refusal.why == signin::Refusal::Why::wrong) signin::give_back_guess(app.sign_in, attempt, typed.username);
      return std::move(*same);
    }
    Note note{.username = typed.username};
    if (refusal.why == signin::Refusal::Why::weak) note.code = typed.code;
    return not_done(call, app, browser, std::move(refusal), std::move(note), browser.way("").path("/sign-in/reset"),
                    [&](int status, const Note& told) { return show_form(call, browser, status, told); });
  }
  auto answer = go(with_parameter(browser.way("").path("/sign-in"), "set",
                                  flows::csrf_token(browser.session, password_set)));
  answer.writes = std::move(changed->writes);
  answer.refused = too_late(std::move(changed->before), browser.way("").path("/sign-in/reset"));
  keep_answer(call, app, browser, sent, answer);
  return answer;
}

}  // namespace

Answer reset_form(const Call& call, App& app) {
  auto browser = browser_of(call, app);
  if (!browser) return broken(call, browser.error());
  if (browser->lost()) return too_old(call, *browser);
  return show_form(call, *browser, 200, note_of(call, app, *browser));
}

Answer reset(const Call& call, App& app) {
  auto browser = browser_of(call, app);
  if (!browser) return broken(call, browser.error());
  if (browser->lost()) return too_old(call, *browser);
  const auto form = posted(call, *browser, "reset");
  auto page = browser->way("").path("/sign-in/reset");
  if (!form) return unread_form(call, app, *browser, "user.reset", std::move(page), form.error());
  if (!form->genuine)
    return old_form(call, app, *browser, "user.reset", std::move(page), username_of(form->form));
  auto sent = sent_by(call);
  if (auto same = answer_to_same(call, app, *browser, sent)) return std::move(*same);
  auto typed = std::make_shared<Typed>(Typed{username_of(form->form),
                                             std::string(form->form.get("code").value_or("")),
                                             Secret(form->form.get("password").value_or(""))});
  Answer answer;
  answer.later = Later{
      .pool = &app.sign_in.pool,
      .work = [kept = Kept(call), &app, browser = *browser, attempt = attempt_of(call, app, *browser, "user.reset"),
               typed, sent = std::move(sent)] { return by_code(kept, app, browser, attempt, *typed, sent); },
      .when_full = when_full(call, *browser)};
  return answer;
}

}  // namespace deputy::endpoints::people
