// Note: why somebody is not signed in, or nothing was changed, for a page that is asked for by GET: who comes back to
// it sends no form again.
#pragma once

#include <optional>
#include <string>

#include "endpoints/people/browser.h"
#include "signin/attempt.h"

namespace deputy::endpoints::people {

struct Note {
  std::optional<signin::Refusal::Why> why = {};  // none: nothing was refused
  std::string sentence = {};                     // of a password that is not taken (signin::Refusal)
  Seconds wait{0};                               // of too many tries
  std::string username = {}, code = {};          // as they were typed, to stand in the form again; empty: they do not
  // Of a form that is from before, or from before somebody else signed in, or cannot be read, and of a sign-in that
  // does not do, nothing was looked at.
  enum class About { typed, passkey, password, form, another, unread, sign_in } about = About::typed;

  bool is_of_form() const { return about == About::form || about == About::unread; }  // whatever page it is on

  pages::SignInView::Trouble trouble() const;
  // None of a sign-in that does not do: the page says so by itself, for as long as it is so.
  std::optional<pages::Phrase> problem() const;
};

// The URL of a page of ours, with a note that opens in this browser only, for five minutes, and no more once somebody
// has signed in there or has changed how they sign in.
std::string with_note(std::string page, const Note& note, const Call& call, App& app, const Browser& browser);
// The note of the request's URL. One that tells nothing: there is none, or none that is good here and now.
Note note_of(const Call& call, App& app, const Browser& browser);

// The form is not of this browser's session as it is now (A7). A browser is sent on to `page`, which reads the note;
// who does not ask for a page first, or brings no cookie that a note could be read by, is answered at once (403).
// Recorded. `username` as it was typed.
Answer old_form(const Call& call, App& app, const Browser& browser, std::string_view action, std::string page,
                std::string username = {});
// The same of a form that cannot be read (400).
Answer unread_form(const Call& call, App& app, const Browser& browser, std::string_view action, std::string page,
                   const oauth::Error& why);

// What the token of `set` in the URL of the page to sign in on is for (flows::csrf_token): a new password was set.
inline constexpr std::string_view password_set = "password set";

// A URL with one more parameter, whose value needs no escaping.
std::string with_parameter(std::string url, std::string_view name, std::string_view value);

}  // namespace deputy::endpoints::people
