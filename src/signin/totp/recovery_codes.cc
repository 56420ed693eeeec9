// Ten hashes in one record: using one writes the record without it, so that of two at once one finds it as it was.
#include "signin/totp/recovery_codes.h"

#include <algorithm>

#include "base/encoding.h"
#include "signin/ladder.h"
#include "signin/typed_code.h"

namespace deputy::signin {
namespace {

using Why = Refusal::Why;

std::string hash_of(const Methods& methods, std::string_view user, std::string_view code) {
  return base64url(as_text(methods.hash("recovery\n" + std::string(user) + "\n" + typed_code(code))));
}

Result<SignedIn, Denied> verify(Methods& methods, Attempt& attempt, std::string_view user, std::string_view code) {
  TRY(auto offered, totp_offered(methods, attempt));
  TRY(auto person, person_of_second_factor(methods, attempt, user));
  const auto who = who_is(methods, attempt, person.username);
  if (auto wait = methods.throttle.take_second(who, attempt.now)) return Fail{throttled(*wait)};
  const auto* found = find(person.authenticators, Type::recovery_codes);
  if (found == nullptr) return Fail{Denied(Why::wrong, "the user has no recovery codes")};
  auto authenticator = *found;
  attempt.event.target = authenticator.record.id;
  const auto wanted = hash_of(methods, person.id, code);
  const auto* hashes = json_member_array(authenticator.body, "hashes");
  json::array left;
  bool right = false;
  for (const auto& hash : hashes != nullptr ? *hashes : json::array()) {
    const bool same = hash.is_string() && constant_time_equal(hash.get_string(), wanted);
    if (!same) left.push_back(hash);
    right = right || same;
  }
  if (!right) return Fail{Denied(Why::wrong, "the recovery code is wrong or was used before")};
  methods.throttle.give_back_second(who);
  authenticator.body["hashes"] = std::move(left);

  SignedIn result{.user = person.id, .authenticator = authenticator.record.id, .amr = {"otp", "mfa"}};
  signed_in(methods, attempt, person, result);
  result.writes.push_back(put_of(authenticator, attempt.now));
  result.writes.push_back(
      store::Touch{attempt.tenant, store::Kind::authenticator, result.authenticator, attempt.now});
  return result;
}

Result<Changed, Denied> renew(Methods& methods, Attempt& attempt, std::string_view user, std::uint64_t in_place_of) {
  TRY(auto offered, totp_offered(methods, attempt));
  TRY(auto person, active_person(methods, attempt, user));
  if (find(person.authenticators, Type::totp) == nullptr)
    return Fail{Denied(Why::expired, "the user has no one-time passwords to recover from")};
  const auto* earlier = find(person.authenticators, Type::recovery_codes);
  if ((earlier != nullptr ? earlier->record.version : 0) != in_place_of)
    return Fail{Denied(Why::expired, "the recovery codes are others by now")};
  TRY(auto made, make_recovery_codes(methods, attempt.tenant, person.id, attempt.now));
  TRY(auto ended, end_sessions(methods, attempt, person, Sessions::others, made.writes));
  return Changed{.user = person.id,
                 .authenticator = "",
                 .recovery_codes = std::move(made.codes),
                 .writes = std::move(made.writes)};
}

}  // namespace

Result<RecoveryCodes, Fault> make_recovery_codes(Methods& methods, std::string_view tenant, std::string_view user,
                                                 Instant now) {
  TRY(auto all, authenticators_of(methods.store, tenant, user));
  const auto* earlier = find(all, Type::recovery_codes);
  auto authenticator = earlier != nullptr
                           ? *earlier
                           : make_authenticator(Type::recovery_codes, tenant, user, now, methods.random);
  RecoveryCodes made;
  json::array hashes;
  for (std::size_t i = 0; i < recovery_codes_count; ++i) {
    made.codes.push_back(make_typed_code(recovery_code_letters, methods.random));
    hashes.emplace_back(hash_of(methods, user, made.codes.back()));
  }
  authenticator.body["hashes"] = std::move(hashes);
  made.writes.push_back(store::Require{std::string(tenant), store::Kind::user, std::string(user)});
  made.writes.push_back(put_of(authenticator, now));
  return made;
}

std::size_t recovery_codes_left(const Authenticator& recovery_codes) {
  const auto* hashes = json_member_array(recovery_codes.body, "hashes");
  return hashes != nullptr ? hashes->size() : 0;
}

Result<Changed, Refusal> renew_recovery_codes(Methods& methods, Attempt attempt, std::string_view user,
                                              std::uint64_t in_place_of) {
  auto result = renew(methods, attempt, user, in_place_of);
  return conclude(std::move(attempt), std::move(result), audit::Decision::done);
}

Result<SignedIn, Refusal> verify_recovery_code(Methods& methods, Attempt attempt, std::string_view user,
                                               std::string_view code) {
  auto result = verify(methods, attempt, user, code);
  return conclude(std::move(attempt), std::move(result), audit::Decision::granted);
}

}  // namespace deputy::signin
