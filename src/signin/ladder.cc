// What the steps of every attempt share.
#include "signin/ladder.h"

#include "signin/known_browser.h"
#include "signin/throttle/device.h"

namespace deputy::signin {
namespace {

Result<std::optional<Person>, Fault> person_from(store::Store& store, const store::Record& record) {
  TRY(auto body, parse_stored(record.body));
  TRY(auto records, store.under(record.tenant, record.id));
  TRY(auto authenticators, authenticators_among(records));
  TRY(auto sign_out, sign_out_among(records));
  return std::optional(Person{.id = record.id,
                              .username = text_of(body, "username"),
                              .active = json_text(body, "state").value_or("active") == "active",
                              .authenticators = std::move(authenticators),
                              .sign_out = std::move(sign_out)});
}

// The mark of a browser that this account was signed in with, and that its owner has not forgotten since.
std::string known_device(const Methods& methods, const Attempt& attempt, std::string_view username) {
  auto device = device_of(methods.hash, attempt.tenant, username, attempt.device);
  const auto known = browser_marked(device, attempt.tenant, methods.store);
  return known && *known ? std::move(device) : std::string();
}

}  // namespace

Denied throttled(Seconds wait) {
  Denied denied(Refusal::Why::throttled, "too many guesses");
  denied.retry_after = wait;
  return denied;
}

Denied weak(std::string_view sentence) {
  Denied denied(Refusal::Why::weak, std::string(sentence));
  denied.sentence = sentence;
  return denied;
}

std::string_view code_of(Refusal::Why why) {
  constexpr std::array<std::string_view, 7> codes{"wrong",       "throttled", "weak",       "expired",
                                                  "not_offered", "last",      "unavailable"};
  return codes[static_cast<std::size_t>(why)];
}

Refusal too_late(audit::Event event, const store::Refused& refused) {
  using Why = store::Refused::Why;
  const bool used = refused.why == Why::used;
  return {used ? Refusal::Why::expired : Refusal::Why::wrong, std::move(event),
          used ? "the challenge was used before" : "a code or a record was used or changed meanwhile", Seconds(0), ""};
}

Result<std::optional<Person>, Fault> person_named(store::Store& store, std::string_view tenant,
                                                  std::string_view username) {
  TRY(auto record, store.find(tenant, store::Kind::user, "username", username));
  if (record) return person_from(store, *record);
  // Nobody's records are read, as somebody's would be: an unknown name takes the same steps (A16).
  TRY(auto nothing, store.under(tenant, "usr_"));
  return std::optional<Person>();
}

Result<Person, Denied> claimed_person(Methods& methods, Attempt& attempt, std::string_view user) {
  TRY(auto record, methods.store.get(attempt.tenant, store::Kind::user, user));
  if (!record) return Fail{Denied(Refusal::Why::wrong, "the user does not exist")};
  attempt.event.subject = record->id;
  TRY(auto person, person_from(methods.store, *record));
  if (!person->active) return Fail{Denied(Refusal::Why::wrong, "the user is disabled")};
  return std::move(*person);
}

Result<Person, Denied> active_person(Methods& methods, Attempt& attempt, std::string_view user) {
  auto person = claimed_person(methods, attempt, user);
  attempt.event.actor = attempt.event.subject;
  return person;
}

Result<Person, Denied> person_of_second_factor(Methods& methods, Attempt& attempt, std::string_view user) {
  TRY(auto person, active_person(methods, attempt, user));
  if (attempt.first_factor && *attempt.first_factor != person.sign_out.mark)
    return Fail{Denied(Refusal::Why::expired, "the user was signed out everywhere since the first factor")};
  return person;
}

Result<Done, Denied> totp_offered(const Methods& methods, const Attempt& attempt) {
  TRY(auto policy, policy_of(methods.store, attempt.tenant));
  if (!policy.totp) return Fail{Denied(Refusal::Why::not_offered, "one-time passwords are off in this tenant")};
  return Done{};
}

Throttle::Who who_is(const Methods& methods, const Attempt& attempt, std::string_view username) {
  return {.tenant = attempt.tenant,
          .account = std::string(username),
          .peer = attempt.peer,
          .device = known_device(methods, attempt, username)};
}

void proven(const Attempt& attempt, const Person& person, SignedIn& result) {
  result.sign_out = person.sign_out.mark;
  result.writes.push_back(store::Require{attempt.tenant, store::Kind::user, person.id});
  result.writes.push_back(no_sign_out_since(person.sign_out, attempt.tenant, person.id));
}

void signed_in(Methods& methods, const Attempt& attempt, const Person& person, SignedIn& result) {
  proven(attempt, person, result);
  methods.throttle.remember(who_is(methods, attempt, person.username), attempt.now);
  auto device = make_device(methods.hash, attempt.tenant, person.username, methods.random);
  const Seen seen{.user = person.id,
                  .name = attempt.browser,
                  .mark_before = mark_of(attempt.device),
                  .mark = mark_of(device)};
  auto remembered = remember_browser(seen, attempt.tenant, methods.store, methods.random, attempt.now);
  // Nobody is kept out because their browser cannot be remembered.
  if (!remembered) return;
  result.device = std::move(device);
  result.browser = std::move(remembered->id);
  for (auto& write : remembered->writes) result.writes.push_back(std::move(write));
}

Result<Done, Denied> end_sessions(Methods& methods, const Attempt& attempt, const Person& person, Sessions which,
                                  store::Writes& writes) {
  writes.push_back(no_sign_out_since(person.sign_out, attempt.tenant, person.id));
  if (!methods.end_sessions) return Done{};
  const std::string_view keep = which == Sessions::others ? std::string_view(attempt.session) : std::string_view();
  TRY(auto ended, methods.end_sessions(attempt.tenant, person.id, keep, attempt.now));
  for (auto& write : ended) writes.push_back(std::move(write));
  return Done{};
}

}  // namespace deputy::signin
