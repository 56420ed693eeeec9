// Passkeys (WebAuthn Level 3): discoverable, with the person verified; signatures are checked by libfido2.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "signin/attempt.h"
#include "signin/authenticator.h"
#include "signin/methods.h"

namespace deputy::signin {

inline constexpr std::size_t passkeys_max = 20;  // of a user

// A host that is an IP address cannot be a relying party (WebAuthn §5.1.2): then nothing here is offered.
bool passkeys_possible(const Config& config);

// The options of navigator.credentials.get() and .create() as JSON (WebAuthn §5.1.8, parseRequestOptionsFromJSON).
// A challenge is bound to the browser's session and good once, within five minutes; making one writes nothing.
std::string challenge_for_sign_in(Methods& methods, const Attempt& attempt);
// Made for who may add a passkey now. The page that shows it asks the device within `to_begin`, and a device is given
// five minutes: so long the challenge is good, and by itself says that it was begun in time.
Result<std::string, Fault> challenge_for_registration(Methods& methods, const Attempt& attempt, std::string_view user,
                                                      std::string_view username, std::string_view display_name,
                                                      Seconds to_begin);

// What the browser answered: JSON {"id","clientDataJSON","authenticatorData","signature","userHandle"}, base64url.
// amr: pop, user, mfa.
Result<SignedIn, Refusal> verify_sign_in(Methods& methods, Attempt attempt, std::string_view response);
// JSON {"id","clientDataJSON","authenticatorData","transports"}.
Result<Changed, Refusal> verify_registration(Methods& methods, Attempt attempt, std::string_view user,
                                             std::string_view label, std::string_view response);

}  // namespace deputy::signin
