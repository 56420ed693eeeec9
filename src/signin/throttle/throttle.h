// Throttle: how often someone may guess. Token buckets by account, by address and by both, in bounded memory.
#pragma once

#include <chrono>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "crypto/hash.h"

namespace deputy::signin {

// Where an address counts: an IPv6 /64 is one subscriber, for the other half is the subscriber's to choose.
std::string network_of(const std::string& peer);

// So many at once, and one more each `refill`.
struct Bucket {
  double capacity;
  std::chrono::duration<double> refill;
};

// Many buckets of one size; the one that was not asked for longest gives way to a new one.
class Buckets {
 public:
  Buckets(Bucket size, std::size_t entries_max) : size_(size), entries_max_(entries_max) {}
  // Takes one; or says how long to wait for one.
  std::optional<Seconds> take(const std::string& key, Instant now);
  void give_back(const std::string& key);
  bool has(const std::string& key) const;
  void make(const std::string& key, Instant now);  // full, if there is none yet
  std::size_t size() const;
  void resize(Bucket size);  // all of them, those too that there are

 private:
  struct Level {
    std::string key;
    double left;
    Instant at;
  };
  using Order = std::list<Level>;
  Level& at(const std::string& key, Instant now);

  Bucket size_;
  const std::size_t entries_max_;
  mutable std::mutex mutex_;
  Order order_;  // the one asked for last in front
  std::unordered_map<std::string_view, Order::iterator> levels_;
};

// A guess is paid for before it is looked at, so that many at once are no more than many in a row; a right one is paid
// back. Wrong guesses from elsewhere never lock a person out: who comes from an address or with a device that this
// account was signed in from before has a bucket that strangers cannot empty.
class Throttle {
 public:
  struct Limits {
    Bucket address{30, Seconds(20)};         // one address, whatever accounts it tries; an IPv6 /64 is one
    Bucket account{50, Seconds(60)};         // one account, from all unfamiliar addresses together
    Bucket pair{8, Seconds(60)};             // one account from one address
    Bucket second_factor{6, Seconds(120)};   // codes for one account, after its password
    std::size_t entries_max = 50'000;        // of each kind: some 7 MB
  };
  Throttle(Limits limits, const crypto::KeyedHash& hash);

  struct Who {
    std::string tenant, account;  // the account as it was typed, or the user's id
    std::string peer;
    std::string device;  // the browser's, if this account was signed in with it before: see throttle/device.h
  };
  // How long to wait, or none: then one is taken of each.
  std::optional<Seconds> take(const Who& who, Instant now);
  void give_back(const Who& who);
  // The account was signed in from here.
  void remember(const Who& who, Instant now);
  // One guess at a second factor, of a user whose first was right.
  std::optional<Seconds> take_second(const Who& who, Instant now);
  void give_back_second(const Who& who);

 private:
  std::string account(const Who& who) const;
  std::string pair(const Who& who) const;
  std::string key(char kind, std::initializer_list<std::string_view> parts) const;

  const crypto::KeyedHash& hash_;
  Buckets addresses_, accounts_, pairs_, devices_, seconds_;
  Buckets familiar_;  // which accounts were signed in from which addresses
};

}  // namespace deputy::signin
