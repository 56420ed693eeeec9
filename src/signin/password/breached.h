// Breached: a file of the SHA-1 of passwords that were stolen elsewhere, in order, searched where it lies.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/fault.h"
#include "base/result.h"

namespace deputy::signin {

class Breached {
 public:
  // Lines of 40 hexadecimal digits in ascending order, each perhaps followed by ':' and a count, as the downloads of
  // Have I Been Pwned are. Faults: not_found, invalid.
  static Result<std::unique_ptr<const Breached>, Fault> open(const std::string& file);
  ~Breached();
  bool holds(std::string_view password) const;

 private:
  Breached(const char* text, std::size_t size) : text_(text, size) {}
  std::string_view text_;  // mapped, not read
};

}  // namespace deputy::signin
