// Forget: what the server's upkeep does to a world's store and memory: what is over is known no more.
#pragma once

#include <gtest/gtest.h>

#include "tests/kit/world.h"

namespace deputy::test {

// All that was over at this instant.
inline void forget(World& world, Instant past) {
  for (;;) {
    const auto purged = world.store->purge(past, 1000);
    ASSERT_TRUE(purged);
    if (*purged == 0) break;
  }
  world.app().reader.purge(past);
}
// As late as a server does that has run for a while.
inline void forget(World& world) { forget(world, world.clock.now() - set_back_max); }

}  // namespace deputy::test
