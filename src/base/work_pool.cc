// Threads that take work from one queue, in the order it came.
#include "base/work_pool.h"


#include "base/result.h"
#include "base/this_thread.h"

namespace deputy {

WorkPool::WorkPool(Limits limits)
    : limits_(std::move(limits)),
      waiting_(metrics::gauge("deputy_pool_waiting", "Work waiting for a thread of a pool.", {{"pool", limits_.name}})),
      refused_(metrics::counter("deputy_pool_refused_total", "Work refused because a pool's queue was full.",
                                {{"pool", limits_.name}})) {
  CHECK(limits_.threads >= 0);
  for (int i = 0; i < limits_.threads; ++i) threads_.emplace_back([this] { serve(); });
}

WorkPool::~WorkPool() { close(); }

void WorkPool::close() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_)
    if (thread.joinable()) thread.join();
}

bool WorkPool::run(std::function<void()> work) {
  const bool at_once = limits_.threads == 0;
  {
    std::lock_guard lock(mutex_);
    if (stopping_ || (!at_once && queue_.size() >= limits_.queue_max)) {
      refused_.add();
      return false;
    }
    if (!at_once) {
      queue_.push_back(std::move(work));
      waiting_.set(static_cast<double>(queue_.size()));
    }
  }
  if (at_once)
    work();
  else
    wake_.notify_one();
  return true;
}

void WorkPool::serve() {
  begin_thread(limits_.name, limits_.nice);
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
