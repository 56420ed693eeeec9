// The key ring over its store: every key is found, however many there are.
#include "tokens/keyring.h"

#include <gtest/gtest.h>

#include "tokens/key_record.h"

namespace deputy::tokens {
namespace {

TEST(Keyring, finds_every_key_however_many_there_are) {
  SystemRandom random;
  const SystemClock clock;
  const auto seal = crypto::SealKey::from_text(crypto::SealKey::generate_text(random));
  ASSERT_TRUE(seal);
  const auto store = store::open_memory_store();
  Keyring ring(*store, *seal, clock, random, {});
  const auto now = clock.now();
  store::Writes writes;
  constexpr std::size_t count = 1100;
  for (std::size_t i = 0; i < count; ++i)
    writes.emplace_back(write_key("default",
                                  make_key("default", crypto::Algorithm::EdDSA, SigningKey::State::retired, now,
                                           now + Seconds(3600), *seal, random),
                                  now));
  ASSERT_TRUE(store->commit_now(std::move(writes)));
  const auto keys = ring.keys("default");
  ASSERT_TRUE(keys);
  EXPECT_EQ((*keys)->all.size(), count);
}

}  // namespace
}  // namespace deputy::tokens
