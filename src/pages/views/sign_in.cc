// Each page says what it is for in its heading, and what went wrong before anything else.
#include "pages/views/sign_in.h"

#include "base/encoding.h"
#include "base/visible.h"
#include "pages/inert.h"

namespace deputy::pages {
namespace {

using Trouble = SignInView::Trouble;

// One sentence for whatever was not right: it tells nobody who is known here (A16).
Html trouble_of(const Speaker& say, Trouble trouble, Seconds wait) {
  const auto minutes = (wait.count() + 59) / 60;
  switch (trouble) {
    case Trouble::none:
      return {};
    case Trouble::wrong:
      return problem(say("That does not match. Check what you typed and try again."));
    case Trouble::unknown_passkey:
      return problem(say("This passkey is not known here. Use another, or sign in another way."));
    case Trouble::throttled:
      if (minutes < 2) return problem(say("Too many tries. Try again in a minute."));
      return problem(say("Too many tries. Try again in {0} minutes.", {std::to_string(minutes)}));
    case Trouble::expired:
      return problem(say("That took too long. Sign in again."));
    case Trouble::unavailable:
      return problem(say("Something did not work here. Try again in a moment."));
    case Trouble::old:
      return problem(say(old_page));
    case Trouble::another:
      return problem(say("Somebody signed in here in another window meanwhile. Sign in again as who you are."));
    case Trouble::unread:
      return problem(
          say("That form cannot be read, and nothing was changed. Check what you typed, and go on from this page."));
    case Trouble::done:
      return notice(say("Your new password is set. Sign in with it."));
  }
  return {};
}

// Were the fields wrong, as far as anybody is told?
bool is_wrong(Trouble trouble) { return trouble == Trouble::wrong; }
bool is_trouble(Trouble trouble) { return trouble != Trouble::none && trouble != Trouble::done; }

Html heading(const Speaker& say, Phrase title, std::string_view client) {
  Html lead;
  if (!client.empty())
    lead = el("p", {{"class", "lead"}}, {say("to continue to {0}", {el("b", {}, {el("bdi", {}, {inert(client)})})})});
  return el("div", {{"class", "head"}}, {el("h1", {}, {say(title)}), lead});
}

}  // namespace

std::string Way::path(std::string_view of) const {
  auto text = base + std::string(of);
  if (!interaction.empty()) return text + "?i=" + percent_encode(interaction);
  if (!to.empty()) text += "?to=" + percent_encode(to);
  if (again) text += to.empty() ? "?again=1" : "&again=1";
  return text;
}

std::string sign_in_page(const Speaker& say, const SignInView& view) {
  Html by_password, by_passkey;
  if (view.password)
    by_password = form(view.way.path("/sign-in"), view.way.csrf,
                       {input({.name = "username",
                               .label = say("Username"),
                               .value = view.username,
                               .autocomplete = view.passkey_options.empty() ? "username" : "username webauthn",
                               .focus = view.username.empty() && !view.passkey_first,
                               .wrong = is_wrong(view.trouble),
                               .length_max = 100}),
                        input({.name = "password",
                               .label = say("Password"),
                               .type = "password",
                               .autocomplete = "current-password",
                               .focus = !view.username.empty(),
                               .wrong = is_wrong(view.trouble)}),
                        button(say("Sign in"), view.passkey_first ? Look::plain : Look::primary)});
  // Hidden until the script has found that this browser can.
  if (!view.passkey_options.empty())
    by_passkey = el("div", {{"id", "passkey"}, {"hidden", true}, {"data-options", view.passkey_options}},
                    {form(view.way.path("/sign-in/passkey"), view.way.csrf,
                          {hidden("response", ""),
                           button(say("Sign in with a passkey"),
                                  view.password && !view.passkey_first ? Look::plain : Look::primary)}),
                     el("p", {{"class", "alert"}, {"role", "alert"}, {"hidden", true}},
                        {say("The passkey was not used. Try again, or sign in another way.")})});
  Html wanted;
  if (view.wanted) wanted = el("p", {{"class", "notice wanted"}, {"role", "status"}}, {say(*view.wanted)});
  const auto passkey_only =
      view.password || view.passkey_options.empty()
          ? Html()
          : el("p", {{"class", "hint"}},
               {say("This takes a passkey of yours, and a browser that runs scripts and knows passkeys.")});
  const auto nothing = view.password || !view.passkey_options.empty()
                           ? Html()
                           : alert(say("Nobody can sign in here as things are. Tell those who run this server."));
  // Whoever was sent here for an application need not sign in: it hears of that.
  const auto back = view.way.interaction.empty()
                        ? Html()
                        : form(view.way.path("/sign-in/back"), view.way.csrf,
                               {button(say("Go back without signing in"), Look::plain)});
  const auto help =
      el("p", {{"class", "foot"}}, {link(view.way.path("/sign-in/reset"), say("I have a code to set a new password"))});
  return page(say,
              {.title = say("Sign in"),
               .script = view.passkey_options.empty() ? nullptr : &passkey_script(),
               .wrong = is_trouble(view.trouble)},
              all({heading(say, "Sign in", view.client), wanted, trouble_of(say, view.trouble, view.wait), nothing,
                   view.passkey_first ? by_passkey : by_password, view.passkey_first ? by_password : by_passkey,
                   passkey_only, back,
                   view.password ? help : Html()}));
}

std::string second_factor_page(const Speaker& say, const SecondFactorView& view) {
  const auto hint = view.recovery_codes ? say("Six digits from your authenticator app, or one of your recovery codes.")
                                        : say("Six digits from your authenticator app.");
  return page(say, {.title = say("Enter your code"), .wrong = is_trouble(view.trouble)},
              all({heading(say, "Enter your code", ""), trouble_of(say, view.trouble, view.wait),
                   form(view.way.path("/sign-in/code"), view.way.csrf,
                        {hidden("pending", view.pending),
                         input({.name = "code",
                                .label = say("Code"),
                                .autocomplete = "one-time-code",
                                .hint = hint,
                                .mode = view.recovery_codes ? "" : "numeric",
                                .focus = true,
                                .wrong = is_wrong(view.trouble),
                                .length_max = 40}),
                         button(say("Continue"))}),
                   el("p", {{"class", "foot"}}, {link(view.way.path("/sign-in"), say("Start again"))})}));
}

std::string choose_page(const Speaker& say, const ChooseView& view) {
  const auto who = el("div", {{"class", "who"}},
                      {el("b", {}, {el("bdi", {}, {inert(is_seen(view.name) ? view.name : view.username)})}),
                       el("span", {{"class", "quiet"}}, {view.username})});
  return page(say, {.title = say("Choose an account")},
              all({heading(say, "Choose an account", view.client), who,
                   form(view.way.path("/sign-in/choose"), view.way.csrf,
                        {button(say("Continue"), Look::primary, "as", "same"),
                         button(say("Use another account"), Look::plain, "as", "another")})}));
}

std::string reset_page(const Speaker& say, const ResetView& view) {
  const bool wrong = view.problem && view.looked_at;
  return page(
      say, {.title = say("Set a new password"), .wrong = view.problem.has_value()},
      all({heading(say, "Set a new password", ""), view.problem ? problem(say(*view.problem)) : Html(),
           el("p", {}, {say("An administrator gives you a code. It is good for one hour, once.")}),
           form(view.way.path("/sign-in/reset"), view.way.csrf,
                {input({.name = "username",
                        .label = say("Username"),
                        .value = view.username,
                        .autocomplete = "username",
                        .focus = view.username.empty(),
                        .length_max = 100}),
                 input({.name = "code",
                        .label = say("Code"),
                        .value = view.code,
                        .autocomplete = "one-time-code",
                        .focus = !view.username.empty() && view.code.empty(),
                        .wrong = wrong && view.code.empty(),
                        .length_max = 60}),
                 input({.name = "password",
                        .label = say("New password"),
                        .type = "password",
                        .autocomplete = "new-password",
                        .hint = say("At least 8 characters. A few words that only you would put together "
                                    "are good."),
                        .focus = !view.code.empty(),
                        .wrong = wrong && !view.code.empty()}),
                 button(say("Set password"))}),
           el("p", {{"class", "foot"}}, {link(view.way.path("/sign-in"), say("Back to signing in"))})}));
}

std::string message_page(const Speaker& say, const MessageView& view) {
  Html text, onward;
  if (!view.text.empty()) text = el("p", {}, {view.text});
  if (!view.to.empty()) onward = el("p", {}, {el("a", {{"href", view.to}, {"class", "button primary"}}, {view.label})});
  Html technical;
  if (!view.technical.empty())
    technical = el("p", {{"class", "quiet"}}, {el("code", {{"lang", "en"}}, {inert(view.technical, 300)})});
  return page(say, {.title = view.title},
              all({el("h1", {}, {view.title}), text, technical, onward}));
}

}  // namespace deputy::pages
