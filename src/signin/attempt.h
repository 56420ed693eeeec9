// Attempt: somebody tries to prove who they are; and how that ends. Values only, so that it may run on any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "audit/event.h"
#include "base/clock.h"
#include "base/fault.h"
#include "signin/acr.h"
#include "store/store.h"

namespace deputy::signin {

struct Attempt {
  std::string tenant;
  std::string peer;       // the client's address
  std::string device;   // what the browser's device cookie holds: see throttle/device.h; empty: none
  std::string browser;  // "Firefox / Linux": what it says of itself, reduced to a few known words
  std::string session;  // the browser's: what challenges are bound to, and what is not ended by a change
  std::optional<std::string> first_factor = {};  // of a second one: the mark that the first was proven with
  Instant now;
  audit::Event event;   // as the endpoint began it: refused until it is not
};

// Who it is. `writes` go into the answer's batch: single use, counters, and the event.
struct SignedIn {
  std::string user;  // an id
  std::string authenticator;
  Amr amr;
  bool second_factor_due = false;  // the password is right, but this user has a second factor: not signed in yet
  bool has_recovery_codes = false;  // which may stand for it
  std::string device;               // for the device cookie; empty while a second factor is due
  std::string browser;              // the id under which it is known (known_browser.h); empty as `device` is
  std::string sign_out;             // the mark that a session of it bears (sign_out.h)
  store::Writes writes;
  audit::Event before = {};  // as a refusal, for too_late()
};

// What a person changed of their own methods; `writes` as above.
struct Changed {
  std::string user;
  std::string authenticator;
  std::vector<std::string> recovery_codes;  // to be shown once
  store::Writes writes;
  audit::Event before = {};  // as a refusal, for too_late()
};

struct Refusal {
  enum class Why : std::uint8_t {
    wrong,        // whatever was not right: the page says one sentence for all of it (A16)
    throttled,    // wait `retry_after`
    weak,         // a new password that is not taken: `sentence` says why
    expired,      // a challenge or enrolment is too old, used or another browser's, or what is meant is gone
    not_offered,  // the tenant does not offer this
    last,         // the last by which the person can sign in is not removed
    unavailable,  // the store, or memory: try again
  };
  Why why;
  audit::Event event;     // completed, for record_refusal()
  std::string detail;     // for the log and the event only
  Seconds retry_after{0};
  std::string sentence;   // of `weak`: for the person, as a key of the catalogue
};
// As record_refusal() wants it: "wrong", "throttled", …
std::string_view code_of(Refusal::Why why);

// What a refused batch means: a code, a step or a challenge was used in the same moment.
Refusal too_late(audit::Event event, const store::Refused& refused);

}  // namespace deputy::signin
