// The bounded cache: holds its bound, drops what was used least lately.
#include "base/bounded_cache.h"

#include <gtest/gtest.h>

#include <thread>

using namespace deputy;

TEST(BoundedCache, never_holds_more_than_its_bound) {
  BoundedCache<int> cache(64 * 1024);
  for (int i = 0; i < 10'000; ++i) {
    cache.put(std::to_string(i), std::make_shared<const int>(i), 100);
    ASSERT_LE(cache.bytes(), 64u * 1024);
  }
  EXPECT_GT(cache.bytes(), 32u * 1024);
  EXPECT_NE(cache.find("9999"), nullptr);
  EXPECT_EQ(cache.find("0"), nullptr);
}

TEST(BoundedCache, what_is_used_stays) {
  BoundedCache<int> cache(64 * 1024);
  cache.put("kept", std::make_shared<const int>(7), 100);
  for (int i = 0; i < 10'000; ++i) {
    cache.put(std::to_string(i), std::make_shared<const int>(i), 100);
    ASSERT_NE(cache.find("kept"), nullptr);
  }
}

TEST(BoundedCache, what_was_used_once_long_ago_goes) {
  BoundedCache<int> cache(64 * 1024);
  cache.put("once", std::make_shared<const int>(7), 100);
  EXPECT_NE(cache.find("once"), nullptr);
  for (int i = 0; i < 10'000; ++i) cache.put(std::to_string(i), std::make_shared<const int>(i), 100);
  EXPECT_EQ(cache.find("once"), nullptr);
}

TEST(BoundedCache, holds_its_bound_when_all_of_it_was_used) {
  BoundedCache<int> cache(64 * 1024);
  for (int i = 0; i < 10'000; ++i) {
    const auto key = std::to_string(i);
    cache.put(key, std::make_shared<const int>(i), 100);
    ASSERT_NE(cache.find(key), nullptr);
    ASSERT_LE(cache.bytes(), 64u * 1024);
  }
  cache.put("larger than the bound", std::make_shared<const int>(0), 1u << 20);
  EXPECT_EQ(cache.find("larger than the bound"), nullptr);
}

TEST(BoundedCache, replaces_erases_and_clears) {
  BoundedCache<int> cache(64 * 1024);
  cache.put("a", std::make_shared<const int>(1), 10);
  cache.put("a", std::make_shared<const int>(2), 10);
  EXPECT_EQ(*cache.find("a"), 2);
  cache.erase("a");
  cache.erase("a");
  EXPECT_EQ(cache.find("a"), nullptr);
  cache.put("b", std::make_shared<const int>(3), 10);
  cache.clear();
  EXPECT_EQ(cache.bytes(), 0u);
}

TEST(BoundedCache, uses_the_places_of_what_went) {
  BoundedCache<int> cache(64 * 1024);
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 200; ++i) cache.put(std::to_string(i), std::make_shared<const int>(round), 0);
    for (int i = 0; i < 200; i += 2) cache.erase(std::to_string(i));
    for (int i = 0; i < 200; ++i) {
      const auto found = cache.find(std::to_string(i));
      ASSERT_EQ(found == nullptr, i % 2 == 0) << i;
      if (found) ASSERT_EQ(*found, round);
    }
  }
  cache.clear();
  cache.put("after", std::make_shared<const int>(1), 0);
  EXPECT_EQ(*cache.find("after"), 1);
}

TEST(BoundedCache, is_safe_from_many_threads) {
  BoundedCache<std::string> cache(32 * 1024);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&cache, t] {
      for (int i = 0; i < 5'000; ++i) {
        const auto key = std::to_string((i * 7 + t) % 500);
        cache.put(key, std::make_shared<const std::string>(key), 50);
        if (const auto found = cache.find(key)) EXPECT_EQ(*found, key);
        if (i % 11 == 0) cache.erase(key);
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_LE(cache.bytes(), 32u * 1024);
}
