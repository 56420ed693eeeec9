// Where a request's head ends in a buffer; line endings on which servers disagree are refused before any parser runs.
#pragma once

#include <cstddef>
#include <string_view>

namespace deputy::http {

class HeadScan {
 public:
  enum class State { incomplete, complete, malformed };

  // `buffer` begins with the head; each call goes on where the last one stopped, so that a head that comes byte by
  // byte costs no more than one that comes whole.
  State scan(std::string_view buffer);
  // Bytes of the head with its empty line, once complete.
  std::size_t size() const { return line_; }
  void reset() { line_ = searched_ = 0; }

 private:
  std::size_t line_ = 0;      // where the line being read begins
  std::size_t searched_ = 0;  // no line feed before this, in this line
};

}  // namespace deputy::http
