// For tests: a client that sends exactly the bytes it is told, well-formed or not, and a server to send them to.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "base/metrics.h"
#include "http/server.h"

namespace deputy::http {

struct Answer {
  int status = 0;     // 0: the connection ended instead
  std::string head;   // with status line and the empty line
  std::string body;
  bool has(std::string_view text) const { return head.find(text) != std::string::npos; }
};

class RawClient {
 public:
  explicit RawClient(std::uint16_t port, const char* from = "127.0.0.1") {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval guard{.tv_sec = 15, .tv_usec = 0};  // a test that hangs fails instead
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &guard, sizeof guard);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    ::inet_pton(AF_INET, from, &address.sin_addr);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    address.sin_port = htons(port);
    ::inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  RawClient(RawClient&& other) noexcept : socket_(std::exchange(other.socket_, -1)), read_(std::move(other.read_)) {}
  ~RawClient() {
    if (socket_ >= 0) ::close(socket_);
  }

  int native() const { return socket_; }
  void send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;  // the server has had enough: what it answers is the test
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void finish_sending() const { ::shutdown(socket_, SHUT_WR); }

  // The next answer on this connection; HEAD has none of the body that Content-Length tells of.
  Answer answer(bool body_follows = true) {
    Answer answer;
    std::size_t end = 0;
    while ((end = read_.find("\r\n\r\n")) == std::string::npos)
      if (!more()) return answer;
    answer.head = read_.substr(0, end + 4);
    read_.erase(0, end + 4);
    answer.status = std::stoi(answer.head.substr(9, 3));
    const auto length = answer.head.find("Content-Length: ");
    if (!body_follows || length == std::string::npos) return answer;
    const auto size = std::stoul(answer.head.substr(length + 16));
    while (read_.size() < size)
      if (!more()) return answer;
    answer.body = read_.substr(0, size);
    read_.erase(0, size);
    return answer;
  }
  Answer ask(std::string_view request) {
    send(request);
    return answer();
  }
  // Reads on until `text` has come; false if the connection ends without it.
  bool reads(std::string_view text) {
    while (read_.find(text) == std::string::npos)
      if (!more()) return false;
    return true;
  }
  // What comes until the server closes.
  std::string rest() {
    while (more()) {
    }
    return std::exchange(read_, {});
  }
  bool closed() { return !more() && read_.empty() && error_ == 0; }
  // The server closed or reset the connection; this client did not just grow tired of waiting.
  bool ended() { return !more() && error_ != EAGAIN && error_ != EWOULDBLOCK; }

 private:
  bool more() {
    char bytes[4096];
    const auto size = ::recv(socket_, bytes, sizeof bytes, 0);
    error_ = size < 0 ? errno : 0;
    if (size <= 0) return false;
    read_.append(bytes, static_cast<std::size_t>(size));
    return true;
  }

  int socket_ = -1;
  int error_ = 0;
  std::string read_;
};

// Says what it understood: the test of a parser is what its handler sees.
inline void echo(const Request& request, Send send) {
  Response response;
  response.content_type = "text/plain";
  response.body = request.method + " " + request.path + "?" + request.query + " [" + request.body + "] ";
  response.body += request.peer + (request.secure ? " secure" : " plain");
  send(std::move(response));
}

// How many requests or connections this process has refused for a reason.
inline double refused_for(std::string_view reason) {
  const auto text = metrics::text();
  const auto line = "deputy_http_refused_total{reason=\"" + std::string(reason) + "\"} ";
  const auto at = text.find(line);
  return at == std::string::npos ? -1 : std::stod(text.substr(at + line.size()));
}

inline std::unique_ptr<Server> serving(ServerConfig config = {}, Handler handler = echo) {
  config.port = 0;
  auto server = Server::listen(std::move(config), std::move(handler));
  if (!server) throw std::runtime_error(server.error().detail);
  (*server)->start();
  return std::move(server).take();
}

}  // namespace deputy::http
