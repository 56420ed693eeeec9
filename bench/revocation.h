// The followers of the benchmark `revocation`: processes of their own, each with enforcement points on its threads.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "client/transport.h"

namespace deputy::bench {

// Descendants of one root, and who holds tokens of them: 10,000 over all followers.
inline constexpr int follower_processes = 8, followers_a_process = 25, descendants_a_follower = 50;
inline constexpr int chain_depth = 8;

// CLOCK_MONOTONIC, the same for every process of a machine, in nanoseconds.
std::int64_t monotonic_ns();

// Calls the server under measurement, which listens on another port than its issuer names; notes when it did.
class LocalTransport final : public client::Transport {
 public:
  explicit LocalTransport(std::uint16_t port);
  Result<http::Reply, Fault> send(const http::Call& call) override;
  Result<http::Reply, Fault> stream(const http::Call& call,
                                    const std::function<bool(std::string_view)>& on_chunk) override;
  void wait(Millis time) override;

  std::int64_t sent_ns = 0, answered_ns = 0;  // of the last send()

 private:
  http::Call here(http::Call call) const;
  const std::string base_;
  client::HttpTransport transport_;
};

// A follower process's life: "ready" on its standard output when all its followers are, then, when each has refused
// the descendants of every root, a line a follower and root: the number of the root and the instant of the refusal.
// Gives its exit status.
int follow_as_process(std::uint16_t port, const std::string& roots_file, const std::string& client_id);

}  // namespace deputy::bench
