// Secret: bytes that are never logged, never compared in variable time, never left behind.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace deputy {

// Compares in a time that depends on the lengths only.
bool constant_time_equal(std::string_view a, std::string_view b);

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text) : bytes_(text.begin(), text.end()) {}
  Secret(Secret&&) noexcept = default;  // a vector moves its buffer: no small-string copy stays
  Secret& operator=(Secret&& other) noexcept {
    wipe();
    bytes_ = std::move(other.bytes_);
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { wipe(); }

  Secret copy() const { return Secret(reveal()); }
  bool empty() const { return bytes_.empty(); }
  std::string_view reveal() const { return {bytes_.data(), bytes_.size()}; }  // grep for reveal()
  bool same_as(std::string_view other) const { return constant_time_equal(reveal(), other); }

 private:
  void wipe() {
    for (volatile char& byte : bytes_) byte = 0;
  }
  std::vector<char> bytes_;
};

}  // namespace deputy
