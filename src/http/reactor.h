// A reactor: one thread, one io_context, one listening socket, and the connections accepted from it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "http/asio.h"
#include "http/mailbox.h"
#include "http/service.h"

namespace deputy::http {

class Connection;

// Deadlines are counted in ticks of 100 ms: one timer a reactor, none a request.
using Tick = std::int64_t;
constexpr Millis tick_length{100};
constexpr Tick never = std::numeric_limits<Tick>::max();

class Reactor {
 public:
  explicit Reactor(Service& service);
  ~Reactor();

  // Binds with SO_REUSEPORT and listens; the port it got.
  Result<std::uint16_t, Fault> listen(const Tcp::endpoint& endpoint);
  void run();    // the thread's body: returns once drained
  void drain();  // any thread

  static Reactor* current();  // null on a thread that is no reactor

  // For connections, on this thread.
  Service& service() { return service_; }
  asio::io_context& context() { return context_; }
  const std::shared_ptr<Mailbox>& mailbox() const { return mailbox_; }
  bool draining() const { return draining_; }
  std::string_view date() const { return date_; }
  Tick after(Seconds time) const { return tick_ + time / tick_length + 1; }
  std::string make_correlation_id();
  // Counts it, and logs it as long as this second's lines are not too many.
  void note_refusal(Refusal refusal, std::string_view correlation_id, std::string_view peer);
  // A request or an answer was handled: `at_rest` is due when no more are ready.
  void stir();
  void add(Connection& connection);
  void remove(Connection& connection);

 private:
  static Awaitable<void> accept(Reactor* self);
  void log_accept_failure(std::string_view detail);
  void welcome(Socket socket);
  void begin_drain();
  void tick();
  void sweep();
  void look();
  void begin_second();

  Service& service_;
  SystemRandom random_;
  std::vector<Connection*> connections_;
  std::string date_;
  std::chrono::sys_seconds second_{}, accept_failure_logged_{};
  Tick tick_ = 0;
  Tick cut_at_ = never;
  bool draining_ = false;
  bool looking_ = false;  // for more work, until there is none
  int idle_looks_ = 0;    // in a row
  int refusals_logged_ = 0;  // in this second
  int refusals_unlogged_ = 0;
  asio::io_context context_{1};
  std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>(context_);
  Acceptor acceptor_{context_};
  Timer timer_{context_};
  Timer accept_pause_{context_};
};

}  // namespace deputy::http
