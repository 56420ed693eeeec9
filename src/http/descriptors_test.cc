// Out of descriptors, or of memory: it is said, and who waits is served once there is some again.
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <thread>

#include "base/metrics.h"
#include "http/raw_client_test.h"
#include "http/reactor.h"

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

// A context of which no connection's TLS can be made, as when there is no memory for it.
TEST(Descriptors, a_connection_that_cannot_be_made_is_counted_and_the_next_is_served) {
  Service service(ServerConfig{}, echo);
  asio::ssl::context whole(asio::ssl::context::tls_server);
  const asio::ssl::context moved(std::move(whole));
  service.set_tls(std::make_shared<asio::ssl::context>(std::move(whole)));
  Reactor reactor(service);
  const auto port = reactor.listen({asio::ip::make_address("127.0.0.1"), 0});
  ASSERT_TRUE(port);
  std::thread running([&] { reactor.run(); });
  RawClient unlucky(*port);
  EXPECT_TRUE(unlucky.closed());
  while (!has_failed_to_accept()) std::this_thread::yield();  // it is closed first
  service.set_tls(nullptr);
  RawClient next(*port);
  EXPECT_EQ(next.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
  reactor.drain();
  running.join();
}

}  // namespace
}  // namespace deputy::http
