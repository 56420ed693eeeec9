// Throttle: guesses are bounded, and no stranger's guesses keep a person out.
#include "signin/throttle/throttle.h"

#include <gtest/gtest.h>

#include "signin/throttle/device.h"

namespace deputy::signin {
namespace {

class Throttling : public ::testing::Test {
 protected:
  Throttling() : hash(Secret(std::string(32, 'k'))), throttle(limits, hash) {}

  static constexpr Throttle::Limits limits{.address = {10, Seconds(20)},
                                           .account = {12, Seconds(60)},
                                           .pair = {5, Seconds(60)},
                                           .second_factor = {3, Seconds(120)},
                                           .entries_max = 1000};
  Throttle::Who who(std::string account, std::string peer, std::string device = "") {
    return {.tenant = "default", .account = std::move(account), .peer = std::move(peer), .device = std::move(device)};
  }
  int tries(const Throttle::Who& one, Instant at) {
    int let = 0;
    while (let < 100 && !throttle.take(one, at)) ++let;
    return let;
  }
  const Instant noon = from_unix_seconds(1'800'000'000);
  crypto::KeyedHash hash;
  Throttle throttle;
};

TEST_F(Throttling, one_account_from_one_address_has_five_guesses_and_then_one_a_minute) {
  EXPECT_EQ(tries(who("alice", "192.0.2.1"), noon), 5);
  const auto wait = throttle.take(who("alice", "192.0.2.1"), noon);
  ASSERT_TRUE(wait);
  EXPECT_EQ(*wait, Seconds(60));
  EXPECT_EQ(tries(who("alice", "192.0.2.1"), noon + Seconds(59)), 0);
  EXPECT_EQ(tries(who("alice", "192.0.2.1"), noon + Seconds(60)), 1);
}

TEST_F(Throttling, one_address_is_bounded_whatever_accounts_it_tries) {
  int let = 0;
  for (int i = 0; i < 30; ++i)
    if (!throttle.take(who("user" + std::to_string(i), "192.0.2.1"), noon)) ++let;
  EXPECT_EQ(let, 10);
}

TEST_F(Throttling, an_ipv6_network_is_one_address) {
  int let = 0;
  for (int i = 1; i <= 30; ++i)
    if (!throttle.take(who("user" + std::to_string(i), "2001:db8::" + std::to_string(i)), noon)) ++let;
  EXPECT_EQ(let, 10);
  EXPECT_FALSE(throttle.take(who("another", "2001:db8:0:1::1"), noon));
}

TEST_F(Throttling, a_mapped_address_is_the_address_it_maps) {
  EXPECT_EQ(tries(who("alice", "192.0.2.1"), noon), 5);
  EXPECT_TRUE(throttle.take(who("alice", "::ffff:192.0.2.1"), noon));
}

TEST_F(Throttling, guesses_from_everywhere_never_lock_out_a_familiar_address_or_device) {
  throttle.remember(who("alice", "192.0.2.1"), noon);
  int let = 0;
  for (int i = 0; i < 50; ++i)
    if (!throttle.take(who("alice", "198.51.100." + std::to_string(i)), noon)) ++let;
  EXPECT_EQ(let, 12) << "all strangers together";
  EXPECT_TRUE(throttle.take(who("alice", "203.0.113.9"), noon));
  EXPECT_FALSE(throttle.take(who("alice", "192.0.2.1"), noon)) << "her address";
  EXPECT_FALSE(throttle.take(who("alice", "203.0.113.9", "phone"), noon)) << "her phone, anywhere";
  EXPECT_FALSE(throttle.take(who("bob", "203.0.113.9"), noon)) << "another account";
}

TEST_F(Throttling, a_device_is_bounded_too) {
  EXPECT_EQ(tries(who("alice", "192.0.2.1", "phone"), noon), 5);
  EXPECT_EQ(tries(who("alice", "192.0.2.2", "phone"), noon), 0);
}

TEST_F(Throttling, a_right_guess_is_paid_back) {
  for (int i = 0; i < 50; ++i) {
    ASSERT_FALSE(throttle.take(who("alice", "192.0.2.1"), noon));
    throttle.give_back(who("alice", "192.0.2.1"));
  }
}

TEST_F(Throttling, what_one_bucket_refuses_costs_the_others_nothing) {
  EXPECT_EQ(tries(who("alice", "192.0.2.1"), noon), 5);
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(throttle.take(who("alice", "192.0.2.1"), noon));
  EXPECT_EQ(tries(who("bob", "192.0.2.1"), noon), 5) << "ten from the address, five of them alice's";
}

TEST_F(Throttling, a_second_factor_has_few_guesses) {
  const auto alice = who("alice", "192.0.2.1");
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(throttle.take_second(alice, noon));
  EXPECT_TRUE(throttle.take_second(alice, noon));
  EXPECT_TRUE(throttle.take_second(who("alice", "192.0.2.77"), noon)) << "from anywhere";
  EXPECT_FALSE(throttle.take_second(who("alice", "192.0.2.77", "phone"), noon)) << "but with her phone";
}

TEST_F(Throttling, a_clock_set_back_gives_nothing_and_breaks_nothing) {
  EXPECT_EQ(tries(who("alice", "192.0.2.1"), noon), 5);
  EXPECT_EQ(tries(who("alice", "192.0.2.1"), noon - Seconds(3600)), 0);
  EXPECT_EQ(tries(who("alice", "192.0.2.1"), noon - Seconds(3540)), 1) << "it fills from there on";
}

TEST_F(Throttling, a42_memory_is_bounded) {
  Buckets buckets({1, Seconds(60)}, 100);
  for (int i = 0; i < 10'000; ++i) (void)buckets.take(std::to_string(i), noon);
  EXPECT_EQ(buckets.size(), 100u);
}

TEST_F(Throttling, a_device_is_of_the_account_and_tenant_it_was_made_for) {
  SystemRandom random;
  const auto cookie = make_device(hash, "default", "alice", random);
  const auto device = device_of(hash, "default", "alice", cookie);
  EXPECT_FALSE(device.empty());
  EXPECT_EQ(device_of(hash, "default", "bob", cookie), "");
  EXPECT_EQ(device_of(hash, "acme", "alice", cookie), "");
  EXPECT_EQ(device_of(hash, "default", "alice", device + ".x"), "");
  EXPECT_EQ(device_of(hash, "default", "alice", ""), "");
}

}  // namespace
}  // namespace deputy::signin
