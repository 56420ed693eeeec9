// WorkPool: a bounded number of threads for work that blocks, and a bounded queue before them.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/metrics.h"

namespace deputy {

class WorkPool {
 public:
  struct Limits {
    std::string name;  // of the threads and in metrics: "passwords"
    int threads = 2;             // 0: who brings work does it, at once
    std::size_t queue_max = 64;  // waiting; beyond: refused
    int nice = 0;                // of the threads, 0 to 19: how far they stand back for others (setpriority(2))
  };
  explicit WorkPool(Limits limits);
  ~WorkPool();  // what has been taken is done first
  WorkPool(const WorkPool&) = delete;
  WorkPool& operator=(const WorkPool&) = delete;

  // Runs the work on a thread of the pool. Never blocks. False: the queue is full, and the work will not be done.
  bool run(std::function<void()> work);
  // What has been taken is done when this returns, and nothing more is taken.
  void close();

 private:
  void serve();

  const Limits limits_;
  metrics::Gauge waiting_;
  metrics::Counter refused_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace deputy
