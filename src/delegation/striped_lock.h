// StripedLock: many readers that do not meet. Each thread reads under a lock of its own; a writer takes all of them.
#pragma once

#include <array>
#include <atomic>
#include <mutex>
#include <shared_mutex>

namespace deputy::delegation {

class StripedLock {
 public:
  using Reading = std::shared_lock<std::shared_mutex>;
  Reading read() const { return Reading(stripes_[mine()].mutex); }

  class Writing {
   public:
    explicit Writing(const StripedLock& lock) : lock_(lock) {
      for (auto& stripe : lock_.stripes_) stripe.mutex.lock();
    }
    ~Writing() {
      for (auto& stripe : lock_.stripes_) stripe.mutex.unlock();
    }
    Writing(const Writing&) = delete;
    Writing& operator=(const Writing&) = delete;

   private:
    const StripedLock& lock_;
  };

 private:
  // Reactors are few and live long: each gets a stripe in turn.
  static std::size_t mine() {
    static std::atomic<std::size_t> threads{0};
    thread_local const std::size_t stripe = threads++ % stripes;
    return stripe;
  }

  static constexpr std::size_t stripes = 8;
  struct alignas(64) Stripe {
    std::shared_mutex mutex;
  };
  mutable std::array<Stripe, stripes> stripes_;
};

}  // namespace deputy::delegation
