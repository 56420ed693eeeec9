// Out of descriptors: it is said, and who waits is served once there are some again.
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <thread>

#include "base/metrics.h"
#include "http/raw_client_test.h"

namespace {
std::atomic<bool> no_descriptors = false;
}

// accept(2) of this program. Were there really none left, UBSan would end it, which looks at types through a pipe.
extern "C" int accept(int listener, sockaddr* address, socklen_t* size) {
  if (!no_descriptors) return ::accept4(listener, address, size, 0);
  errno = EMFILE;
  return -1;
}

namespace deputy::http {
namespace {

bool has_failed_to_accept() {
  return metrics::text().find("deputy_http_accept_failed_total 0\n") == std::string::npos;
}

TEST(Descriptors, running_out_of_them_is_counted_and_survived) {
  const auto server = serving();
  EXPECT_FALSE(has_failed_to_accept());
  no_descriptors = true;
  RawClient waiting(server->port());
  while (!has_failed_to_accept()) std::this_thread::yield();
  no_descriptors = false;
  waiting.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(waiting.answer().status, 200);
}

}  // namespace
}  // namespace deputy::http
