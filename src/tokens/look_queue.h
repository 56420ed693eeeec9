// LookQueue: what is looked at next by itself, and not with all that is due: what is committed here, and the sessions
// that one look passed over. Without a lock: its owner has one. look_pause: for how long nothing else is looked at.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace deputy::tokens {

class LookQueue {
 public:
  LookQueue(std::size_t waiting_max, std::size_t sessions_of_tenant_max)
      : waiting_max_(waiting_max), sessions_of_tenant_max_(sessions_of_tenant_max) {}

  // Ids. False: too many wait already, and it is found with all that is due.
  bool add(std::string id);
  bool pass_over(const std::string& tenant, std::string session);
  // What one look is about: of each tenant as many sessions that were passed over as one look finds the clients of,
  // and behind these what came since.
  std::vector<std::string> take();
  // Those that were passed over are found with all that is due. False: there are none.
  bool forget_passed_over();
  void clear();
  bool empty() const { return waiting_ == 0; }

 private:
  std::size_t waiting_max_, sessions_of_tenant_max_, waiting_ = 0;
  std::vector<std::string> added_;
  std::map<std::string, std::deque<std::string>> passed_over_;  // by tenant
};

// After a look at all that is due, which took so long, until the next: where very much is due, as where a host that
// many wait for is away, the looks have a tenth of the time. A clock that leapt meanwhile says nothing of it.
inline Millis look_pause(Millis took, Millis shortest) {
  constexpr Millis longest = Seconds(60);
  return std::max(shortest, std::min(longest, 9 * std::clamp(took, Millis(0), longest)));
}

}  // namespace deputy::tokens
