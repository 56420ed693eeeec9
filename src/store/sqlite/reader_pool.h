// Readers, as many as there are reads at one time; and those that stay at a snapshot from one read to the next.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "store/sqlite/reader.h"

namespace deputy::store::sqlite {

class ReaderPool {
 public:
  ReaderPool(std::string file, std::size_t cache_kib) : file_(std::move(file)), cache_kib_(cache_kib) {}

  // Runs one read, as of the last commit, on a reader nobody else uses.
  template <class Read>
  auto read(Read read) -> decltype(read(std::declval<Reader&>())) {
    TRY(auto reader, take());
    auto result = read(*reader);
    give_back(std::move(reader));
    return result;
  }

  Result<std::unique_ptr<Reader>, Fault> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        auto reader = std::move(idle_.back());  // the last to come is the first to go: its pages are warm
        idle_.pop_back();
        return reader;
      }
    }
    TRY(auto database, Database::open(file_, Database::Use::read, cache_kib_));
    return Reader::prepare(std::move(database));
  }
  void give_back(std::unique_ptr<Reader> reader) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(reader));
  }
  template <class Do>
  void each_idle(Do what) {
    const std::lock_guard lock(mutex_);
    for (auto& reader : idle_) what(*reader);
  }

 private:
  const std::string file_;
  const std::size_t cache_kib_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Reader>> idle_;
};

// SQLite drops all pages of a reader as soon as anybody commits, and while tokens are issued somebody always does.
// Of most of it these reads need to know nothing: a snapshot serves them until something is changed or taken away, and
// for a tenth of a second, a tick, for another process may write to the file too. What was only added since, and did
// not count as a change, is not in it: who finds nothing looks again, in a new one, unless there cannot be more.
class Snapshots {
 public:
  Snapshots(std::string file, std::size_t cache_kib) : pool_(std::move(file), cache_kib) {}

  // Around a commit after which what snapshots say is not so any more; its end before anybody is told. In between each
  // read is as of the last commit: of two snapshots with one number, one could know of it and the other not.
  void begin_change() { version_.fetch_add(1, std::memory_order_acq_rel); }
  void end_change() { version_.fetch_add(1, std::memory_order_acq_rel); }

  // Goes up at the begin and at the end of a change.
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
  static bool changing(std::uint64_t version) { return version % 2 != 0; }

  static std::uint64_t tick() {
    constexpr std::chrono::milliseconds life{100};
    return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch() / life);
  }

  enum class Empty { again, final };
  // Runs one read that gives a container or an optional.
  template <class Read>
  auto read(Read read, Empty empty = Empty::again) -> decltype(read(std::declval<Reader&>())) {
    const auto number = number_of_now();  // read before the snapshot begins: never newer than it
    TRY(auto reader, pool_.take());
    const bool old = number != no_snapshot && reader->at_snapshot(number);
    if (number == no_snapshot) {
      reader->end_snapshot();
    } else if (!old) {
      TRY(auto begun, reader->begin_snapshot(number));
    }
    auto result = read(*reader);
    if (old && empty == Empty::again && result && is_empty(*result)) {
      TRY(auto begun, reader->begin_snapshot(number));
      result = read(*reader);
    }
    pool_.give_back(std::move(reader));
    return result;
  }

  // A snapshot keeps the log from beginning anew: after this, none of an idle reader's does.
  void let_go() {
    pool_.each_idle([](Reader& reader) { reader.end_snapshot(); });
  }

 private:
  static constexpr std::uint64_t no_snapshot = 0;

  std::uint64_t number_of_now() const {
    const auto now = version();
    if (changing(now)) return no_snapshot;
    return now << 32 | (tick() & 0xffffffff);
  }
  template <class T>
  static bool is_empty(const std::optional<T>& found) { return !found.has_value(); }
  template <class T>
  static bool is_empty(const std::vector<T>& found) { return found.empty(); }

  ReaderPool pool_;
  std::atomic<std::uint64_t> version_ = 2;
};

}  // namespace deputy::store::sqlite
