// Enforcement points under measurement: each follows the feed as any guard would, and checks tokens of descendants.
#include <time.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <latch>
#include <thread>

#include "base/id.h"
#include "bench/data_set.h"
#include "bench/revocation.h"
#include "client/revocation_follower.h"

namespace deputy::bench {
namespace {


struct Token {
  std::string jti, subject;
  std::vector<std::string> chain, path;  // the root acts innermost: last in the chain
};

// One enforcement point: its copy of the set, its share of the descendants, and when it refused them.
class EnforcementPoint {
 public:
  EnforcementPoint(std::uint16_t port, const client::Credentials& credentials, const std::vector<std::string>& roots)
      : roots_(roots),
        transport_(port),
        api_(transport_, clock_, random_, std::string(origin),
             {credentials.client_id, Secret(credentials.secret.reveal())}),
        follower_(api_, clock_, [this](const delegation::Revocation&) { look(); }) {
    for (int i = 0; i < descendants_a_follower; ++i) tokens_.push_back(token());
    take_root();
  }

  void run() {
    const auto done = follower_.run();
    if (!done) std::cerr << "a follower gave up: " << done.error().sentence << '\n';
  }
  bool fresh() const { return follower_.fresh(clock_.now()); }
  bool wrong() const { return wrong_; }
  const std::vector<std::int64_t>& refused_at() const { return refused_at_; }

 private:
  std::string id(const char* prefix) { return make_id(prefix, clock_.now(), random_); }
  Token token() {
    Token one{id("jti"), id("usr"), {}, {}};
    for (int i = 0; i < chain_depth; ++i) {
      one.chain.push_back(id("agt"));
      one.path.push_back(id("dlg"));
    }
    return one;
  }
  // The tokens are those of the next root's descendants now.
  void take_root() {
    if (refused_at_.size() == roots_.size()) return;
    for (auto& one : tokens_) one.chain.back() = roots_[refused_at_.size()];
  }
  client::RevocationFollower::Verdict judge(const Token& one) const {
    return follower_.judge({.jti = one.jti, .kid = "kid", .subject = one.subject, .client_id = one.chain.front(),
                            .audience = "https://bench.example", .scope = "bench:read", .chain = one.chain,
                            .delegations = one.path, .issued_at = issued_at_});
  }
  bool all(client::RevocationFollower::Verdict wanted) const {
    return std::all_of(tokens_.begin(), tokens_.end(), [&](const Token& one) { return judge(one) == wanted; });
  }
  // At each entry of the feed: between two of them the set does not change, and no check could come out otherwise.
  void look() {
    using Verdict = client::RevocationFollower::Verdict;
    if (!all(Verdict::dead)) {
      wrong_ = true;  // an entry came, and what descends from its target is let pass
      return;
    }
    refused_at_.push_back(monotonic_ns());
    take_root();
    const bool more = refused_at_.size() < roots_.size();
    if (more && !all(Verdict::live)) wrong_ = true;  // refused before it was revoked: nothing would be measured
    if (!more) follower_.stop();
  }

  const std::vector<std::string>& roots_;
  SystemClock clock_;
  SystemRandom random_;
  LocalTransport transport_;
  client::Api api_;
  const Instant issued_at_ = from_unix_seconds(unix_seconds(clock_.now()));
  std::vector<Token> tokens_;
  std::vector<std::int64_t> refused_at_;
  std::atomic<bool> wrong_{false};
  client::RevocationFollower follower_;
};

}  // namespace

std::int64_t monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

LocalTransport::LocalTransport(std::uint16_t port)
    : base_("http://127.0.0.1:" + std::to_string(port)), transport_(client::limits_for(base_, "", false)) {}

http::Call LocalTransport::here(http::Call call) const {
  if (call.url.starts_with(origin)) call.url.replace(0, origin.size(), base_);
  return call;
}

Result<http::Reply, Fault> LocalTransport::send(const http::Call& call) {
  const auto there = here(call);
  sent_ns = monotonic_ns();
  auto reply = transport_.send(there);
  answered_ns = monotonic_ns();
  return reply;
}

Result<http::Reply, Fault> LocalTransport::stream(const http::Call& call,
                                                  const std::function<bool(std::string_view)>& on_chunk) {
  return transport_.stream(here(call), on_chunk);
}

void LocalTransport::wait(Millis time) { transport_.wait(time); }

int follow_as_process(std::uint16_t port, const std::string& roots_file, const std::string& client_id) {
  std::string secret;
  std::getline(std::cin, secret);
  std::vector<std::string> roots;
  std::ifstream in(roots_file);
  for (std::string line; std::getline(in, line);) roots.push_back(line);
  const client::Credentials credentials{client_id, Secret(secret)};
  std::vector<std::unique_ptr<EnforcementPoint>> points;
  for (int i = 0; i < followers_a_process; ++i)
    points.push_back(std::make_unique<EnforcementPoint>(port, credentials, roots));
  std::vector<std::thread> threads;
  for (auto& point : points) threads.emplace_back([&point] { point->run(); });
  while (!std::all_of(points.begin(), points.end(), [](const auto& point) { return point->fresh(); }))
    std::this_thread::sleep_for(Millis(20));
  std::puts("ready");
  std::fflush(stdout);
  for (auto& thread : threads) thread.join();
  for (const auto& point : points) {
    if (point->wrong()) return 1;
    for (std::size_t i = 0; i < point->refused_at().size(); ++i)
      std::printf("%zu %lld\n", i, static_cast<long long>(point->refused_at()[i]));
  }
  return 0;
}

}  // namespace deputy::bench
