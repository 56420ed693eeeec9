// The ladders of the password: every one spends a hash before it decides, so that time says nothing (A16).
#include "signin/password/password.h"

#include "signin/ladder.h"
#include "signin/password/policy.h"
#include "signin/password/reset_code.h"
#include "signin/totp/recovery_codes.h"

namespace deputy::signin {
namespace {

using Why = Refusal::Why;

constexpr std::size_t username_max = 100;  // as the directory has them

// Is it this person's? Nobody's, and one of a person without any, is held against a hash that nothing matches.
Result<bool, Fault> is_password_of(const Methods& methods, const Authenticator* authenticator,
                                   std::string_view password) {
  const auto text = authenticator != nullptr ? json_text(authenticator->body, "hash") : std::nullopt;
  const std::string hash(text.value_or(methods.decoy));
  TRY(const bool same, crypto::password_matches(password.substr(0, password_bytes_max), hash));
  return same && text && password.size() <= password_bytes_max;
}

// The hash is made anew where the cost was changed since; a sign-in does not hang on it.
void keep_hash_current(Methods& methods, Authenticator authenticator, std::string_view password, Instant now) {
  const std::string hash(json_text(authenticator.body, "hash").value_or(""));
  if (!crypto::is_outdated(hash, methods.config.cost)) return;
  auto fresh = crypto::hash_password(password, methods.config.cost);
  if (!fresh) return;
  authenticator.body["hash"] = *fresh;
  methods.store.commit({put_of(authenticator, now)}, [](const auto&) {});
  methods.store.flush();
}

Result<Policy, Denied> offered(const Methods& methods, const Attempt& attempt) {
  TRY(auto policy, policy_of(methods.store, attempt.tenant));
  if (!policy.password) return Fail{Denied(Why::not_offered, "passwords are off in this tenant")};
  return policy;
}

Result<SignedIn, Denied> of_person(Methods& methods, Attempt& attempt, const Policy& policy,
                                   const std::optional<Person>& person, std::string_view username,
                                   std::string_view password) {
  const auto who = who_is(methods, attempt, username);
  if (auto wait = methods.throttle.take(who, attempt.now)) return Fail{throttled(*wait)};
  const auto* authenticator = person ? find(person->authenticators, Type::password) : nullptr;
  const auto same = is_password_of(methods, authenticator, password);
  if (!same) {
    methods.throttle.give_back(who);  // nobody learned whether it is right
    return Fail{Denied(same.error())};
  }
  if (!person) return Fail{Denied(Why::wrong, "there is no such user")};
  attempt.event.subject = person->id;
  if (authenticator == nullptr) return Fail{Denied(Why::wrong, "the user has no password")};
  if (!*same) return Fail{Denied(Why::wrong, "the password is wrong")};
  if (!person->active) return Fail{Denied(Why::wrong, "the user is disabled")};
  methods.throttle.give_back(who);

  attempt.event.actor = person->id;
  attempt.event.target = authenticator->record.id;
  const auto* recovery_codes = find(person->authenticators, Type::recovery_codes);
  SignedIn result{.user = person->id,
                  .authenticator = authenticator->record.id,
                  .amr = {"pwd"},
                  .has_recovery_codes = recovery_codes != nullptr && recovery_codes_left(*recovery_codes) > 0};
  // A second factor that the tenant has turned off is not asked for.
  result.second_factor_due = policy.totp && find(person->authenticators, Type::totp) != nullptr;
  if (result.second_factor_due) {
    attempt.event.reason = "second_factor_due";
    proven(attempt, *person, result);
  } else {
    signed_in(methods, attempt, *person, result);
  }
  result.writes.push_back(
      store::Touch{attempt.tenant, store::Kind::authenticator, result.authenticator, attempt.now});
  return result;
}

Result<SignedIn, Denied> by_name(Methods& methods, Attempt& attempt, std::string_view username,
                                 std::string_view password) {
  TRY(const auto policy, offered(methods, attempt));
  const auto name = username.substr(0, username_max);
  TRY(auto person, person_named(methods.store, attempt.tenant, name));
  if (username.size() > username_max) person.reset();
  TRY(auto result, of_person(methods, attempt, policy, person, name, password));
  keep_hash_current(methods, *find(person->authenticators, Type::password), password, attempt.now);
  return result;
}

Authenticator password_of(Methods& methods, const Attempt& attempt, const Person& person, std::string hash) {
  const auto* earlier = find(person.authenticators, Type::password);
  auto authenticator = earlier != nullptr ? *earlier
                                          : make_authenticator(Type::password, attempt.tenant, person.id, attempt.now,
                                                               methods.random);
  authenticator.body["hash"] = std::move(hash);
  return authenticator;
}

// A reset code goes, whether it was used or not: who changes a password may do so because the code was seen by others.
Result<Changed, Denied> set(Methods& methods, Attempt& attempt, const Person& person, std::string hash, Sessions end) {
  const auto authenticator = password_of(methods, attempt, person, std::move(hash));
  attempt.event.target = authenticator.record.id;
  Changed changed{.user = person.id, .authenticator = authenticator.record.id, .recovery_codes = {}};
  if (const auto* code = find(person.authenticators, Type::reset_code))
    changed.writes.push_back(removal_of(*code));  // of two at once, one finds it
  changed.writes.push_back(store::Require{attempt.tenant, store::Kind::user, person.id});
  changed.writes.push_back(put_of(authenticator, attempt.now));
  TRY(auto ended, end_sessions(methods, attempt, person, end, changed.writes));
  return changed;
}

Result<Changed, Denied> change(Methods& methods, Attempt& attempt, std::string_view user, std::string_view current,
                               std::string_view fresh) {
  TRY(const auto policy, offered(methods, attempt));
  TRY(auto person, active_person(methods, attempt, user));
  if (const auto weakness = weakness_of(fresh, person.username, methods.breached.get())) return Fail{weak(*weakness)};
  if (find(person.authenticators, Type::password) != nullptr) {
    TRY(auto known, of_person(methods, attempt, policy, person, person.username, current));
    attempt.event.reason.clear();
  }
  TRY(auto hash, crypto::hash_password(fresh, methods.config.cost));
  return set(methods, attempt, person, std::move(hash), Sessions::others);
}

// The new password is looked at first, for that says nothing of anybody, and hashed before the code is judged (A16).
Result<Changed, Denied> reset(Methods& methods, Attempt& attempt, std::string_view username, std::string_view code,
                              std::string_view fresh) {
  TRY(auto offer, offered(methods, attempt));
  const auto name = username.substr(0, username_max);
  if (const auto weakness = weakness_of(fresh, name, methods.breached.get())) return Fail{weak(*weakness)};
  const auto who = who_is(methods, attempt, name);
  if (auto wait = methods.throttle.take(who, attempt.now)) return Fail{throttled(*wait)};
  auto hash = crypto::hash_password(fresh, methods.config.cost);
  if (!hash) {
    methods.throttle.give_back(who);
    return Fail{Denied(hash.error())};
  }
  TRY(auto person, person_named(methods.store, attempt.tenant, name));
  if (!person) return Fail{Denied(Why::wrong, "there is no such user")};
  attempt.event.subject = person->id;
  const auto* authenticator = find(person->authenticators, Type::reset_code);
  if (!person->active || authenticator == nullptr)
    return Fail{Denied(Why::wrong, "the user is disabled or has no reset code")};
  if (!is_reset_code(methods, *authenticator, code, attempt.now))
    return Fail{Denied(Why::wrong, "the reset code is wrong or has expired")};
  methods.throttle.give_back(who);
  attempt.event.actor = person->id;
  return set(methods, attempt, *person, std::move(hash).take(), Sessions::all);
}

}  // namespace

void give_back_guess(Methods& methods, const Attempt& attempt, std::string_view username) {
  methods.throttle.give_back(who_is(methods, attempt, username.substr(0, username_max)));
}

Result<SignedIn, Refusal> verify_password(Methods& methods, Attempt attempt, std::string_view username,
                                          std::string_view password) {
  auto result = by_name(methods, attempt, username, password);
  return conclude(std::move(attempt), std::move(result), audit::Decision::granted);
}

Result<Changed, Refusal> change_password(Methods& methods, Attempt attempt, std::string_view user,
                                         std::string_view current, std::string_view fresh) {
  auto result = change(methods, attempt, user, current, fresh);
  return conclude(std::move(attempt), std::move(result), audit::Decision::done);
}

Result<Changed, Refusal> reset_password(Methods& methods, Attempt attempt, std::string_view username,
                                        std::string_view code, std::string_view fresh) {
  auto result = reset(methods, attempt, username, code, fresh);
  return conclude(std::move(attempt), std::move(result), audit::Decision::done);
}

}  // namespace deputy::signin
