// Proof: an attempt to sign in on its way: how it begins, how it ends well, and the page it ends on otherwise.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "endpoints/people/note.h"
#include "signin/authenticator.h"

namespace deputy::endpoints::people {

signin::Attempt attempt_of(const Call& call, App& app, const Browser& browser, std::string_view action);

// How who is here is to sign in, by the strongest way that they have.
pages::Phrase sign_in_by(signin::Type strongest);

// Where whoever is signed in goes on: to the request that waits, or to where they came from.
std::string way_on(const Browser& browser);
// Somebody has signed in: a session with a new cookie, and on to where they came from.
Answer signed_in(const Call& call, App& app, const Browser& browser, signin::SignedIn who);

// The page of the caller's own that tells a note.
using Telling = std::function<Answer(int status, const Note& note)>;
// A browser is sent on to `page`, which reads the note: going back to it later sends no form again. Whoever does not
// ask for a page first is answered at once: 400 for whatever was not right, 429 with Retry-After for too many tries;
// everybody 503 where it is our fault. Recorded. `note` brings what was typed.
Answer not_done(const Call& call, App& app, const Browser& browser, signin::Refusal refusal, Note note,
                std::string page, const Telling& tell);

// The store refused the batch: what was to be used once was used in the same moment. Holds nothing of the call.
std::function<Answer(const store::Refused&)> too_late(audit::Event before, std::string to);

// As it was typed, without the spaces that a keyboard puts around it: no username has any.
std::string username_of(const oauth::Form& form);
// What the field of the username holds at first: the login_hint. Nothing where it is an address, which may be no more
// than where mail reaches somebody; whether it is a username too is told to nobody (A16).
std::string username_hint(const Browser& browser);

// The password was right, a second factor is due: proof of the first, for this browser and a few minutes.
std::string make_pending(const signin::SignedIn& who, const Call& call, App& app, const Browser& browser);
struct Pending {
  std::string user;
  signin::Amr amr;
  std::string sign_out;  // the mark that the first factor was proven with
  bool recovery_codes = false;
};
std::optional<Pending> read_pending(std::string_view text, const Call& call, App& app, const Browser& browser);
// Whose proof it is, for whichever browser: it says whom a form means, and proves nothing. Empty: nobody's.
std::string pending_user(std::string_view text, const Call& call, App& app);

// What is shown where the pool is full: made now, from what the request brought. `refused`: the event of that, where it
// is known who asks.
std::function<Answer()> when_full(const Call& call, const Browser& browser, std::optional<audit::Event> refused = {});

}  // namespace deputy::endpoints::people
