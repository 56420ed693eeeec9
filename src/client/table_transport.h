// TableTransport: answers calls from a table, for tests of what stands above the transport.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "client/transport.h"

namespace deputy::client {

class TableTransport final : public Transport {
 public:
  using Answer = std::function<Result<http::Reply, Fault>(const http::Call&)>;

  // Answers calls whose "METHOD url" begins with `start`. Later rows win; a row answers as often as it is asked.
  void on(std::string start, Answer answer) { rows_.push_back({std::move(start), std::move(answer)}); }
  void on(std::string start, int status, std::string body, http::Headers headers = {}) {
    on(std::move(start),
       [=](const http::Call&) { return Result<http::Reply, Fault>(http::Reply{status, headers, body}); });
  }
  // What every authorization server says first: its metadata, and a token.
  void serve(const std::string& issuer) {
    const auto slash = issuer.find('/', issuer.find("://") + 3);
    const std::string origin = issuer.substr(0, slash), path = slash == std::string::npos ? "" : issuer.substr(slash);
    on("GET " + origin + "/.well-known/oauth-authorization-server" + path, 200,
       R"({"issuer":")" + issuer + R"(","token_endpoint":")" + issuer + R"(/oauth2/token","jwks_uri":")" + issuer +
           R"(/oauth2/jwks"})");
    on("POST " + issuer + "/oauth2/token", 200,
       R"({"access_token":"t0ken","token_type":"Bearer","expires_in":300,"scope":"agents:read"})");
  }

  Result<http::Reply, Fault> send(const http::Call& call) override {
    calls.push_back(call);
    const std::string line = call.method + " " + call.url;
    for (auto row = rows_.rbegin(); row != rows_.rend(); ++row)
      if (line.starts_with(row->start)) return row->answer(call);
    return http::Reply{404, {}, R"({"title":"no such record","status":404})"};
  }
  Result<http::Reply, Fault> stream(const http::Call& call,
                                    const std::function<bool(std::string_view)>& on_chunk) override {
    auto reply = send(call);
    if (!reply) return reply;
    for (const char letter : reply->body)  // a letter a chunk: the harshest way to cut a stream
      if (!on_chunk(std::string_view(&letter, 1))) break;
    return reply;
  }
  void wait(Millis time) override { waited += time; }

  std::vector<http::Call> calls;
  Millis waited{0};

 private:
  struct Row {
    std::string start;
    Answer answer;
  };
  std::vector<Row> rows_;
};

}  // namespace deputy::client
