// RecentLeaves: hashes of the newest events, kept from when they were written: sealing them reads no event again.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "audit/tiles.h"

namespace deputy::store::sqlite {

class RecentLeaves {
 public:
  // After the commit that appended them. Where others appended in between, what went before is forgotten.
  void add(std::uint64_t first, std::span<const audit::Hash> leaves) {
    if (leaves.empty()) return;
    const std::lock_guard lock(mutex_);
    if (first != first_ + leaves_.size()) {
      leaves_.clear();
      first_ = first;
    }
    leaves_.insert(leaves_.end(), leaves.begin(), leaves.end());
    for (; leaves_.size() > leaves_max; ++first_) leaves_.pop_front();
  }

  // Of events with seq > after, at most `limit`. None: it does not know the first of them.
  std::optional<std::vector<audit::Hash>> after(std::uint64_t after, std::size_t limit) const {
    const std::lock_guard lock(mutex_);
    if (after + 1 < first_ || after + 1 >= first_ + leaves_.size()) return std::nullopt;
    const auto from = leaves_.begin() + static_cast<std::ptrdiff_t>(after + 1 - first_);
    const auto count = std::min<std::ptrdiff_t>(leaves_.end() - from, static_cast<std::ptrdiff_t>(limit));
    return std::vector<audit::Hash>(from, from + count);
  }

 private:
  static constexpr std::size_t leaves_max = 1u << 15;  // of 32 bytes; they are sealed each second

  mutable std::mutex mutex_;
  std::deque<audit::Hash> leaves_;
  std::uint64_t first_ = 1;  // the number of the event that the first is of
};

}  // namespace deputy::store::sqlite
