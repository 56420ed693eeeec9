// Own: what a person sees and removes of their own methods.
#pragma once

#include "signin/attempt.h"
#include "signin/authenticator.h"
#include "signin/methods.h"

namespace deputy::signin {

// Removes one of a user's authenticators; their other sessions end. The last one by which they could sign in stays.
Result<Changed, Refusal> remove_authenticator(Methods& methods, Attempt attempt, std::string_view user,
                                              std::string_view authenticator);

}  // namespace deputy::signin
