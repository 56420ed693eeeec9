// One-time passwords by time (RFC 6238): six digits, 30 seconds, one step to either side, each step once.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "signin/attempt.h"
#include "signin/methods.h"

namespace deputy::signin {

// The six digits of a step (RFC 4226 §5.3).
std::string totp_code(const Secret& secret, std::int64_t step);
inline std::int64_t totp_step(Instant at) { return unix_seconds(at) / 30; }

// Is what was typed in place of either a code of the app, rather than a recovery code?
bool is_for_app(std::string_view typed);

// What a person's app is shown. Nothing is kept until it is confirmed: the secret travels in `enrolment`, sealed, in
// the form.
struct TotpEnrolment {
  std::string enrolment;  // for the hidden field; good for as long as it was begun for, in this session only
  std::string secret;     // base32, to type
  std::string uri;        // otpauth://totp/…
  std::string qr_svg;     // the URI as a QR code
};
TotpEnrolment begin_totp(Methods& methods, const Attempt& attempt, std::string_view user, std::string_view username,
                         std::string_view issuer_name, Seconds lifetime);
// Is it one that was begun here, still good, and not confirmed yet?
bool is_totp_begun(const Methods& methods, const Attempt& attempt, std::string_view user, std::string_view enrolment);
// The same once more, of such an `enrolment`: who mistyped the code has already scanned it.
std::optional<TotpEnrolment> resume_totp(const Methods& methods, const Attempt& attempt, std::string_view user,
                                         std::string_view username, std::string_view issuer_name,
                                         std::string_view enrolment);
// The first code shows that the app has the secret. Replaces an earlier one; makes new recovery codes. `expired` where
// it was confirmed before, also where the app was replaced or removed since.
Result<Changed, Refusal> confirm_totp(Methods& methods, Attempt attempt, std::string_view user,
                                      std::string_view enrolment, std::string_view code);

// The second factor of a user whose password was right: amr otp, mfa.
Result<SignedIn, Refusal> verify_totp(Methods& methods, Attempt attempt, std::string_view user, std::string_view code);
// A code, of the app or for recovery, that is refused only because the same was taken before it was looked at was no
// guess.
void give_back_code(Methods& methods, const Attempt& attempt, std::string_view user);

}  // namespace deputy::signin
