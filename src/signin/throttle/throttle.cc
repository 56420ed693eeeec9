// Token buckets. Keys are cut from keyed hashes: an entry has one size, whatever was typed.
#include "signin/throttle/throttle.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "base/encoding.h"

namespace deputy::signin {

// Never longer than what a string holds without memory of its own.
std::string network_of(const std::string& peer) {
  std::array<unsigned char, 16> bytes{};
  if (::inet_pton(AF_INET6, peer.c_str(), bytes.data()) != 1) return peer;
  constexpr std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(mapped.begin(), mapped.end(), bytes.begin())) {
    std::array<char, INET_ADDRSTRLEN> text{};
    ::inet_ntop(AF_INET, bytes.data() + mapped.size(), text.data(), text.size());
    return text.data();
  }
  return base64url(as_text(std::span(bytes).first<8>()));
}

Buckets::Level& Buckets::at(const std::string& key, Instant now) {
  if (const auto found = levels_.find(key); found != levels_.end()) {
    order_.splice(order_.begin(), order_, found->second);
    return order_.front();
  }
  if (order_.size() >= entries_max_) {
    levels_.erase(order_.back().key);
    order_.pop_back();
  }
  order_.push_front({key, size_.capacity, now});
  levels_.emplace(order_.front().key, order_.begin());
  return order_.front();
}

std::optional<Seconds> Buckets::take(const std::string& key, Instant now) {
  std::lock_guard lock(mutex_);
  auto& level = at(key, now);
  if (now > level.at) {
    const std::chrono::duration<double> passed = now - level.at;
    level.left = std::min(size_.capacity, level.left + passed / size_.refill);
    level.at = now;
  } else if (level.at > now + set_back_max) {
    level.at = now;  // the clock was ahead: nothing is given, and it fills from here on
  }
  if (level.left >= 1) {
    level.left -= 1;
    return std::nullopt;
  }
  const auto wait = (1 - level.left) * size_.refill.count();
  return Seconds(std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(wait))));
}

void Buckets::give_back(const std::string& key) {
  std::lock_guard lock(mutex_);
  const auto found = levels_.find(key);
  if (found == levels_.end()) return;
  auto& left = found->second->left;
  left = std::min(size_.capacity, left + 1);
}

bool Buckets::has(const std::string& key) const {
  std::lock_guard lock(mutex_);
  return levels_.contains(key);
}

void Buckets::make(const std::string& key, Instant now) {
  std::lock_guard lock(mutex_);
  at(key, now);
}

// What was taken stays taken.
void Buckets::resize(Bucket size) {
  std::lock_guard lock(mutex_);
  const auto more = size.capacity - size_.capacity;
  size_ = size;
  if (more == 0) return;
  for (auto& level : order_) level.left = std::clamp(level.left + more, 0.0, size.capacity);
}

std::size_t Buckets::size() const {
  std::lock_guard lock(mutex_);
  return order_.size();
}

Throttle::Throttle(Limits limits, const crypto::KeyedHash& hash)
    : hash_(hash),
      addresses_(limits.address, limits.entries_max),
      accounts_(limits.account, limits.entries_max),
      pairs_(limits.pair, limits.entries_max),
      devices_(limits.pair, limits.entries_max),
      seconds_(limits.second_factor, limits.entries_max),
      familiar_(limits.pair, limits.entries_max) {}

std::string Throttle::key(char kind, std::initializer_list<std::string_view> parts) const {
  constexpr std::size_t octets = 15;  // what a string holds without memory of its own
  std::string text(1, kind);
  for (const auto part : parts) text.append("\n").append(part);
  const auto digest = hash_(text);
  return std::string(as_text(digest).substr(0, octets));
}

std::string Throttle::account(const Who& who) const { return key('a', {who.tenant, who.account}); }
std::string Throttle::pair(const Who& who) const { return key('p', {who.tenant, who.account, network_of(who.peer)}); }

std::optional<Seconds> Throttle::take(const Who& who, Instant now) {
  if (!who.device.empty()) return devices_.take(key('d', {who.tenant, who.account, who.device}), now);
  const auto address = key('n', {network_of(who.peer)}), both = pair(who);
  if (auto wait = addresses_.take(address, now)) return wait;
  if (auto wait = pairs_.take(both, now)) {
    addresses_.give_back(address);
    return wait;
  }
  if (familiar_.has(both)) return std::nullopt;
  auto wait = accounts_.take(account(who), now);
  if (wait) {
    addresses_.give_back(address);
    pairs_.give_back(both);
  }
  return wait;
}

void Throttle::give_back(const Who& who) {
  if (!who.device.empty()) return devices_.give_back(key('d', {who.tenant, who.account, who.device}));
  const auto both = pair(who);
  addresses_.give_back(key('n', {network_of(who.peer)}));
  pairs_.give_back(both);
  if (!familiar_.has(both)) accounts_.give_back(account(who));
}

void Throttle::remember(const Who& who, Instant now) { familiar_.make(pair(who), now); }

std::optional<Seconds> Throttle::take_second(const Who& who, Instant now) {
  return seconds_.take(key('s', {who.tenant, who.account, who.device}), now);
}

void Throttle::give_back_second(const Who& who) {
  seconds_.give_back(key('s', {who.tenant, who.account, who.device}));
}

}  // namespace deputy::signin
