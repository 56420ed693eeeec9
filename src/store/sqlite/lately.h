// Lately: numbers of what was added in the lifetime of the newest snapshots. It may say yes too often, and never no.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>

namespace deputy::store::sqlite {

class Lately {
 public:
  // Before anybody is told of the commit that added them. `tick` is never less than at an earlier call.
  void add(std::span<const std::uint64_t> numbers, std::uint64_t tick) {
    for (const auto number : numbers) slot(number).store(tick, std::memory_order_release);
  }
  // Whether it may have been added in this tick or after it.
  bool since(std::uint64_t tick, std::uint64_t number) const {
    return slots_[number % slots_.size()].load(std::memory_order_acquire) >= tick;
  }

 private:
  std::atomic<std::uint64_t>& slot(std::uint64_t number) { return slots_[number % slots_.size()]; }

  std::array<std::atomic<std::uint64_t>, 16384> slots_{};
};

}  // namespace deputy::store::sqlite
