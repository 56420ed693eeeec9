// Random: where unpredictable bytes come from. Tests hand in one that repeats.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace deputy {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;

  template <std::size_t N>
  std::array<std::uint8_t, N> bytes() {
    std::array<std::uint8_t, N> out;
    fill(out);
    return out;
  }
};

// The kernel's generator, read in blocks of a page a thread; what has been handed out is wiped.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override;
};

}  // namespace deputy
