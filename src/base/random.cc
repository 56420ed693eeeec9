// getrandom(2), a page at a time.
#include "base/random.h"

#include <sys/random.h>

#include <cstring>

#include "base/result.h"

namespace deputy {
namespace {

void from_kernel(std::uint8_t* out, std::size_t size) {
  while (size > 0) {
    const ssize_t got = ::getrandom(out, size, 0);
    if (got < 0) continue;  // EINTR: the only error the call knows with these flags
    out += got;
    size -= static_cast<std::size_t>(got);
  }
}

struct Page {
  std::array<std::uint8_t, 4096> bytes;
  std::size_t used = 4096;
};

}  // namespace

void SystemRandom::fill(std::span<std::uint8_t> out) {
  thread_local Page page;
  if (out.size() > 256) return from_kernel(out.data(), out.size());
  if (page.used + out.size() > page.bytes.size()) {
    from_kernel(page.bytes.data(), page.bytes.size());
    page.used = 0;
  }
  std::memcpy(out.data(), page.bytes.data() + page.used, out.size());
  std::memset(page.bytes.data() + page.used, 0, out.size());
  page.used += out.size();
}

}  // namespace deputy
