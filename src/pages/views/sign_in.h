// Signing in, as a person sees it: who they are, their second factor, which of their accounts, a new password.
#pragma once

#include <optional>
#include <string>

#include "pages/layout.h"

namespace deputy::pages {

// Where a form of an interaction goes, and what it brings along.
struct Way {
  std::string base;         // "" or "/t/acme"
  std::string interaction;  // of the URL; empty: the person came by themselves, to /account
  std::string csrf;
  std::string to = {};  // without an interaction: which page of /account they come from; empty: the first
  bool again = false;   // they sign in once more, signed in or not
  std::string path(std::string_view of) const;  // "/t/acme/sign-in?i=…", "/sign-in?to=…&again=1"
};

// Of a form that is from before, whoever is signed in.
inline constexpr Phrase old_page = "That page was open too long, or another window was quicker. Go on from this one.";

struct SignInView {
  Way way;
  std::string client;           // whose request it is; empty: none
  std::string username;         // typed before, or the login_hint
  bool password = true;         // what the tenant offers
  std::string passkey_options;  // JSON for the script; empty: not offered
  std::optional<Phrase> wanted = {};  // what is asked of the sign-in; none: nothing beyond a password
  bool passkey_first = false;         // who is here has no other way that would do
  enum class Trouble { none, wrong, unknown_passkey, throttled, expired, unavailable, old, another, unread, done };
  Trouble trouble = Trouble::none;
  Seconds wait{0};  // of throttled: for how long
};
std::string sign_in_page(const Speaker& say, const SignInView& view);

struct SecondFactorView {
  Way way;
  std::string pending;  // what the form brings back of the first factor
  bool recovery_codes = false;
  SignInView::Trouble trouble = SignInView::Trouble::none;
  Seconds wait{0};
};
std::string second_factor_page(const Speaker& say, const SecondFactorView& view);

struct ChooseView {
  Way way;
  std::string client, name, username;
};
std::string choose_page(const Speaker& say, const ChooseView& view);

struct ResetView {
  Way way;
  std::string username;
  std::string code = {};  // as it was typed, where the new password was not taken
  std::optional<Phrase> problem = {};
  bool looked_at = true;  // at what was typed: else nothing of it is wrong
};
std::string reset_page(const Speaker& say, const ResetView& view);

// A page that only says something, and how to go on.
struct MessageView {
  std::string title, text;
  std::string to, label;  // where to; empty: nowhere
  std::string technical = {};  // in English, for who runs what sent the person here; empty: nothing
};
std::string message_page(const Speaker& say, const MessageView& view);

}  // namespace deputy::pages
