// Device: a cookie that says, under our hash, "an account was signed in with this browser", so that strangers' wrong
// guesses cannot keep its owner out. It proves nothing else and lets nobody in.
#pragma once

#include <string>
#include <string_view>

#include "base/random.h"
#include "crypto/hash.h"

namespace deputy::signin {

// For a long-lived cookie, made anew at each sign-in.
std::string make_device(const crypto::KeyedHash& hash, std::string_view tenant, std::string_view username,
                        Random& random);
// The device, if the cookie was made for this account; else empty.
std::string device_of(const crypto::KeyedHash& hash, std::string_view tenant, std::string_view username,
                      std::string_view cookie);

// What a device cookie is told from others by; nothing of it is verified.
std::string_view mark_of(std::string_view cookie);

}  // namespace deputy::signin
