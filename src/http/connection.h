// One connection: requests in, answers out, in order, each step under a deadline.
#pragma once

#include <boost/asio/ssl/stream.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/address.h"
#include "http/asio.h"
#include "http/head.h"
#include "http/mailbox.h"
#include "http/reactor.h"
#include "http/request_parser.h"
#include "http/response_text.h"

namespace deputy::http {

// The protocol is plain functions that return the next thing to wait for; the coroutine serve() only waits.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Reactor& reactor, Socket socket, TlsContext tls);
  ~Connection();

  static Awaitable<void> serve(std::shared_ptr<Connection> self);
  static Awaitable<void> turn_away(std::shared_ptr<Connection> self);  // 503: there are too many
  // None: it is gone already, or has no address that a setting could name.
  static std::optional<Address> peer_of(const Socket& socket);

  // From the reactor, on its thread.
  void sweep(Tick now);
  void drain();
  void cut();
  void deliver(std::uint64_t ticket, Response response);
  void ring();  // the feed has something
  // From a Send that runs inside the handler's call: no thread, no lock, no post.
  bool takes_at_once(std::uint64_t ticket) const { return in_handler_ && ticket == ticket_ && !answer_; }
  void take(Response response) { answer_ = std::move(response); }

  std::size_t slot = 0;  // the reactor's

 private:
  enum class Step { read, write, wait, feed, close, linger };
  enum class Stage { head, body, answer };
  using TlsStream = asio::ssl::stream<Socket&>;

  static Awaitable<void> go_on(std::shared_ptr<Connection> self, Step step);
  Awaitable<Step> begin();
  Awaitable<Step> write();
  Awaitable<Step> feed();
  Awaitable<void> close_gently();
  Awaitable<void> linger();
  Awaitable<void> answered();

  asio::mutable_buffer space();
  Step received(const ErrorCode& error, std::size_t size);
  Step advance();
  Step take_head();
  Step take_body();
  Step handle();
  void call_handler();
  Step respond();
  Step refuse(Refusal refusal);
  Step compose(const Response& response, Body body, bool keep, Step then);
  bool hold_body();
  void drop_body();
  bool write_at_once();
  Step sent(const ErrorCode& error);
  void begin_request();
  bool client_is_gone();
  void identify_peer();
  std::string_view unread() const { return {in_.data() + begin_, end_ - begin_}; }
  bool expired();
  void set_deadline(Seconds time) { deadline_ = reactor_.after(time); }
  void wake();

  Reactor& reactor_;
  const ServerConfig& config_;
  Socket socket_;
  TlsContext context_;
  std::optional<TlsStream> tls_;
  std::shared_ptr<Door> door_;
  std::string peer_;
  bool peer_is_trusted_ = false, peer_may_be_plain_ = false;

  std::vector<char> in_;  // unread bytes are [begin_, end_)
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  HeadScan head_;
  RequestParser parser_;
  Request request_;
  std::size_t body_bytes_held_ = 0;  // of those that all bodies share
  Stage stage_ = Stage::head;
  bool head_begun_ = false;
  bool blank_line_skipped_ = false;
  bool served_one_ = false;

  std::uint64_t ticket_ = 0;  // of the request whose answer is awaited: a Send of an older one is void
  bool in_handler_ = false;
  std::optional<Response> answer_;
  asio::any_completion_handler<void()> waiter_;
  std::shared_ptr<Feed> feed_;
  bool feed_is_chunked_ = false;
  bool rung_ = false;
  Timer* feed_pause_ = nullptr;  // while it is waited for

  std::string out_;
  std::size_t out_sent_ = 0;
  Step after_write_ = Step::close;

  Tick deadline_ = never;
  bool expired_ = false;
};

}  // namespace deputy::http
