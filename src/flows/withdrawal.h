// Withdrawal: a person takes back some of what they allowed, or all of it. A delegation never changes: it ends, and
// what stays allowed becomes one of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "audit/event.h"
#include "base/clock.h"
#include "base/random.h"
#include "delegation/delegation.h"
#include "store/cache/directory.h"
#include "store/store.h"

namespace deputy::flows {

inline constexpr std::string_view taken_back = "taken back by the user";  // why the delegation ended

// What is taken back of a root.
struct Taken {
  std::function<bool(const delegation::Pair&)> pair;
  std::function<bool(const delegation::Detail&)> detail;
  bool some_of(const delegation::Delegation& root) const;
};

// Within the bounds of the one that ends, from when that was allowed, and last used as it was; nothing that was drawn
// from that goes on. None: nothing is left that its actor could draw.
std::optional<delegation::Delegation> what_stays(const delegation::Delegation& root, const Taken& taken, Random& random,
                                                 Instant now);

// The end of one, and what stays of it. `event` is completed and goes with them: what is taken is its `scope_asked`, at
// its `resources`; what stays its `scope_given` and its details. A25: refused (`revoked`, `version`)
// where it has ended, or its actor was stopped or passed on, since the revocation set went as far as
// `revocations_seen`; or where it was drawn on and that is counted.
Result<store::Writes, Fault> withdraw(const delegation::Delegation& root, std::optional<delegation::Delegation> stays,
                                      audit::Event event, std::uint64_t revocations_seen,
                                      store::Directory& directory, Instant now);

}  // namespace deputy::flows
