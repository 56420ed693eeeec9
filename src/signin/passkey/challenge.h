// Challenge: an authenticated nonce that names its purpose, its browser and its end, so that issuing one writes
// nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "crypto/hash.h"
#include "store/store.h"

namespace deputy::signin {

enum class Purpose : char { sign_in = 's', registration = 'r' };
inline constexpr Seconds challenge_lifetime{300};

struct ChallengeFor {
  Purpose purpose;
  std::string tenant;
  std::string session;  // the browser's
  std::string user;     // of a registration
};
// base64url, as the client data holds it.
std::string make_challenge(const crypto::KeyedHash& key, const ChallengeFor& what, Instant ends, Random& random);
// The mark of its use, to be kept with what it allowed; none: not ours, not for this, or too old.
std::optional<store::Mark> accept_challenge(const crypto::KeyedHash& key, const ChallengeFor& what,
                                            std::string_view challenge, Instant now);

}  // namespace deputy::signin
