// Tabs and devices.
#include "pages/views/account.h"

#include "pages/inert.h"
#include "pages/views/account_frame.h"

namespace deputy::pages {
namespace {

Phrase name_of(Tab tab) {
  switch (tab) {
    case Tab::agents:
      return "Agents";
    case Tab::devices:
      return "Devices";
    case Tab::security:
      return "Security";
    case Tab::history:
      return "History";
  }
  return "Your account";
}

Html tab(const Speaker& say, const AccountFrame& frame, Tab tab, std::string_view path) {
  Attribute current("aria-current", "page");
  current.on = frame.tab == tab;
  return el("li", {}, {el("a", {{"href", frame.way.base + std::string(path)}, current}, {say(name_of(tab))})});
}

Html device_row(const Speaker& say, const AccountFrame& frame, const DeviceView& one) {
  const auto name = one.name.empty() ? say("An unknown browser") : one.name;
  const auto here = one.here ? el("span", {{"class", "badge good"}}, {say("this browser")}) : Html();
  const auto when = one.session.empty()
                        ? say("Not signed in, last seen {0}.", {say.when(one.seen)})
                        : say("Signed in {0}, last seen {1}.", {say.when(one.since), say.when(one.seen)});
  const auto which = all({name, ": ", when});  // two may bear one name
  Html end, forget;
  if (!one.here && !one.session.empty())
    end = one_button(frame, "/account/devices", hidden("session", one.session),
                     label_of(say("Sign out there"), which));
  if (!one.here && !one.browser.empty())
    forget =
        one_button(frame, "/account/devices", hidden("forget", one.browser), label_of(say("Forget"), which));
  return el("li", {{"class", "row"}},
            {el("div", {}, {el("h2", {}, {name, " ", here}), el("p", {{"class", "quiet"}}, {when})}), end, forget});
}

}  // namespace

std::string account_page(const Speaker& say, const AccountFrame& frame, const Html& body) {
  const auto tabs = el("nav", {{"aria-label", say("Your account")}},
                       {el("ul", {{"class", "tabs"}},
                           {tab(say, frame, Tab::agents, "/account"), tab(say, frame, Tab::devices, "/account/devices"),
                            tab(say, frame, Tab::security, "/account/security"),
                            tab(say, frame, Tab::history, "/account/history")})});
  const auto top = el("div", {{"class", "top"}},
                      {el("p", {{"class", "quiet"}}, {say("Signed in as {0}.", {el("bdi", {}, {frame.user})})}),
                       one_button(frame, "/account/sign-out", Html(), say("Sign out"))});
  Html problem;
  if (frame.problem) {
    problem = say(*frame.problem, {});
    if (!frame.sign_in.empty()) problem.add(all({" ", link(frame.sign_in, say("Sign in again"))}));
    problem = pages::problem(problem);
  }
  const bool wrong = frame.problem || frame.wrong;
  const auto* script = frame.tab == Tab::security ? &passkey_script() : nullptr;
  return page(say, {.title = say(name_of(frame.tab)), .width = Width::wide, .script = script, .wrong = wrong},
              all({top, tabs, problem, frame.said ? notice(say(*frame.said)) : Html(), body}));
}

Html one_button(const AccountFrame& frame, std::string_view path, const Html& fields, const Html& label,
                Look look) {
  return form(frame.way.base + std::string(path), frame.way.csrf, {fields, button(label, look)});
}

std::string devices_page(const Speaker& say, const DevicesView& view) {
  std::vector<Html> rows;
  bool others = false;
  for (const auto& one : view.devices) {
    rows.push_back(device_row(say, view.frame, one));
    others = others || (!one.here && !one.session.empty());
  }
  Html everywhere_else;
  if (others)
    everywhere_else = one_button(view.frame, "/account/devices", hidden("session", "others"),
                                 say("Sign out everywhere else"), Look::danger);
  const auto why = say("Wrong guesses that are made elsewhere cannot keep you out of a browser you have signed in "
                       "with. Forget one that is not yours any more.");
  return account_page(say, view.frame,
                      all({el("h1", {}, {say("Where you are signed in")}), el("p", {{"class", "hint"}}, {why}),
                           el("ul", {{"class", "rows"}}, rows), everywhere_else}));
}

}  // namespace deputy::pages
