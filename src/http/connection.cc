// A request's way through a connection, as plain functions: each returns the next thing to wait for.
#include "http/connection.h"

#include <sys/socket.h>

#include <boost/asio/error.hpp>

#include "base/log.h"
#include "http/forwarded.h"

namespace deputy::http {
namespace {

constexpr std::size_t in_bytes_first = 4096;
constexpr std::size_t out_bytes_kept = 64 * 1024;
constexpr std::size_t body_bytes_kept = 4096;  // a form's memory, for the next one

}  // namespace

Connection::Connection(Reactor& reactor, Socket socket, TlsContext tls)
    : reactor_(reactor),
      config_(reactor.service().config),
      socket_(std::move(socket)),
      context_(std::move(tls)),
      door_(std::make_shared<Door>(reactor.mailbox(), this)),
      parser_({.header_bytes_max = config_.header_bytes_max,
               .body_bytes_max = config_.body_bytes_max,
               .body_bytes_kept = config_.body_bytes_kept}) {
  if (context_) tls_.emplace(socket_, *context_);
  ErrorCode ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(Tcp::no_delay(true), ignored);
  identify_peer();
  reactor_.add(*this);
}

Connection::~Connection() {
  door_->connection = nullptr;
  drop_body();
  reactor_.remove(*this);
}

std::optional<Address> Connection::peer_of(const Socket& socket) {
  ErrorCode error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return std::nullopt;
  const auto address = parse_address(endpoint.address().to_string());
  if (!address) return std::nullopt;  // a link-local zone: no proxy is named so
  return unmapped(*address);
}

void Connection::identify_peer() {
  const auto address = peer_of(socket_);
  if (!address) return;
  peer_ = to_text(*address);
  peer_may_be_plain_ = contains(reactor_.service().plain, *address);
  peer_is_trusted_ = contains(reactor_.service().trusted, *address);
}

// Room for the next bytes; a request that is not read yet moves to the front, or gets a larger buffer.
asio::mutable_buffer Connection::space() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ == in_.size()) {
    if (begin_ > 0) {
      std::copy(in_.begin() + static_cast<std::ptrdiff_t>(begin_), in_.end(), in_.begin());
      end_ -= begin_;
      begin_ = 0;
    } else {
      const auto largest = std::max(config_.header_bytes_max + 1, in_bytes_first);
      in_.resize(in_.empty() ? in_bytes_first : std::min(in_.size() * 2, largest));
    }
  }
  return {in_.data() + end_, in_.size() - end_};
}

Connection::Step Connection::received(const ErrorCode& error, std::size_t size) {
  if (expired()) {
    // RFC 9110 §15.5.9: silence between requests is no error; half a request is.
    if (stage_ == Stage::head && !head_begun_) return Step::close;
    return refuse(Refusal::timeout);
  }
  if (error) return Step::close;
  end_ += size;
  return advance();
}

Connection::Step Connection::advance() { return stage_ == Stage::head ? take_head() : take_body(); }

Connection::Step Connection::take_head() {
  for (;;) {
    const auto view = unread();
    if (view.empty()) {
      if (reactor_.draining()) return Step::close;
      set_deadline(served_one_ ? config_.idle_timeout : config_.header_timeout);
      return Step::read;
    }
    const auto state = head_.scan(view);
    if (state == HeadScan::State::malformed) return refuse(Refusal::malformed);
    const auto size = state == HeadScan::State::complete ? head_.size() : view.size() + 1;
    if (size > config_.header_bytes_max) return refuse(Refusal::header_too_large);  // RFC 6585 §5
    if (state == HeadScan::State::incomplete) {
      if (!head_begun_) set_deadline(config_.header_timeout);
      head_begun_ = true;
      return Step::read;
    }
    if (size > 2) break;
    // RFC 9112 §2.2: one empty line before a request is forgiven.
    if (blank_line_skipped_) return refuse(Refusal::malformed);
    blank_line_skipped_ = true;
    begin_ += size;
    head_.reset();
  }
  // RFC 6749 §1.6, RFC 9700 §2.6: a proxy that is named may speak plainly, and the rest of its network may not.
  if (!tls_ && !peer_is_trusted_ && !peer_may_be_plain_) return refuse(Refusal::plain_http);
  stage_ = Stage::body;
  parser_.start(request_);
  const Step step = take_body();
  if (step != Step::read) return step;
  set_deadline(config_.body_timeout);
  if (!parser_.expects_continue() || begin_ < end_ || !request_.body.empty()) return step;
  out_ = "HTTP/1.1 100 Continue\r\n\r\n";  // RFC 9110 §10.1.1
  after_write_ = Step::read;
  return Step::write;
}

Connection::Step Connection::take_body() {
  begin_ += parser_.put(unread());
  if (parser_.refusal()) return refuse(*parser_.refusal());
  if (!hold_body()) return refuse(Refusal::bodies_too_large);
  if (parser_.done()) return handle();
  // RFC 9112 §7.1: what does not fit is an endless chunk extension or trailer.
  if (end_ - begin_ > config_.header_bytes_max) return refuse(Refusal::malformed);
  return Step::read;
}

// False: all bodies together take more than they may. What each has for sure keeps small ones out of a flood's way.
bool Connection::hold_body() {
  const auto size = request_.body.size(), free = config_.body_bytes_free;
  const auto beyond = size > free ? size - free : 0;
  if (beyond <= body_bytes_held_) return true;
  const auto more = beyond - std::exchange(body_bytes_held_, beyond);
  return reactor_.service().body_bytes.fetch_add(more, std::memory_order_relaxed) + more <= config_.bodies_bytes_max;
}

void Connection::drop_body() {
  reactor_.service().body_bytes.fetch_sub(std::exchange(body_bytes_held_, 0), std::memory_order_relaxed);
  request_.body.clear();
  if (request_.body.capacity() > body_bytes_kept) request_.body = std::string();
}

Connection::Step Connection::handle() {
  stage_ = Stage::answer;
  request_.correlation_id = reactor_.make_correlation_id();
  request_.peer = peer_;
  request_.secure = tls_.has_value() || config_.secure_origin;
  request_.proxied = peer_is_trusted_;
  if (peer_is_trusted_) believe_proxy(request_, reactor_.service().trusted);
  call_handler();
  drop_body();  // a handler that answers later has taken what it needs
  if (answer_) return respond();
  set_deadline(config_.answer_timeout);
  return Step::wait;
}

void Connection::call_handler() {
  Send send = [door = door_, ticket = ++ticket_](Response response) {
    const auto* reactor = Reactor::current();
    const bool at_home = reactor != nullptr && reactor->mailbox() == door->mailbox;
    if (at_home && door->connection != nullptr && door->connection->takes_at_once(ticket))
      door->connection->take(std::move(response));
    else
      door->mailbox->put(door, ticket, std::move(response));
  };
  reactor_.stir();
  in_handler_ = true;
  try {
    reactor_.service().handler(request_, std::move(send));
  } catch (const std::exception& error) {
    log::line(log::Level::error, "handler_threw",
              {{"correlation_id", request_.correlation_id}, {"detail", std::string_view(error.what())}});
    answer_ = problem_response(500, "Internal server error", "The server failed; the log has the reason.");
  }
  in_handler_ = false;
}

void Connection::deliver(std::uint64_t ticket, Response response) {
  if (ticket != ticket_ || answer_ || !waiter_) return;  // answered already: by the handler, or by the deadline
  answer_ = std::move(response);
  wake();
}

void Connection::ring() {
  rung_ = true;
  if (feed_pause_ != nullptr) feed_pause_->cancel();
}

void Connection::wake() {
  auto waiter = std::move(waiter_);
  waiter_ = nullptr;
  std::move(waiter)();
}

Connection::Step Connection::respond() {
  expired_ = false;
  if (!answer_) return refuse(Refusal::not_answered);
  if (!is_sendable(*answer_)) {
    log::line(log::Level::error, "answer_unsendable", {{"correlation_id", request_.correlation_id}});
    answer_ = problem_response(500, "Internal server error", "The server failed; the log has the reason.");
  }
  const bool keep = parser_.keep_alive() && !reactor_.draining();
  if (request_.method == "HEAD") return compose(*answer_, Body::none, keep, keep ? Step::read : Step::close);
  if (!answer_->feed) return compose(*answer_, Body::whole, keep, keep ? Step::read : Step::close);
  feed_ = std::move(answer_->feed);
  feed_is_chunked_ = !parser_.http_1_0();
  return compose(*answer_, feed_is_chunked_ ? Body::chunked : Body::until_close, false, Step::feed);
}

Connection::Step Connection::refuse(Refusal refusal) {
  const bool parsed = stage_ == Stage::answer;
  if (!parsed) request_.correlation_id = reactor_.make_correlation_id();
  reactor_.note_refusal(refusal, request_.correlation_id, parsed ? request_.peer : peer_);
  stage_ = Stage::answer;
  drop_body();
  const bool head_only = parsed && request_.method == "HEAD";
  return compose(refusal_response(refusal), head_only ? Body::none : Body::whole, false, Step::linger);
}

Connection::Step Connection::compose(const Response& response, Body body, bool keep, Step then) {
  const auto after = !keep ? After::close : parser_.http_1_0() ? After::keep_1_0 : After::keep;
  out_.clear();
  append_response(out_, response, body, after, reactor_.date(), request_.correlation_id);
  reactor_.service().metrics.requests[static_cast<std::size_t>(response.status / 100 - 1)].add();
  after_write_ = then;
  return Step::write;
}

// A send buffer nearly always has room: then no operation is queued and no deadline needed.
bool Connection::write_at_once() {
  if (tls_) return false;
  ErrorCode error;
  out_sent_ = socket_.write_some(asio::buffer(out_), error);
  return !error && out_sent_ == out_.size();
}

Connection::Step Connection::sent(const ErrorCode& error) {
  out_sent_ = 0;
  if (out_.capacity() > out_bytes_kept) out_ = std::string();
  if (error || expired()) return Step::close;
  if (after_write_ != Step::read) return after_write_;
  if (stage_ == Stage::answer) begin_request();
  return stage_ == Stage::head ? advance() : Step::read;
}

void Connection::begin_request() {
  served_one_ = true;
  stage_ = Stage::head;
  head_.reset();
  head_begun_ = blank_line_skipped_ = false;
  answer_.reset();
}

// Closed by the other side, seen without taking a byte that may be a pipelined request.
bool Connection::client_is_gone() {
  char byte;
  const auto seen = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return seen == 0 || (seen < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

bool Connection::expired() { return std::exchange(expired_, false); }

void Connection::sweep(Tick now) {
  if (now < deadline_) return;
  expired_ = true;
  if (waiter_) {
    deadline_ = never;
    ++ticket_;  // an answer that comes now is too late
    return wake();
  }
  // Of an operation in steps (TLS, a long write), the step under way may be done already and only queued: then nothing
  // is cancelled, and the step after it is, a tick later.
  deadline_ = now + 1;
  ErrorCode ignored;
  socket_.cancel(ignored);
}

void Connection::drain() {
  ring();
  if (stage_ != Stage::head || head_begun_) return;
  ErrorCode ignored;
  socket_.cancel(ignored);  // idle: closed silently; a request that is here already is served
}

void Connection::cut() {
  ErrorCode ignored;
  socket_.close(ignored);
  ring();
  if (waiter_) wake();
}

}  // namespace deputy::http
