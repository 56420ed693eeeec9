// All that a connection waits for: the coroutines, and nothing of the protocol.
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "base/log.h"
#include "http/connection.h"

namespace deputy::http {
namespace {

constexpr Seconds linger_time{2};
constexpr std::size_t linger_bytes_max = 1024 * 1024;

}  // namespace

Awaitable<void> Connection::serve(std::shared_ptr<Connection> self) {
  const Step first = co_await self->begin();
  co_await go_on(self, first);
}

Awaitable<void> Connection::turn_away(std::shared_ptr<Connection> self) {
  const Step first = co_await self->begin();
  if (first == Step::close) co_return;
  const Step refused = self->refuse(Refusal::too_many_connections);
  co_await go_on(self, refused);
}

// The hot path is in this one frame: a read, a handler, a write that does not wait.
Awaitable<void> Connection::go_on(std::shared_ptr<Connection> self, Step step) {
  for (;;) {
    switch (step) {
      case Step::read: {
        const auto space = self->space();
        if (self->tls_) {
          const auto [error, size] = co_await self->tls_->async_read_some(space, with_error);
          step = self->received(error, size);
        } else {
          const auto [error, size] = co_await self->socket_.async_read_some(space, with_error);
          step = self->received(error, size);
        }
        break;
      }
      case Step::write:
        if (self->write_at_once())
          step = self->sent({});
        else
          step = co_await self->write();
        break;
      case Step::wait:
        co_await self->answered();
        step = self->respond();
        break;
      case Step::feed:
        step = co_await self->feed();
        break;
      case Step::close:
        co_await self->close_gently();
        co_return;
      case Step::linger:
        co_await self->close_gently();
        co_await self->linger();
        co_return;
    }
  }
}

Awaitable<Connection::Step> Connection::begin() {
  if (tls_) {
    set_deadline(config_.header_timeout);
    const auto [error] = co_await tls_->async_handshake(asio::ssl::stream_base::server, with_error);
    const bool late = expired();
    if (error || late) {
      // Who connects and leaves, as a balancer does to see whether there is a server, was refused nothing.
      const bool came = BIO_number_read(SSL_get_rbio(tls_->native_handle())) > 0;
      if (late || (came && !reactor_.draining()))
        reactor_.note_refusal(Refusal::tls_handshake, reactor_.make_correlation_id(), peer_);
      ErrorCode ignored;
      socket_.close(ignored);
      co_return Step::close;
    }
  }
  co_return advance();
}

Awaitable<Connection::Step> Connection::write() {
  set_deadline(config_.body_timeout);  // a client that does not read is as slow as one that does not write
  const auto rest = asio::buffer(out_) + out_sent_;
  if (tls_) {
    const auto [error, size] = co_await asio::async_write(*tls_, rest, with_error);
    co_return sent(error);
  }
  const auto [error, size] = co_await asio::async_write(socket_, rest, with_error);
  co_return sent(error);
}

// Suspends until wake().
Awaitable<void> Connection::answered() {
  constexpr asio::use_awaitable_t<Executor> token{};
  co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
      [](auto handler, Connection* self) {
        // Never by assignment: any_completion_handler of Boost 1.81 calls itself there without end.
        asio::any_completion_handler<void()>(std::move(handler)).swap(self->waiter_);
      },
      token, this);
}

Awaitable<Connection::Step> Connection::feed() {
  Timer pause(reactor_.context());
  after_write_ = Step::feed;
  deadline_ = never;  // each write below has its own
  expired_ = false;
  bool last = false;
  const bool whole = feed_->ends() == Feed::Ends::when_finished;  // the write finds out that the client is gone
  feed_->listen([door = door_] { door->mailbox->ring(door); });
  while (!last && (whole ? socket_.is_open() : !reactor_.draining() && !client_is_gone())) {
    rung_ = false;             // what rings from here on is not in the piece
    last = feed_->finished();  // asked first: what came before the end is in the piece
    const std::string piece = feed_->next();
    if (!piece.empty()) {
      out_.clear();
      if (feed_is_chunked_)
        append_chunk(out_, piece);
      else
        out_ = piece;
      const Step step = co_await write();
      if (step == Step::close) co_return step;
      deadline_ = never;
    }
    if (last) break;
    if (rung_ || feed_->finished()) continue;
    pause.expires_after(feed_->pause());
    feed_pause_ = &pause;
    co_await pause.async_wait(with_error);
    feed_pause_ = nullptr;
  }
  if (whole && !last) co_return Step::close;
  after_write_ = Step::close;
  const std::string farewell = feed_->finished() ? std::string() : feed_->farewell();
  out_.clear();
  if (!feed_is_chunked_) {
    out_ = farewell;
  } else {
    if (!farewell.empty()) append_chunk(out_, farewell);
    out_.append(last_chunk);
  }
  co_return out_.empty() ? Step::close : Step::write;
}

// TLS says that it ends (RFC 8446 §6.1): without, a cut could pass for an end.
Awaitable<void> Connection::close_gently() {
  if (!tls_ || !socket_.is_open()) co_return;
  set_deadline(linger_time);
  co_await tls_->async_shutdown(with_error);
}

// RFC 9112 §9.6: what still comes is read for a while; a close with unread bytes resets the connection, and the
// client might lose the answer.
Awaitable<void> Connection::linger() {
  ErrorCode ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  expired_ = false;
  set_deadline(linger_time);
  std::size_t read = 0;
  while (read < linger_bytes_max && !expired_) {
    begin_ = end_ = 0;
    const auto into = space();
    const auto [error, size] = co_await socket_.async_read_some(into, with_error);
    if (error) co_return;
    read += size;
  }
}

}  // namespace deputy::http
