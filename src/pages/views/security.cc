// How a person signs in: their password, app, passkeys and recovery codes, and changing each.
#include "base/encoding.h"
#include "pages/inert.h"
#include "pages/views/account_frame.h"

namespace deputy::pages {
namespace {

Html type_name(const Speaker& say, std::string_view type) {
  if (type == "password") return say("Password");
  if (type == "totp") return say("Authenticator app");
  if (type == "recovery_codes") return say("Recovery codes");
  if (type == "passkey") return say("Passkey");
  return el("code", {}, {type});
}

// As it is read off and typed; apps leave the spaces out.
std::string in_fours(std::string_view text) {
  std::string groups;
  for (std::size_t i = 0; i < text.size(); i += 4) groups.append(i == 0 ? "" : " ").append(text.substr(i, 4));
  return groups;
}

std::string app_title(const Speaker& say, bool replaces) {
  return replaces ? say("Replace your authenticator app") : say("Set up an authenticator app");
}

Html method_row(const Speaker& say, const SecurityView& view, const MethodView& one) {
  const auto since = say("Since {0}", {say.when(one.since)});
  const auto used = one.used_at ? say("Last used {0}", {say.when(*one.used_at)}) : Html(say("Not used yet"));
  Html label, left, off;
  if (!one.offered) off = all({" ", el("span", {{"class", "badge"}}, {say("turned off here")})});
  if (one.left) {
    const auto number = *one.left > 0 ? say("{0} left", {std::to_string(*one.left)}) : Html(say("none left"));
    left = all({" · ", number});
  }
  if (!one.label.empty()) label = all({" ", el("bdi", {}, {inert(one.label, 60)})});
  return el("li", {{"class", "row"}},
            {el("div", {},
                {el("h2", {}, {type_name(say, one.type), label, off}),
                 el("p", {{"class", "quiet"}}, {since, " · ", used, left})}),
             one_button(view.frame, "/account/security/remove", hidden("authenticator", one.id),
                        label_of(say("Remove"), all({type_name(say, one.type), label, ": ", since})))});
}

Html codes_once(const Speaker& say, const SecurityView& view) {
  if (view.recovery_codes.empty()) return {};
  std::vector<Html> codes;
  std::string lines;
  for (const auto& code : view.recovery_codes) {
    codes.push_back(el("li", {}, {el("code", {}, {code})}));
    lines.append(code).append("\n");
  }
  return el("section", {{"id", "codes"}, {"class", "panel"}, {"data-page", view.frame.way.base + "/account/security"}},
            {el("h2", {}, {say("Your recovery codes")}),
             el("p", {},
                {say("Each is good once, when your app is out of reach. They are shown now and never again: "
                     "write them down.")}),
             el("ul", {{"class", "codes"}}, codes),
             el("p", {},
                {el("a", {{"href", "data:text/plain;charset=utf-8," + percent_encode(lines)},
                          {"download", "recovery-codes.txt"}},
                    {say("Save them as a file")})})});
}

// Where the alert above does not say so already.
Html sign_in_first(const Speaker& say, const SecurityView& view) {
  if (!view.wanting || !view.frame.sign_in.empty()) return {};
  return el("section", {{"class", "panel"}},
            {el("h2", {}, {say("To change how you sign in")}), el("p", {}, {say(*view.wanting)}),
             el("p", {}, {link(view.sign_in, say("Sign in again"))})});
}

Html password_form(const Speaker& say, const SecurityView& view) {
  if (!view.password_offered || view.wanting) return {};
  Html current;
  if (view.password)
    current = input(
        {.name = "current",
         .label = say("Current password"),
         .type = "password",
         .autocomplete = "current-password",
         .focus = view.password_problem.has_value(),
         .wrong = view.password_problem.has_value()});
  return el(
      "section", {{"class", "panel"}},
      {el("h2", {}, {view.password ? say("Change your password") : say("Set a password")}),
       view.password_problem ? problem(say(*view.password_problem)) : Html(),
       form(view.frame.way.base + "/account/security/password", view.frame.way.csrf,
            {void_el("input", {{"type", "text"},  // no name: it is not sent
                               {"value", view.username},
                               {"autocomplete", "username"},
                               {"hidden", true}}),
             current,
             input({.name = "password",
                    .label = say("New password"),
                    .type = "password",
                    .autocomplete = "new-password",
                    .hint = say("At least 8 characters. A few words that only you would put together are good."),
                    .focus = view.password_problem && !view.password,
                    .wrong = view.password_problem.has_value()}),
             button(say("Set password"))})});
}

Html additions(const Speaker& say, const SecurityView& view) {
  Html app, codes, passkey;
  const auto has = [&](std::string_view type) {
    for (const auto& one : view.methods)
      if (one.type == type) return true;
    return false;
  };
  const auto& base = view.frame.way.base;
  if (view.totp_offered)
    app = el("p", {},
             {link(base + "/account/security/app", app_title(say, has("totp")))});
  if (view.totp_offered && has("totp"))
    codes = one_button(view.frame, "/account/security/recovery-codes",
                       hidden("codes", std::to_string(view.codes_version)), say("Make new recovery codes"));
  const auto title = codes.empty() ? say("Add a way to sign in") : say("Add or replace a way to sign in");
  const auto heading = el("h2", {}, {title});
  // Where a passkey is all there is to add, the script uncovers the heading with it.
  const bool alone = app.empty() && codes.empty();
  Attribute panel("class", "panel");
  panel.on = alone;
  if (view.passkeys_offered && !view.passkey_options.empty())
    passkey = el(
        "div",
        {{"id", "passkey"},
         panel,
         {"hidden", true},
         {"data-options", view.passkey_options},
         {"data-seconds", std::to_string(view.to_begin_a_passkey.count())},
         {"data-page", base + "/account/security"},
         {"data-make", true}},
        {alone ? heading : Html(),
         form(base + "/account/security/passkey", view.frame.way.csrf,
              {hidden("response", ""), input({.name = "label", .label = say("Name of the passkey"), .length_max = 60}),
               button(say("Add a passkey"), Look::plain)}),
         el("p", {{"class", "alert"}, {"role", "alert"}, {"hidden", true}}, {say("No passkey was made. Try again.")}),
         el("p", {{"class", "alert there"}, {"role", "alert"}, {"hidden", true}},
            {say("This device has a passkey of yours already. Use another device, or go on with that one.")})});
  return alone ? passkey : el("section", {{"class", "panel"}}, {heading, app, codes, passkey});
}

}  // namespace

std::string security_page(const Speaker& say, const SecurityView& view) {
  std::vector<Html> rows;
  for (const auto& one : view.methods) rows.push_back(method_row(say, view, one));
  return account_page(say, view.frame,
                      all({el("h1", {}, {say("How you sign in")}), codes_once(say, view), sign_in_first(say, view),
                           el("ul", {{"class", "rows"}}, rows), additions(say, view), password_form(say, view)}));
}

std::string totp_page(const Speaker& say, const TotpView& view) {
  const auto picture = "data:image/svg+xml," + percent_encode(view.qr_svg);
  Html lost;
  if (view.replaces)
    lost = el("p", {}, {say("Your present app and recovery codes stop working once the new app is confirmed.")});
  return account_page(
      say, view.frame,
      all({el("h1", {}, {app_title(say, view.replaces)}), lost,
           el("p", {}, {say("Scan this with your app, or type the key into it.")}),
           void_el("img", {{"class", "qr"}, {"src", picture}, {"alt", say("QR code of the key below")}}),
           el("p", {{"class", "key"}}, {el("code", {}, {in_fours(view.secret)})}),
           el("p", {}, {el("a", {{"href", view.uri}}, {say("Open an app on this device")})}),
           form(view.frame.way.base + "/account/security/app", view.frame.way.csrf,
                {hidden("enrolment", view.enrolment),
                 input({.name = "code",
                        .label = say("Code"),
                        .autocomplete = "one-time-code",
                        .hint = say("Six digits from your authenticator app."),
                        .mode = "numeric",
                        .focus = true,
                        .wrong = view.wrong,
                        .length_max = 10}),
                 button(say("Confirm"))})}));
}

}  // namespace deputy::pages
