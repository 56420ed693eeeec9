// Time-based one-time passwords. The secret is sealed, and a step that was used is behind the record's last one.
#include "signin/totp/totp.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "crypto/hash.h"
#include "crypto/proof/sha1.h"
#include "signin/ladder.h"
#include "signin/totp/qr.h"
#include "signin/totp/recovery_codes.h"
#include "signin/typed_code.h"

namespace deputy::signin {
namespace {

using Why = Refusal::Why;

constexpr std::size_t secret_octets = 20;  // RFC 4226 §4, R6: 160 bits are recommended

// The step whose code this is: the one of now, or one to either side (RFC 6238 §5.2). All three are always compared.
std::optional<std::int64_t> step_of(const Secret& secret, std::string_view code, Instant now) {
  std::optional<std::int64_t> matched;
  const auto current = totp_step(now);
  for (const auto step : {current - 1, current, current + 1})
    if (constant_time_equal(totp_code(secret, step), code)) matched = step;
  return matched;
}

std::string at_rest(const Authenticator& authenticator) {
  return "totp\n" + authenticator.record.tenant + "\n" + authenticator.record.id;
}
Result<Secret, Fault> secret_of(const Methods& methods, const Authenticator& authenticator) {
  const auto sealed = base64url_decode(json_text(authenticator.body, "sealed").value_or(""));
  return methods.seal.open(sealed.value_or(""), at_rest(authenticator));
}
std::string in_form(const Attempt& attempt, std::string_view user) {
  return "totp enrolment\n" + attempt.tenant + "\n" + attempt.session + "\n" + std::string(user);
}

// What was begun here and may be confirmed until then; `mark`: under which it is known that it was.
struct Begun {
  Secret secret;
  Instant until;
  std::string mark;
};

// One that is still good.
std::optional<Begun> open_enrolment(const Methods& methods, const Attempt& attempt, std::string_view user,
                                    std::string_view text) {
  constexpr std::size_t text_max = 1024;
  const auto sealed = text.size() <= text_max ? base64url_decode(text) : std::nullopt;
  if (!sealed) return std::nullopt;
  auto opened = methods.seal.open(*sealed, in_form(attempt, user));
  if (!opened) return std::nullopt;
  const auto plain = opened->reveal();
  std::int64_t until = 0;
  for (const char c : plain.substr(secret_octets)) until = until * 10 + (c - '0');
  if (unix_seconds(attempt.now) >= until) return std::nullopt;
  return Begun{.secret = Secret(plain.substr(0, secret_octets)),
               .until = from_unix_seconds(until),
               .mark = "totp." + crypto::sha256_base64url(*sealed)};
}

// Once it was, it is over, whatever became of the app since: who replaced or removed it wants that key no more.
Result<bool, Fault> was_confirmed(const Methods& methods, const Attempt& attempt, const Begun& begun) {
  TRY(const auto kept, methods.store.kept(store::Use::interaction, attempt.tenant, begun.mark, attempt.now));
  return kept.has_value();
}

// The secret of one that may still be confirmed: who has confirmed it is shown it no more.
std::optional<Secret> secret_begun(const Methods& methods, const Attempt& attempt, std::string_view user,
                                   std::string_view text) {
  auto begun = open_enrolment(methods, attempt, user, text);
  if (!begun) return std::nullopt;
  const auto confirmed = was_confirmed(methods, attempt, *begun);
  if (!confirmed || *confirmed) return std::nullopt;
  return std::move(begun->secret);
}

TotpEnrolment shown(const Secret& secret, std::string enrolment, std::string_view username,
                    std::string_view issuer_name) {
  const auto issuer = percent_encode(issuer_name);
  TotpEnrolment made{.enrolment = std::move(enrolment), .secret = base32(secret.reveal()), .uri = {}, .qr_svg = {}};
  made.uri = fmt::format("otpauth://totp/{}:{}?secret={}&issuer={}&algorithm=SHA1&digits=6&period=30", issuer,
                         percent_encode(username), made.secret, issuer);
  made.qr_svg = qr_svg(made.uri);
  return made;
}

Result<Changed, Denied> confirm(Methods& methods, Attempt& attempt, std::string_view user, std::string_view enrolment,
                                std::string_view code) {
  TRY(auto offered, totp_offered(methods, attempt));
  TRY(auto person, active_person(methods, attempt, user));
  const auto begun = open_enrolment(methods, attempt, user, enrolment);
  if (!begun) return Fail{Denied(Why::expired, "the enrolment is too old, or another's")};
  const auto step = step_of(begun->secret, plainly_typed(code), attempt.now);
  if (!step) return Fail{Denied(Why::wrong, "the code does not belong to the secret")};

  const auto* earlier = find(person.authenticators, Type::totp);
  // The form once more: the recovery codes that it was answered with would be void.
  TRY(const bool confirmed, was_confirmed(methods, attempt, *begun));
  if (confirmed) return Fail{Denied(Why::expired, "the enrolment was confirmed before")};
  auto authenticator = earlier != nullptr ? *earlier
                                          : make_authenticator(Type::totp, attempt.tenant, person.id, attempt.now,
                                                               methods.random);
  authenticator.body["sealed"] = base64url(methods.seal.seal(begun->secret, at_rest(authenticator), methods.random));
  authenticator.body["last_step"] = *step;
  attempt.event.target = authenticator.record.id;
  TRY(auto recovery, make_recovery_codes(methods, attempt.tenant, person.id, attempt.now));
  Changed changed{.user = person.id, .authenticator = authenticator.record.id,
                  .recovery_codes = std::move(recovery.codes)};
  changed.writes = std::move(recovery.writes);
  changed.writes.push_back(put_of(authenticator, attempt.now));
  changed.writes.push_back(store::Keep{.use = store::Use::interaction,
                                       .tenant = attempt.tenant,
                                       .key = begun->mark,
                                       .until = begun->until,
                                       .body = ""});
  TRY(auto ended, end_sessions(methods, attempt, person, Sessions::others, changed.writes));
  return changed;
}

Result<SignedIn, Denied> verify(Methods& methods, Attempt& attempt, std::string_view user, std::string_view code) {
  TRY(auto offered, totp_offered(methods, attempt));
  TRY(auto person, person_of_second_factor(methods, attempt, user));
  const auto who = who_is(methods, attempt, person.username);
  if (auto wait = methods.throttle.take_second(who, attempt.now)) return Fail{throttled(*wait)};
  const auto* found = find(person.authenticators, Type::totp);
  if (found == nullptr) return Fail{Denied(Why::wrong, "the user has no one-time passwords")};
  auto authenticator = *found;
  attempt.event.target = authenticator.record.id;
  TRY(const auto secret, secret_of(methods, authenticator));
  const auto step = step_of(secret, plainly_typed(code), attempt.now);
  if (!step) return Fail{Denied(Why::wrong, "the code is wrong")};
  // RFC 6238 §5.2: "The verifier MUST NOT accept the second attempt of the OTP".
  if (*step <= json_integer(authenticator.body, "last_step").value_or(0))
    return Fail{Denied(Why::wrong, "the code was used before")};
  methods.throttle.give_back_second(who);
  authenticator.body["last_step"] = *step;

  SignedIn result{.user = person.id, .authenticator = authenticator.record.id, .amr = {"otp", "mfa"}};
  signed_in(methods, attempt, person, result);
  result.writes.push_back(put_of(authenticator, attempt.now));  // of two at once with one code, one finds it as it was
  result.writes.push_back(
      store::Touch{attempt.tenant, store::Kind::authenticator, result.authenticator, attempt.now});
  return result;
}

}  // namespace

std::string totp_code(const Secret& secret, std::int64_t step) {
  std::string counter(8, '\0');
  for (std::size_t i = 0; i < counter.size(); ++i)
    counter[counter.size() - 1 - i] = static_cast<char>(static_cast<std::uint64_t>(step) >> (8 * i) & 0xff);
  const auto mac = crypto::hmac_sha1(secret.reveal(), counter);
  const std::size_t offset = mac.back() & 0x0f;  // RFC 4226 §5.3: dynamic truncation
  std::uint32_t number = mac[offset] & 0x7fu;
  for (std::size_t i = 1; i < 4; ++i) number = number << 8 | mac[offset + i];
  constexpr std::uint32_t six_digits = 1'000'000;
  return fmt::format("{:06}", number % six_digits);
}

bool is_for_app(std::string_view typed) {
  const auto code = plainly_typed(typed);
  return code.size() != recovery_code_letters &&
         std::all_of(code.begin(), code.end(), [](char c) { return c >= '0' && c <= '9'; });
}

TotpEnrolment begin_totp(Methods& methods, const Attempt& attempt, std::string_view user, std::string_view username,
                         std::string_view issuer_name, Seconds lifetime) {
  const auto bytes = methods.random.bytes<secret_octets>();
  const auto until = unix_seconds(attempt.now + lifetime);
  const Secret plain(std::string(as_text(bytes)) + std::to_string(until));
  return shown(Secret(as_text(bytes)), base64url(methods.seal.seal(plain, in_form(attempt, user), methods.random)),
               username, issuer_name);
}

bool is_totp_begun(const Methods& methods, const Attempt& attempt, std::string_view user, std::string_view enrolment) {
  return secret_begun(methods, attempt, user, enrolment).has_value();
}

std::optional<TotpEnrolment> resume_totp(const Methods& methods, const Attempt& attempt, std::string_view user,
                                         std::string_view username, std::string_view issuer_name,
                                         std::string_view enrolment) {
  const auto secret = secret_begun(methods, attempt, user, enrolment);
  if (!secret) return std::nullopt;
  return shown(*secret, std::string(enrolment), username, issuer_name);
}

Result<Changed, Refusal> confirm_totp(Methods& methods, Attempt attempt, std::string_view user,
                                      std::string_view enrolment, std::string_view code) {
  auto result = confirm(methods, attempt, user, enrolment, code);
  return conclude(std::move(attempt), std::move(result), audit::Decision::done);
}

void give_back_code(Methods& methods, const Attempt& attempt, std::string_view user) {
  auto about = attempt;
  const auto person = claimed_person(methods, about, user);
  if (person) methods.throttle.give_back_second(who_is(methods, about, person->username));
}

Result<SignedIn, Refusal> verify_totp(Methods& methods, Attempt attempt, std::string_view user,
                                      std::string_view code) {
  auto result = verify(methods, attempt, user, code);
  return conclude(std::move(attempt), std::move(result), audit::Decision::granted);
}

}  // namespace deputy::signin
