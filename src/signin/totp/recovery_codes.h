// Recovery codes: ten, shown once, kept hashed, each good for one sign-in without the app.
#pragma once

#include "signin/attempt.h"
#include "signin/authenticator.h"
#include "signin/methods.h"

namespace deputy::signin {

inline constexpr std::size_t recovery_codes_count = 10, recovery_code_letters = 10;

struct RecoveryCodes {
  std::vector<std::string> codes;  // "k7m2p-x4q9t": 50 random bits each
  store::Writes writes;            // the earlier ones are void
};
Result<RecoveryCodes, Fault> make_recovery_codes(Methods& methods, std::string_view tenant, std::string_view user,
                                                 Instant now);
// For a signed-in person, in place of the earlier ones, by the version of their record (0: none): `expired` where it is
// another by now, for those that a page has just shown are not to be void when it is loaded again.
Result<Changed, Refusal> renew_recovery_codes(Methods& methods, Attempt attempt, std::string_view user,
                                              std::uint64_t in_place_of);
// How many are not used yet.
std::size_t recovery_codes_left(const Authenticator& recovery_codes);

// In place of a one-time password: amr otp, mfa.
Result<SignedIn, Refusal> verify_recovery_code(Methods& methods, Attempt attempt, std::string_view user,
                                               std::string_view code);

}  // namespace deputy::signin
