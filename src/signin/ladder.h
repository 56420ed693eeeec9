// Ladder: how the steps of an attempt end: a denial on the way, and one door out for all of them.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "signin/attempt.h"
#include "signin/authenticator.h"
#include "signin/methods.h"
#include "signin/sign_out.h"

namespace deputy::signin {

// Why a step does not go on.
struct Denied {
  Refusal::Why why;
  std::string detail;
  Seconds retry_after{0};
  std::string sentence = {};

  Denied(Refusal::Why why_, std::string detail_) : why(why_), detail(std::move(detail_)) {}
  Denied(Fault fault) : why(Refusal::Why::unavailable), detail(std::move(fault.detail)) {}
};
Denied throttled(Seconds wait);
Denied weak(std::string_view sentence);

// The end of the ladder: what was granted goes out with its event among its writes, what was denied as a refusal.
template <class T>
Result<T, Refusal> conclude(Attempt attempt, Result<T, Denied> result, audit::Decision decision) {
  if (!result) {
    const auto& denied = result.error();
    return Fail{Refusal{denied.why, std::move(attempt.event), denied.detail, denied.retry_after, denied.sentence}};
  }
  result->before = attempt.event;
  attempt.event.decision = decision;
  result->writes.push_back(store::Append{std::move(attempt.event)});
  return std::move(result).take();
}

// A user as signing in sees one.
struct Person {
  std::string id, username;
  bool active = false;
  std::vector<Authenticator> authenticators;
  SignOut sign_out;
};
// None: no such user.
Result<std::optional<Person>, Fault> person_named(store::Store& store, std::string_view tenant,
                                                  std::string_view username);
// The user must exist and be active: `wrong` otherwise. Names them in the attempt's event as who it is about, and
// nobody as who acts: nothing is proven yet, and a stranger is held to their bound (A42).
Result<Person, Denied> claimed_person(Methods& methods, Attempt& attempt, std::string_view user);
// The same of whoever has proven who they are: names them as who acts, too.
Result<Person, Denied> active_person(Methods& methods, Attempt& attempt, std::string_view user);
// The same for a second factor: `expired` where the first was proven before they were signed out everywhere.
Result<Person, Denied> person_of_second_factor(Methods& methods, Attempt& attempt, std::string_view user);

// Refuses (`not_offered`) where the tenant has turned one-time passwords off, and with them the recovery codes: what
// was enrolled before stays, and counts for nothing until they are on again.
Result<Done, Denied> totp_offered(const Methods& methods, const Attempt& attempt);

Throttle::Who who_is(const Methods& methods, const Attempt& attempt, std::string_view username);

// Something was proven of a person as they were read: it becomes durable if they are still there, and nothing ended
// their sessions since.
void proven(const Attempt& attempt, const Person& person, SignedIn& result);
// The first factor and, where there is one, the second are right: the throttle remembers, the browser gets a device.
void signed_in(Methods& methods, const Attempt& attempt, const Person& person, SignedIn& result);

// The writes that end the person's sessions, all but the attempt's own, or all. Refused where they were signed out of
// all since the person was read: by who disabled them, or by another change (see sign_out.h).
enum class Sessions { others, all };
Result<Done, Denied> end_sessions(Methods& methods, const Attempt& attempt, const Person& person, Sessions which,
                                  store::Writes& writes);

}  // namespace deputy::signin
