// Known browsers: those that somebody has signed in with. Each bears a mark, in a cookie of its own, so that strangers'
// guesses cannot keep its owner out (throttle/device.h); here is whose it is, until they forget it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "store/store.h"

namespace deputy::signin {

struct KnownBrowser {
  std::string id;    // `brw_…`
  std::string user;  // whose
  std::string name;  // "Firefox / Linux"
  Instant since, seen_at;
  std::uint64_t version = 0;
};

// The one whose cookie holds this mark; none: it was forgotten, or never there.
Result<std::optional<KnownBrowser>, Fault> browser_marked(std::string_view mark, std::string_view tenant,
                                                          store::Store& store);
// A user's, the one seen last in front.
Result<std::vector<KnownBrowser>, Fault> known_browsers(std::string_view user, std::string_view tenant,
                                                        store::Store& store, Instant now);

// Who signed in, with what, and the mark the browser is given now in place of the one it had.
struct Seen {
  std::string_view user, name, mark_before, mark;
};
struct Remembered {
  std::string id;
  store::Writes writes;  // where a user knows too many, the one that was not seen longest is forgotten
};
Result<Remembered, Fault> remember_browser(const Seen& seen, std::string_view tenant, store::Store& store,
                                           Random& random, Instant now);

// Refused (`missing`, `version`) where it was forgotten, or signed in with, meanwhile.
store::Remove forget(const KnownBrowser& browser, std::string_view tenant);

}  // namespace deputy::signin
