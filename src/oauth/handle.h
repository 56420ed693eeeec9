// Handles: codes, refresh tokens and opaque access tokens: texts that mean nothing to whom they are given.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"

namespace deputy::oauth {

// What a scanner recognises them by.
inline constexpr std::string_view code_prefix = "dac_", refresh_prefix = "drt_", opaque_token_prefix = "dot_";

// The prefix, nine letters of the instant it is made, and 256 bits at random in base64url: nobody guesses one (RFC 6749
// §10.10), and the instant is order, not secret.
std::string make_handle(std::string_view prefix, Instant now, Random& random);
// The same with a text of the caller's where the random bits are, for a handle that two who know it both can make.
std::string make_handle(std::string_view prefix, Instant now, std::string_view rest);

// Under what it is kept, and the mark that it was used: the letters of its instant, then the hash of all of it. What is
// made at one time lies together in the store; a random key costs a page. Whoever presents a made-up instant finds
// nothing: the hash is of that too.
std::string handle_key(std::string_view handle);

}  // namespace deputy::oauth
