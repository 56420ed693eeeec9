// One pass over the line feeds of a head.
#include "http/head.h"

#include <cstring>

namespace deputy::http {

HeadScan::State HeadScan::scan(std::string_view buffer) {
  for (;;) {
    // RFC 9112 §5.2: a line that begins with white space folds the one before; a server refuses it.
    if (line_ > 0 && line_ < buffer.size() && (buffer[line_] == ' ' || buffer[line_] == '\t')) return State::malformed;
    const void* found = searched_ == buffer.size()
                            ? nullptr
                            : std::memchr(buffer.data() + searched_, '\n', buffer.size() - searched_);
    if (found == nullptr) {
      searched_ = buffer.size();
      // No method begins with a control character: a TLS greeting on a plain port is refused at once.
      if (!buffer.empty() && (buffer[0] < '!' || buffer[0] > '~') && buffer[0] != '\r') return State::malformed;
      return State::incomplete;
    }
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - buffer.data());
    // RFC 9112 §2.2: a bare LF may be taken for a line's end; where one server does and another does not, a request
    // can be hidden. Refused.
    if (at == 0 || buffer[at - 1] != '\r') return State::malformed;
    const bool empty = at - line_ == 1;
    line_ = searched_ = at + 1;
    if (empty) return State::complete;
  }
}

}  // namespace deputy::http
