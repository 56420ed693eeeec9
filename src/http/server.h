// The HTTP/1.1 server: sockets, TLS, limits, a reactor a core. The only door by which a request reaches a handler.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fault.h"
#include "base/result.h"
#include "http/message.h"

namespace deputy::http {

// How an answer leaves: called once, from any thread, now or later. The connection waits for it.
using Send = std::function<void(Response)>;
// Called on a reactor's thread; must not block. It either calls `send` before it returns or hands it on; the request is
// gone when it returns.
using Handler = std::function<void(const Request&, Send send)>;

struct Tls {
  std::string certificate_file;  // PEM chain, leaf first
  std::string private_key_file;  // PEM
};

struct ServerConfig {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8440;  // 0: any free port; Server::port() tells
  std::optional<Tls> tls;     // TLS 1.2 and 1.3; ALPN http/1.1
  // Plain HTTP on an address that is not loopback is refused unless a proxy is named here (addresses or CIDR
  // blocks). Forwarded headers are believed from these peers only.
  std::vector<std::string> trusted_proxies;
  std::vector<std::string> plain_http_from{"127.0.0.0/8", "::1"};  // besides them: who needs no TLS to be answered
  // The browser's way here is TLS, whether or not the proxy that ends it says so: Request::secure, always.
  bool secure_origin = false;
  int threads = 1;                              // reactors, each with its own SO_REUSEPORT socket
  std::size_t header_bytes_max = 16 * 1024;     // beyond: 431
  std::size_t body_bytes_max = 1024 * 1024;     // beyond: 413
  // How much of a body after this head the handler reads; beyond: 413. None: nothing, and none of it is kept.
  std::function<std::optional<std::size_t>(const Request& head)> body_bytes_kept;
  // What a body has in memory for sure, and what all have together beyond that; then: 503 with Retry-After.
  std::size_t body_bytes_free = 16 * 1024, bodies_bytes_max = 64 * 1024 * 1024;
  std::size_t connections_max = 4096;           // beyond: accepted, answered 503 with Retry-After, closed
  Seconds header_timeout{10};                   // slower: 408, closed; a TLS handshake: closed
  Seconds body_timeout{20};                     // slower: 408, closed; also the time a client has to read an answer
  Seconds idle_timeout{75};                     // keep-alive without a request: closed silently
  Seconds answer_timeout{30};                   // a handler that has not sent by then: 503, closed
  Seconds drain_timeout{20};                    // how long stop() waits for requests under way
  // Called on a reactor's thread when it has handled all that was ready and waits for more: where a group commit
  // writes what has gathered.
  std::function<void()> at_rest;
};

class Server {
 public:
  // Binds and listens (so that port() is known) but accepts nothing until start().
  static Result<std::unique_ptr<Server>, Fault> listen(ServerConfig config, Handler handler);
  // What listen() would refuse of these settings, but for the port, which is left alone.
  static Result<Done, Fault> check(ServerConfig config);
  virtual ~Server() = default;

  virtual void start() = 0;  // returns at once; the reactors run on threads of their own
  // Stops accepting, lets requests under way end (each answered with Connection: close), then returns; connections
  // still busy after drain_timeout are cut.
  virtual void stop() = 0;
  // Reads certificate and key again; new connections use them. On a fault the old ones stay.
  virtual Result<Done, Fault> reload_tls(const Tls& tls) = 0;
  virtual std::uint16_t port() const = 0;
};

}  // namespace deputy::http
