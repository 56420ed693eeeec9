// /account: what acts for a person and how to take it back, where they are signed in, how they sign in, what was done.
#pragma once

#include "endpoints/people/browser.h"
#include "endpoints/people/note.h"
#include "pages/views/account.h"

namespace deputy::endpoints::people {

Answer agents(const Call& call, App& app);                // GET /account
Answer withdraw(const Call& call, App& app);              // POST /account/withdraw
Answer devices(const Call& call, App& app);               // GET /account/devices
Answer change_devices(const Call& call, App& app);        // POST /account/devices
Answer security(const Call& call, App& app);              // GET /account/security
Answer change_password(const Call& call, App& app);       // POST /account/security/password
Answer app_form(const Call& call, App& app);              // GET /account/security/app
Answer confirm_app(const Call& call, App& app);           // POST /account/security/app
Answer add_passkey(const Call& call, App& app);           // POST /account/security/passkey
Answer renew_recovery_codes(const Call& call, App& app);  // POST /account/security/recovery-codes
Answer remove_method(const Call& call, App& app);         // POST /account/security/remove
Answer history(const Call& call, App& app);               // GET /account/history
Answer sign_out(const Call& call, App& app);              // POST /account/sign-out

// A page of /account for who is signed in; anybody else is sent to sign in.
struct Visit {
  Browser browser;
  pages::AccountFrame frame;
  oauth::Form form;  // of a POST
  std::string sent;  // it, as it came (people/answered.h)
};
// None: go on. Else the answer. `action` names what a POST would have done, where it is refused.
std::optional<Answer> enter(const Call& call, App& app, pages::Tab tab, Visit& visit);
std::optional<Answer> enter_with_form(const Call& call, App& app, pages::Tab tab, std::string_view action,
                                      Visit& visit);
// The page to sign in on, from which the browser comes back to this one. `again`: also whoever is signed in is asked.
enum class Again { no, yes };
std::string sign_in_for(const Call& call, const Browser& browser, pages::Tab tab, Again again);
// The same, to come back to that page of ours.
std::string sign_in_to(std::string_view page, const Browser& browser, Again again);
// The page that the form of a POST was on, with a note.
Answer back_to_page(const Call& call, App& app, pages::Tab tab, const Visit& visit, const Note& note);
// Why a session does not do for what it asks, as record_refusal() wants it.
struct Unfit {
  std::string_view code, detail;
};
// Refused by flows::still_there: the store refused the batch for that.
constexpr Unfit session_over{"signed_out", "the session was over, or signed in to anew, by then"};
// What was just done, told on the page that the browser goes to next.
Answer done(const Visit& visit, std::string_view path, std::string_view said);

}  // namespace deputy::endpoints::people
