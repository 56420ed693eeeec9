// Reset codes: made by an administrator, shown once, kept hashed, good for one password within an hour.
#pragma once

#include <string>
#include <vector>

#include "signin/authenticator.h"
#include "signin/methods.h"

namespace deputy::signin {

inline constexpr Seconds reset_code_lifetime{3600};

struct ResetCode {
  std::string code;  // "k7m2p-…": 20 letters, 100 random bits
  Instant expires_at;
  Authenticator authenticator;
  store::Put write;  // an earlier one of this user goes
};
Result<ResetCode, Fault> make_reset_code(Methods& methods, std::string_view tenant, std::string_view user, Instant now);

// Typed as it may be: in capitals, with spaces, hyphens or without.
bool is_reset_code(const Methods& methods, const Authenticator& authenticator, std::string_view typed, Instant now);

}  // namespace deputy::signin
