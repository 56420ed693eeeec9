// The load generator's loop: epoll, one write and one read a request.
#include "bench/load.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <ctime>
#include <optional>
#include <random>

namespace deputy::bench {
namespace {

constexpr std::size_t answer_bytes_max = 64 * 1024;
constexpr std::uint64_t silence_max_ns = 10'000'000'000;

std::uint64_t clock_ns(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}
std::uint64_t now_ns() { return clock_ns(CLOCK_MONOTONIC); }

double cpu_seconds_of(pid_t process) {
  clockid_t clock = 0;
  if (process == 0 || ::clock_getcpuclockid(process, &clock) != 0) return 0;
  return static_cast<double>(clock_ns(clock)) / 1e9;
}

Fail<Fault> unavailable(std::string why) { return Fail{Fault{Fault::Kind::unavailable, std::move(why)}}; }
Fail<Fault> invalid(std::string why) { return Fail{Fault{Fault::Kind::invalid, std::move(why)}}; }

struct Socket {
  int fd = -1;
  Socket() = default;
  explicit Socket(int fd_) : fd(fd_) {}
  Socket(Socket&& other) noexcept : fd(std::exchange(other.fd, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd, other.fd);
    return *this;
  }
  ~Socket() {
    if (fd >= 0) ::close(fd);
  }
};

Result<Socket, Fault> connect_to(std::uint16_t port) {
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return unavailable("cannot connect to the server");
  const int on = 1;
  ::setsockopt(socket.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

// One answer in what has come so far: its body, once it is whole.
struct Answer {
  int status = 0;
  std::string_view body;
  std::size_t size = 0;  // head and body
};

bool names_content_length(std::string_view line) {
  constexpr std::string_view name = "content-length:";
  return line.size() > name.size() &&
         std::equal(name.begin(), name.end(), line.begin(), [](char a, char b) { return a == (b | 0x20) || a == b; });
}

// None: more must come. A status of 0: it is no answer that we can read.
std::optional<Answer> parse(std::string_view text) {
  const auto head_end = text.find("\r\n\r\n");
  if (head_end == std::string_view::npos) return text.size() < answer_bytes_max ? std::optional<Answer>() : Answer{};
  Answer answer;
  std::size_t length = 0;
  const auto head = text.substr(0, head_end);
  if (head.size() < 12 || !head.starts_with("HTTP/1.1 ")) return Answer{};
  std::from_chars(head.data() + 9, head.data() + 12, answer.status);
  for (auto at = head.find('\n'); at != std::string_view::npos; at = head.find('\n', at + 1)) {
    auto line = head.substr(at + 1);
    if (!names_content_length(line)) continue;
    line.remove_prefix(15);
    while (line.starts_with(' ')) line.remove_prefix(1);
    std::from_chars(line.data(), line.data() + line.size(), length);
    break;
  }
  answer.size = head_end + 4 + length;
  if (answer.size > answer_bytes_max) return Answer{};
  if (text.size() < answer.size) return std::nullopt;
  answer.body = text.substr(head_end + 4, length);
  return answer;
}

Result<Done, Fault> send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return unavailable("the server cut a connection");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return Done{};
}

struct Connection {
  Socket socket;
  std::vector<char> buffer = std::vector<char>(answer_bytes_max);
  std::size_t filled = 0;
  std::uint64_t sent_at = 0;
};

class Loader {
 public:
  explicit Loader(const Load& load) : load_(load), pick_(20260101 + load.from), next_(load.from) {}

  Result<Measured, Fault> run() {
    TRY(auto opened, open());
    start_ = now_ns();
    window_begin_ = start_ + nanoseconds(load_.warm_up);
    window_end_ = window_begin_ + nanoseconds(load_.window);
    if (load_.warm_up.count() == 0) begin_window();
    for (auto& connection : connections_) {
      TRY(auto sent, send_next(connection));
    }
    std::array<epoll_event, 64> events;
    auto answered_at = now_ns();
    while (under_way_ > 0) {
      // Never asleep: to wake us would be work for the server's core, which no client across a network asks of it.
      const int patience_ms = load_.wait == Load::Wait::spin ? 0 : 100;
      const int count = ::epoll_wait(epoll_.fd, events.data(), static_cast<int>(events.size()), patience_ms);
      if (count > 0) answered_at = now_ns();
      if (count == 0 && now_ns() - answered_at > silence_max_ns)
        return unavailable("the server did not answer for ten seconds");
      for (int i = 0; i < count; ++i) {
        TRY(auto handled, receive(connections_[events[static_cast<std::size_t>(i)].data.u32]));
      }
    }
    end_window(now_ns());
    std::sort(measured_.latencies_ns.begin(), measured_.latencies_ns.end());
    return std::move(measured_);
  }

 private:
  static std::uint64_t nanoseconds(Millis span) {
    return static_cast<std::uint64_t>(std::min(span, Millis(1'000'000'000)).count()) * 1'000'000;
  }

  Result<Done, Fault> open() {
    epoll_ = Socket(::epoll_create1(EPOLL_CLOEXEC));
    for (int i = 0; i < load_.connections; ++i) {
      TRY(auto socket, connect_to(load_.port));
      epoll_event event{.events = EPOLLIN, .data = {.u32 = static_cast<std::uint32_t>(i)}};
      if (::epoll_ctl(epoll_.fd, EPOLL_CTL_ADD, socket.fd, &event) != 0) return unavailable("epoll_ctl failed");
      connections_.emplace_back().socket = std::move(socket);
    }
    measured_.latencies_ns.reserve(1u << 20);
    return Done{};
  }

  Result<Done, Fault> receive(Connection& connection) {
    const auto got = ::recv(connection.socket.fd, connection.buffer.data() + connection.filled,
                            connection.buffer.size() - connection.filled, 0);
    if (got <= 0) return unavailable("the server cut a connection");
    connection.filled += static_cast<std::size_t>(got);
    const auto answer = parse({connection.buffer.data(), connection.filled});
    if (!answer) return Done{};
    if (answer->status != load_.status || answer->size != connection.filled)
      return invalid("the server answered " + std::to_string(answer->status) + ": " + std::string(answer->body));
    if (!load_.expect.empty() && answer->body.find(load_.expect) == std::string_view::npos)
      return invalid("the answer lacks " + load_.expect + ": " + std::string(answer->body));
    if (load_.on_body) load_.on_body(answer->body);
    connection.filled = 0;
    --under_way_;
    count(connection);
    return send_next(connection);
  }

  void count(const Connection& connection) {
    const auto now = now_ns();
    ++measured_.answers;
    if (!window_open_ && !window_closed_ && now >= window_begin_) return begin_window();
    if (!window_open_) return;
    if (now >= window_end_) return end_window(now);
    ++measured_.in_window;
    measured_.latencies_ns.push_back(
        static_cast<std::uint32_t>(std::min<std::uint64_t>(now - connection.sent_at, UINT32_MAX)));
  }

  void begin_window() {
    window_open_ = true;
    window_begin_ = now_ns();
    window_end_ = window_begin_ + nanoseconds(load_.window);
    cpu_begin_ = cpu_seconds_of(load_.server);
  }
  void end_window(std::uint64_t now) {
    if (!window_open_) return;
    window_open_ = false;
    window_closed_ = true;
    measured_.seconds = static_cast<double>(now - window_begin_) / 1e9;
    measured_.server_cpu_seconds = cpu_seconds_of(load_.server) - cpu_begin_;
  }

  Result<Done, Fault> send_next(Connection& connection) {
    const auto& requests = *load_.requests;
    const bool exhausted = load_.order == Load::Order::once && next_ >= requests.size();
    if (window_closed_ || exhausted || next_ - load_.from == load_.answers_max) {
      // What is measured is a full load: the window ends with the first connection that has nothing to send.
      end_window(now_ns());
      return Done{};
    }
    const auto which = load_.order == Load::Order::once ? next_ : pick_() % requests.size();
    ++next_;
    ++under_way_;
    connection.sent_at = now_ns();
    return send_all(connection.socket.fd, requests.at(which));
  }

  const Load& load_;
  Socket epoll_;
  std::vector<Connection> connections_;
  std::mt19937_64 pick_;
  Measured measured_;
  std::size_t next_;
  std::size_t under_way_ = 0;
  std::uint64_t start_ = 0, window_begin_ = 0, window_end_ = 0;
  bool window_open_ = false, window_closed_ = false;
  double cpu_begin_ = 0;
};

}  // namespace

double Measured::latency_ms(double part) const {
  if (latencies_ns.empty()) return 0;
  const auto last = static_cast<double>(latencies_ns.size() - 1);
  return latencies_ns[static_cast<std::size_t>(part * last)] / 1e6;
}

Result<Measured, Fault> run(const Load& load) { return Loader(load).run(); }

Result<std::string, Fault> ask(std::uint16_t port, std::string_view request) {
  Pool pool;
  pool.add(request);
  std::string body;
  TRY(auto measured, run({.port = port,
                          .requests = &pool,
                          .order = Load::Order::once,
                          .connections = 1,
                          .expect = "",
                          .on_body = [&](std::string_view text) { body = text; }}));
  return body;
}

}  // namespace deputy::bench
