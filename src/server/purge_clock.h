// What is purged, and when. PurgeClock: when the store's purge takes its next step. Steps are small, so that no request
// waits behind one, and their pace follows what expires: evenly spread under load, and no more than a look a second
// where nothing happens. Past: up to when all is over, whatever becomes of the clock.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

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

// What was purged is not known any more: a mark could be used again, and what was revoked come to life, when a clock
// that was ahead is set back. So the past trails the clock, and is never later than the earliest clock of the last day
// or two, run on as time passes; and a host that has just started is left the time to set its clock. A clock that was
// behind is forgotten by then, and one that has been ahead for so long is believed.
class Past {
 public:
  using Steady = std::chrono::steady_clock::time_point;
  static constexpr Seconds settling{300};
  static constexpr std::chrono::days span{1};

  Past(Instant now, Steady steady) : began_(steady), earliest_(now), earlier_(now) {}

  // To be asked again and again: it knows of the clock what it is told. None: not yet.
  std::optional<Instant> at(Instant now, Steady steady) {
    const auto passed = std::chrono::duration_cast<Millis>(steady - began_);
    const auto clock = now - passed;
    if (passed < settled_) {
      if (clock > earliest_ + set_back_max) settled_ = passed + settling;  // it is being set
      earliest_ = earlier_ = clock;
      return std::nullopt;
    }
    if (passed >= span_ends_) {
      earlier_ = std::exchange(earliest_, clock);
      span_ends_ = passed + span;
    }
    earliest_ = std::min(earliest_, clock);
    return std::min(earlier_, earliest_) + passed - set_back_max;
  }

 private:
  Steady began_;
  Millis settled_ = settling, span_ends_ = span;  // since it began
  Instant earliest_, earlier_;  // the earliest clock of this span and of the one before, as it would have been then
};

// Tells, once each time, that the clock was set back by more than what decisions allow for.
class SetBack {
 public:
  // `newest`: when the newest event was recorded, maybe by an earlier process.
  explicit SetBack(Instant newest) : latest_(newest) {}

  // By how much; none: it was not.
  std::optional<Millis> since_last(Instant now) {
    const auto by = latest_ - now;
    latest_ = by > set_back_max ? now : std::max(latest_, now);
    return by > set_back_max ? std::optional<Millis>(by) : std::nullopt;
  }

 private:
  Instant latest_;
};

}  // namespace deputy::server
