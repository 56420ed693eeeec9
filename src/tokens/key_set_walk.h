// KeySetWalk: has the key sets of all that names a jwks_uri fetched before anybody asks for them (ADR 18).
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fault.h"
#include "base/result.h"
#include "store/store.h"
#include "tokens/key_set_fetcher.h"

namespace deputy::tokens {

class KeySetWalk {
 public:
  // From one round to the next: a set that serves for an hour after its time is fetched again before that has passed.
  static constexpr Seconds pause{20 * 60};

  KeySetWalk(store::Store& store, KeySetFetcher& key_sets, const Clock& clock)
      : store_(store), key_sets_(key_sets), clock_(clock) {}

  // Goes on a little, or rests. Once a second, on a thread that may block.
  Result<Done, Fault> step();
  // A round has ended, and the next has not begun.
  bool resting() const { return tenants_.empty(); }

 private:
  Result<Done, Fault> begin_round();
  Result<Done, Fault> next_page();
  void ask_for(const store::Record& record) const;

  store::Store& store_;
  KeySetFetcher& key_sets_;
  const Clock& clock_;
  Instant next_round_{};
  std::vector<std::string> tenants_;  // still to be walked, the next one last
  bool issuers_ = false;              // of that one: its trusted issuers, after its credentials
  std::string after_;                 // of these: the last that was asked for
};

}  // namespace deputy::tokens
