// write(2) until nothing is left, then fsync(2).
#include "base/write_all.h"

#include <unistd.h>

#include <cerrno>

namespace deputy {

bool write_out(int file, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool write_all(int file, std::string_view text) { return write_out(file, text) && ::fsync(file) == 0; }

}  // namespace deputy
