// Passwords: who is it, and may this be the new one? All of it is slow: for Methods::pool.
#pragma once

#include "signin/attempt.h"
#include "signin/methods.h"

namespace deputy::signin {

// By username and password. Whoever is unknown, disabled or without a password costs the same time and is refused with
// the same words as a wrong password (A16).
Result<SignedIn, Refusal> verify_password(Methods& methods, Attempt attempt, std::string_view username,
                                          std::string_view password);

// Sets a signed-in person's password; their other sessions end. Who has one must know it: `current`.
Result<Changed, Refusal> change_password(Methods& methods, Attempt attempt, std::string_view user,
                                         std::string_view current, std::string_view fresh);

// A new password by a reset code; every session of the user ends. The code is used up.
Result<Changed, Refusal> reset_password(Methods& methods, Attempt attempt, std::string_view username,
                                        std::string_view code, std::string_view fresh);

// A change or a reset that is refused only because the same was done before it was looked at was no guess.
void give_back_guess(Methods& methods, const Attempt& attempt, std::string_view username);

}  // namespace deputy::signin
