// Load: one thread, a fixed number of keep-alive connections, each with one request under way at any time.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/fault.h"
#include "base/result.h"

namespace deputy::bench {

// The bytes of many requests, made before the clock runs.
class Pool {
 public:
  void add(std::string_view request) {
    bytes_.append(request);
    ends_.push_back(bytes_.size());
  }
  std::string_view at(std::size_t i) const {
    const auto begin = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(bytes_).substr(begin, ends_[i] - begin);
  }
  std::size_t size() const { return ends_.size(); }

 private:
  std::string bytes_;
  std::vector<std::size_t> ends_;
};

struct Load {
  std::uint16_t port = 0;
  const Pool* requests = nullptr;
  enum class Order { random, once } order = Order::random;  // once: each request a single time, in order
  std::size_t from = 0;  // with Order::once: the first of them
  int connections = 32;
  enum class Wait { spin, sleep } wait = Wait::spin;  // sleep: for a load beside the one that is measured
  int status = 200;    // of every answer
  std::string expect;  // text that every body must hold
  Millis warm_up{0};
  Millis window{Millis::max() / 4};             // with Order::once it may end sooner, with the last request
  std::uint64_t answers_max = UINT64_MAX;       // ends the load when so many requests have been sent
  pid_t server = 0;                             // whose processor time is read, if not 0
  std::function<void(std::string_view)> on_body;  // called with each body, where bodies are collected
};

struct Measured {
  std::uint64_t answers = 0;  // all of them, each as expected: warm-up, window, and those under way at its end
  std::uint64_t in_window = 0;
  double seconds = 0;             // how long the window was
  double server_cpu_seconds = 0;  // processor time of all the server's threads in it
  std::vector<std::uint32_t> latencies_ns;  // sorted

  double per_second() const { return static_cast<double>(in_window) / seconds; }
  // Answers a second of processor time: what the rate is when nothing else runs on the server's core.
  double per_cpu_second() const { return static_cast<double>(in_window) / server_cpu_seconds; }
  double latency_ms(double part) const;  // 0.5: the median; 1: the maximum
};

// Faults: unavailable (no connection, or one that was cut), invalid (a status other than 200, or an unexpected body).
Result<Measured, Fault> run(const Load& load);

// One request, answered; gives the body. For set-up, and to wait for a server. Any status but 200 is a fault.
Result<std::string, Fault> ask(std::uint16_t port, std::string_view request);

}  // namespace deputy::bench
