// Property (I5, A25): whatever overlaps with whatever, nothing is answered before its record, and what was revoked
// stays dead. SIM_SEED=n replays one simulation and prints it; SIM_RUNS=n tries that many.
#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

#include "base/log.h"
#include "tests/sim/simulation.h"

using deputy::sim::Simulation;
using deputy::sim::Tally;

namespace {

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr std::uint64_t runs = 700;
#else
constexpr std::uint64_t runs = 2'500;
#endif

std::uint64_t number_in(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

// On a thread of its own: what a thread remembers (the last id it made) is the same for the same seed.
std::string outcome_of(std::uint64_t seed, Tally& tally, bool always_tell) {
  std::string told;
  std::thread([&] {
    Simulation simulation(seed);
    try {
      simulation.run();
      if (always_tell) told = simulation.transcript();
    } catch (const deputy::sim::Broken& broken) {
      told = "SIM_SEED=" + std::to_string(seed) + "\n" + simulation.transcript() + broken.what;
    }
    const auto& one = simulation.tally();
    tally.tokens += one.tokens;
    tally.ended += one.ended;
    tally.too_late += one.too_late;
    tally.overlapped += one.overlapped;
    tally.dead += one.dead;
    tally.alive += one.alive;
    tally.redeemed += one.redeemed;
    tally.rotated += one.rotated;
    tally.narrowed += one.narrowed;
    tally.cut += one.cut;
    tally.purged += one.purged;
    tally.taken_out += one.taken_out;
    tally.taken_with += one.taken_with;
    tally.compromised += one.compromised;
    tally.transferred += one.transferred;
    tally.withdrawn += one.withdrawn;
    tally.left_group += one.left_group;
  }).join();
  return told;
}

}  // namespace

TEST(Simulator, i5_a25_nothing_is_answered_before_its_record_and_nothing_revoked_is_active_again) {
  deputy::log::set_level(static_cast<deputy::log::Level>(4));  // failures of the store are made here by the hundred
  const deputy::test::World first;  // makes the keys that all worlds of a process share
  Tally tally;
  if (std::getenv("SIM_SEED") != nullptr) {
    const auto told = outcome_of(number_in("SIM_SEED", 0), tally, true);
    std::cout << told << "\n";
    ASSERT_FALSE(told.starts_with("SIM_SEED"));
    return;
  }
  const auto last = number_in("SIM_RUNS", runs);
  for (std::uint64_t seed = 1; seed <= last; ++seed) {
    const auto told = outcome_of(seed, tally, false);
    ASSERT_TRUE(told.empty()) << told;
  }
  // It overlaps what it says it overlaps: revocations came too late for some tokens, and in time for others.
  EXPECT_GT(tally.tokens, last * 5);
  EXPECT_GT(tally.ended, last * 2);
  EXPECT_GT(tally.too_late, last / 20);
  EXPECT_GT(tally.overlapped, last / 20);
  EXPECT_GT(tally.dead, last * 5);
  EXPECT_GT(tally.alive, last * 5);
  EXPECT_GT(tally.redeemed, last);
  EXPECT_GT(tally.rotated, last / 4);
  EXPECT_GT(tally.narrowed, last / 2);
  EXPECT_GT(tally.cut, last / 4);
  EXPECT_GT(tally.purged, last / 4);
  EXPECT_GT(tally.taken_out, last / 20);
  EXPECT_GT(tally.compromised, last / 40);
  EXPECT_GT(tally.transferred, last / 20);
  EXPECT_GT(tally.withdrawn, last / 20);
  EXPECT_GT(tally.left_group, last / 20);
  EXPECT_GT(tally.taken_with, 0u) << "something was handed on to who is taken out";
  std::cout << tally.tokens << " tokens, " << tally.ended << " revocations, " << tally.too_late << " too late, "
            << tally.overlapped << " answered after their end; " << tally.redeemed << " redeemed, " << tally.rotated
            << " rotated, " << tally.narrowed << " narrowings, " << tally.cut << " cut, " << tally.purged
            << " purged, " << tally.taken_out << " taken out, " << tally.taken_with << " ended with them, "
            << tally.compromised << " keys compromised, " << tally.transferred << " transferred, " << tally.withdrawn
            << " withdrawn, " << tally.left_group << " left the group\n";
}
