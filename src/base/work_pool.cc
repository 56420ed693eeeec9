// Threads that take work from one queue, in the order it came.
#include "base/work_pool.h"

#include <pthread.h>
#include <sys/resource.h>

#include "base/result.h"

namespace deputy {

WorkPool::WorkPool(Limits limits)
    : limits_(std::move(limits)),
      waiting_(metrics::gauge("deputy_pool_waiting", "Work waiting for a thread of a pool.", {{"pool", limits_.name}})),
      refused_(metrics::counter("deputy_pool_refused_total", "Work refused because a pool's queue was full.",
                                {{"pool", limits_.name}})) {
  CHECK(limits_.threads > 0);
  for (int i = 0; i < limits_.threads; ++i) threads_.emplace_back([this] { serve(); });
}

WorkPool::~WorkPool() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

bool WorkPool::run(std::function<void()> work) {
  {
    std::lock_guard lock(mutex_);
    if (queue_.size() >= limits_.queue_max) {
      refused_.add();
      return false;
    }
    queue_.push_back(std::move(work));
    waiting_.set(static_cast<double>(queue_.size()));
  }
  wake_.notify_one();
  return true;
}

void WorkPool::serve() {
  constexpr std::size_t thread_name_max = 15;  // pthread_setname_np(3)
  ::pthread_setname_np(::pthread_self(), limits_.name.substr(0, thread_name_max).c_str());
  // Of this thread alone: on Linux a nice value belongs to a thread.
  if (limits_.nice != 0) ::setpriority(PRIO_PROCESS, 0, limits_.nice);
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    {
      const auto work = std::move(queue_.front());
      queue_.pop_front();
      waiting_.set(static_cast<double>(queue_.size()));
      lock.unlock();
      work();
    }  // what the work holds is let go of outside the lock
    lock.lock();
  }
}

}  // namespace deputy
