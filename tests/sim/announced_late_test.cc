// The feed between a commit and its announcement: what a follower is told of the end is never less than it was told.
#include <gtest/gtest.h>

#include <functional>

#include "tests/kit/world.h"
#include "tests/sim/sim_store.h"

using namespace deputy;
using namespace deputy::test;

namespace {

// What is done as soon as somebody reads, once.
struct AtNextRead final : sim::Between {
  std::function<void()> what;
  void point() override {
    if (what) std::exchange(what, nullptr)();
  }
  bool read_fails() override { return false; }
  void queue(store::Writes, store::Committed) override { CHECK(false); }
};

struct AnnouncedLate : testing::Test, World {
  AnnouncedLate() : World(std::make_unique<sim::SimStore>()) {}
  sim::SimStore& late() { return static_cast<sim::SimStore&>(*store); }
  store::Writes revocation(std::string target) {
    return {store::Revoke{{.tenant = "default", .kind = store::Kills::token, .target = std::move(target),
                           .issued_before = clock.now(), .until = clock.now() + Seconds(300), .at = clock.now()}}};
  }
};

}  // namespace

TEST_F(AnnouncedLate, a_heartbeat_names_no_end_before_what_was_just_told) {
  ASSERT_TRUE(store->commit_now(revocation("jti_1")));
  restart();  // the bulletin begins at the end, so what is before it is read from the store
  const auto stream = admin_call("GET", "/v1/revocations?after=0", {}, {{"Accept", "text/event-stream"}}).feed;
  ASSERT_TRUE(stream);
  AtNextRead next;
  store::Changes changes;
  next.what = [&] { ASSERT_TRUE(late().write(revocation("jti_2"), changes)); };
  late().between = &next;
  const auto text = stream->next();
  late().between = nullptr;
  EXPECT_NE(text.find("\"seq\":2,"), std::string::npos) << text;
  EXPECT_EQ(text.find("heartbeat"), std::string::npos) << text;
  for (std::size_t i = 0; i < late().observers(); ++i) late().tell(i, changes);
  EXPECT_TRUE(stream->next().starts_with("event: heartbeat\ndata: {\"last\":2,")) << "as soon as the end is known";
}
