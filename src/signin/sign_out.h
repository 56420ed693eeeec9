// Sign-out of all: when how a user signs in is changed, what they were signed in by before counts no more. A record
// under the user holds a mark that every such change makes anew. A session bears the one that was read before its
// sign-in was decided, and counts as long as that is the newest: whatever was begun before is over, however late it is
// written.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "store/store.h"

namespace deputy::signin {

struct SignOut {
  std::string mark;    // empty: there was none yet
  std::string spared;  // the session that made the change, and goes on; empty: none does
  std::uint64_t version = 0;
};
// A user's newest; and the same from a read of all that lies under the user.
Result<SignOut, Fault> sign_out_of(store::Store& store, std::string_view tenant, std::string_view user);
Result<SignOut, Fault> sign_out_among(const std::vector<store::Record>& records);

// Does a session that bears this mark count?
bool counts(const SignOut& newest, std::string_view session, std::string_view mark);

// The next one. Refused (`version`, `exists`) where another was first.
store::Put sign_out(const SignOut& before, std::string_view tenant, std::string_view user, std::string_view spared,
                    Random& random, Instant now);
// Refuses the batch where there was another meanwhile.
store::Write no_sign_out_since(const SignOut& read, std::string_view tenant, std::string_view user);

}  // namespace deputy::signin
