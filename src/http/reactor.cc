// Accept, sweep, drain.
#include "http/reactor.h"

#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "base/id.h"
#include "base/log.h"
#include "http/connection.h"
#include "http/response_text.h"

namespace deputy::http {
namespace {

thread_local Reactor* here = nullptr;

constexpr int refusals_logged_max = 100;  // a second: a flood fills no disk
// Connections beyond the limit that may be told so at one time; any more are closed without a word to them.
constexpr std::size_t turned_away_max = 256;
// The first look comes round before what its sockets have brought is handled; the second, after.
constexpr int idle_looks_max = 2;

}  // namespace

Reactor::Reactor(Service& service) : service_(service) {}
Reactor::~Reactor() { mailbox_->close(); }

Result<std::uint16_t, Fault> Reactor::listen(const Tcp::endpoint& endpoint) {
  ErrorCode error;
  const auto failed = [&](const char* what) {
    const auto where = endpoint.address().to_string() + " port " + std::to_string(endpoint.port());
    return Fail{Fault{Fault::Kind::unavailable, std::string("cannot ") + what + " " + where + ": " + error.message()}};
  };
  acceptor_.open(endpoint.protocol(), error);
  if (error) return failed("open a socket for");
  acceptor_.set_option(Acceptor::reuse_address(true), error);
  const int on = 1;
  ::setsockopt(acceptor_.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  acceptor_.bind(endpoint, error);
  if (error) return failed("bind");
  acceptor_.listen(Acceptor::max_listen_connections, error);
  if (error) return failed("listen on");
  return acceptor_.local_endpoint().port();
}

void Reactor::run() {
  here = this;
  tick();
  asio::co_spawn(context_, accept(this), asio::detached);
  context_.run();
  here = nullptr;
}

Reactor* Reactor::current() { return here; }

void Reactor::stir() {
  idle_looks_ = 0;
  if (looking_ || !service_.config.at_rest) return;
  looking_ = true;
  asio::post(context_, [this] { look(); });
}

// Goes to the end of the queue until nothing else was in it.
void Reactor::look() {
  if (++idle_looks_ <= idle_looks_max) return asio::post(context_, [this] { look(); });
  looking_ = false;
  service_.config.at_rest();
}

Awaitable<void> Reactor::accept(Reactor* self) {
  for (;;) {
    std::string failure;
    try {
      auto [error, socket] = co_await self->acceptor_.async_accept(with_error);
      if (self->draining_) co_return;
      if (!error) {
        self->welcome(std::move(socket));
        continue;
      }
      failure = error.message();
    } catch (const std::exception& thrown) {  // no memory for a connection, or for its TLS: the next may have it
      failure = thrown.what();
    }
    self->log_accept_failure(failure);
    // Out of file descriptors, most likely: those that are open must close first.
    self->accept_pause_.expires_after(tick_length);
    co_await self->accept_pause_.async_wait(with_error);
  }
}

// Once a second at most: as long as there are no descriptors it fails with every tick.
void Reactor::log_accept_failure(std::string_view detail) {
  service_.metrics.accept_failed.add();
  if (accept_failure_logged_ == second_) return;
  accept_failure_logged_ = second_;
  log::line(log::Level::warn, "http_accept_failed", {{"detail", detail}});
}

void Reactor::welcome(Socket socket) {
  const auto open = service_.connections.load(std::memory_order_relaxed);
  const auto limit = service_.config.connections_max;
  if (open >= limit + turned_away_max) {
    const auto peer = Connection::peer_of(socket);
    return note_refusal(Refusal::dropped, make_correlation_id(), peer ? to_text(*peer) : std::string());
  }
  auto connection = std::make_shared<Connection>(*this, std::move(socket), service_.tls());
  asio::co_spawn(context_, open < limit ? Connection::serve(connection) : Connection::turn_away(connection),
                 asio::detached);
}

void Reactor::drain() {
  asio::post(context_, [this] { begin_drain(); });
}

void Reactor::begin_drain() {
  if (draining_) return;
  draining_ = true;
  cut_at_ = after(service_.config.drain_timeout);
  ErrorCode ignored;
  acceptor_.close(ignored);
  accept_pause_.cancel();
  for (auto* connection : connections_) connection->drain();
  if (connections_.empty()) timer_.cancel();
}

void Reactor::tick() {
  ++tick_;
  const auto now = std::chrono::floor<Seconds>(SystemClock().now());
  if (now != second_) {
    second_ = now;
    begin_second();
  }
  sweep();
  if (draining_ && connections_.empty()) return;
  timer_.expires_after(tick_length);
  timer_.async_wait([this](const ErrorCode& error) {
    if (!error) tick();
  });
}

// From the end: a connection that goes is replaced by the last one, which has been seen.
void Reactor::sweep() {
  const bool cut = tick_ >= cut_at_;
  for (std::size_t i = connections_.size(); i-- > 0;) {
    if (cut)
      connections_[i]->cut();
    else
      connections_[i]->sweep(tick_);
  }
}

void Reactor::begin_second() {
  date_ = date_line(second_);
  if (refusals_unlogged_ > 0) log::line(log::Level::warn, "http_refused_more", {{"count", refusals_unlogged_}});
  refusals_logged_ = refusals_unlogged_ = 0;
}

std::string Reactor::make_correlation_id() { return make_id("req", SystemClock().now(), random_); }

void Reactor::note_refusal(Refusal refusal, std::string_view correlation_id, std::string_view peer) {
  service_.metrics.refused[static_cast<std::size_t>(refusal)].add();
  if (refusals_logged_ == refusals_logged_max) {
    ++refusals_unlogged_;
    return;
  }
  ++refusals_logged_;
  log::line(log::Level::warn, "http_refused",
            {{"correlation_id", correlation_id}, {"reason", row_of(refusal).reason}, {"peer", peer}});
}

void Reactor::add(Connection& connection) {
  connection.slot = connections_.size();
  connections_.push_back(&connection);
  service_.connections.fetch_add(1, std::memory_order_relaxed);
  service_.metrics.connections.add(1);
}

void Reactor::remove(Connection& connection) {
  connections_.back()->slot = connection.slot;
  connections_[connection.slot] = connections_.back();
  connections_.pop_back();
  service_.connections.fetch_sub(1, std::memory_order_relaxed);
  service_.metrics.connections.add(-1);
  if (draining_ && connections_.empty()) timer_.cancel();
}

}  // namespace deputy::http
