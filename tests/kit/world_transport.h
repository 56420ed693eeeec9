// WorldTransport: a whole server in this process, for command lines: a call becomes a request, without sockets.
#pragma once

#include "cli/test_world.h"
#include "tests/kit/world.h"

namespace deputy::cli::test {

class WorldTransport final : public client::Transport {
 public:
  explicit WorldTransport(deputy::test::World& world) : world_(world) {}
  Result<http::Reply, Fault> send(const http::Call& call) override {
    auto headers = call.headers;
    if (!call.content_type.empty()) headers.emplace_back("Content-Type", call.content_type);
    const auto response = world_.ask(call.method, call.url.substr(world_.issuer.size()), call.body, headers);
    const bool lied = lie && call.url.find("/audit/inclusion") != std::string::npos;
    return http::Reply{response.status, response.headers, lied ? lie(response.body) : response.body};
  }
  Result<http::Reply, Fault> stream(const http::Call& call,
                                    const std::function<bool(std::string_view)>& on_chunk) override {
    auto reply = send(call);
    if (reply && reply->status / 100 == 2) on_chunk(reply->body);
    return reply;
  }
  void wait(Millis) override { (void)world_.app().audit_log.seal_all(); }  // what a second brings

  std::function<std::string(const std::string&)> lie;  // what becomes of a proof on its way

 private:
  deputy::test::World& world_;
};

// From now on the command line speaks to the server as this principal.
inline void sign_in(TestWorld& line, const deputy::test::World& server, const deputy::test::Given& as) {
  line.environment["DEPUTY_SERVER"] = server.issuer;
  line.environment["DEPUTY_CLIENT_ID"] = as.id;
  line.environment["DEPUTY_CLIENT_SECRET"] = as.secret;
}

}  // namespace deputy::cli::test
