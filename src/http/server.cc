// Server: one reactor a thread behind one address.
#include "http/server.h"

#include <thread>

#include "http/reactor.h"

namespace deputy::http {
namespace {

// Reactors share a port by SO_REUSEPORT; so would another server of the same user, and each would get some of the
// connections. One bind without it comes first, which a port that is taken refuses.
Result<Done, Fault> check_free(const Tcp::endpoint& endpoint) {
  asio::io_context context;
  Acceptor acceptor(context);
  ErrorCode error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(Acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) return Done{};
  return Fail{Fault{Fault::Kind::unavailable, "cannot bind " + endpoint.address().to_string() + " port " +
                                                  std::to_string(endpoint.port()) + ": " + error.message()}};
}

class Reactors final : public Server {
 public:
  Reactors(ServerConfig config, Handler handler) : service_(std::move(config), std::move(handler)) {}
  ~Reactors() override { stop(); }

  // All that comes before the port.
  Result<Done, Fault> prepare() {
    ErrorCode error;
    address_ = asio::ip::make_address(service_.config.address, error);
    if (error) return Fail{Fault{Fault::Kind::invalid, "http.address is an IP address, as 127.0.0.1 or ::"}};
    const auto literal = parse_address(service_.config.address);
    // RFC 6749 §1.6, RFC 9700 §2.6: tokens never cross a network in the clear.
    if (!service_.config.tls && service_.trusted.empty() && !(literal && is_loopback(*literal)))
      return Fail{Fault{Fault::Kind::invalid,
                        "plain HTTP is served on loopback only: give a certificate and key for TLS, or name the "
                        "proxy that ends TLS in trusted_proxies"}};
    if (service_.config.tls) {
      TRY(auto context, make_tls(*service_.config.tls));
      service_.set_tls(std::move(context));
    }
    return Done{};
  }

  Result<Done, Fault> open() {
    TRY(const auto ready, prepare());
    port_ = service_.config.port;
    TRY(const auto free, check_free({address_, port_}));
    for (int i = 0; i < std::max(1, service_.config.threads); ++i) {
      reactors_.push_back(std::make_unique<Reactor>(service_));
      TRY(const auto port, reactors_.back()->listen({address_, port_}));
      port_ = port;
    }
    return Done{};
  }

  void start() override {
    for (auto& reactor : reactors_) threads_.emplace_back([&reactor] { reactor->run(); });
  }

  void stop() override {
    for (auto& reactor : reactors_) reactor->drain();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }

  Result<Done, Fault> reload_tls(const Tls& tls) override {
    if (!service_.config.tls)
      return Fail{Fault{Fault::Kind::invalid, "this server was started without TLS; start it anew to change that"}};
    TRY(auto context, make_tls(tls));
    service_.set_tls(std::move(context));
    return Done{};
  }

  std::uint16_t port() const override { return port_; }

 private:
  Service service_;
  std::vector<std::unique_ptr<Reactor>> reactors_;
  std::vector<std::thread> threads_;
  asio::ip::address address_;
  std::uint16_t port_ = 0;
};

}  // namespace

Result<Done, Fault> Server::check(ServerConfig config) { return Reactors(std::move(config), nullptr).prepare(); }

Result<std::unique_ptr<Server>, Fault> Server::listen(ServerConfig config, Handler handler) {
  auto server = std::make_unique<Reactors>(std::move(config), std::move(handler));
  TRY(auto open, server->open());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace deputy::http
