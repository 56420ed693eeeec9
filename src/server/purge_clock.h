// PurgeClock: when the store's purge takes its next step. Steps are small, so that no request waits behind one, and
// their pace follows what expires: evenly spread under load, and no more than a look a second where nothing happens.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/clock.h"

namespace deputy::server {

class PurgeClock {
 public:
  static constexpr std::size_t step = 256;             // rows, at most
  static constexpr Millis slowest{1000}, fastest{4};  // from a step's end to the next one's begin: 64,000 rows a second

  // How long to wait after a step that deleted so many: a full one was too late, any other too early.
  Millis pause_after(std::size_t deleted) {
    pause_ = deleted >= step ? std::max(fastest, pause_ / 2) : std::min(slowest, pause_ * 2);
    return pause_;
  }

 private:
  Millis pause_ = slowest;
};

}  // namespace deputy::server
