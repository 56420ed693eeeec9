// Which uses are written, and in what order.
#include "store/cache/last_use.h"

#include <gtest/gtest.h>

namespace deputy::store {
namespace {

const Instant noon = from_unix_seconds(1'790'000'000);

std::vector<std::string> ids_of(const Writes& writes) {
  std::vector<std::string> ids;
  for (const auto& write : writes) ids.push_back(std::get<Touch>(write).id);
  return ids;
}
using Ids = std::vector<std::string>;

TEST(LastUse, a_use_is_due_once_a_quarter_hour) {
  LastUse uses;
  uses.note("acme", "crd_1", noon);
  uses.note("acme", "crd_1", noon + Seconds(899));
  const auto writes = uses.take(10);
  ASSERT_EQ(ids_of(writes), Ids{"crd_1"});
  const auto& touch = std::get<Touch>(writes.front());
  EXPECT_EQ(touch.tenant, "acme");
  EXPECT_EQ(touch.kind, Kind::credential);
  EXPECT_EQ(touch.at, noon);
  EXPECT_TRUE(uses.take(10).empty());
  uses.note("acme", "crd_1", noon + Seconds(900));
  EXPECT_EQ(std::get<Touch>(uses.take(10).at(0)).at, noon + Seconds(900));
}

TEST(LastUse, a_use_that_a_clock_far_ahead_told_counts_for_nothing) {
  LastUse uses;
  uses.note("acme", "crd_1", noon + Seconds(61));
  uses.note("acme", "crd_1", noon + Seconds(1));
  EXPECT_EQ(uses.noted("crd_1"), noon + Seconds(61)) << "a minute is no leap";
  uses.note("acme", "crd_1", noon);
  EXPECT_EQ(uses.noted("crd_1"), noon);
  EXPECT_EQ(std::get<Touch>(uses.take(10).at(0)).at, noon);
}

TEST(LastUse, a_use_is_known_before_it_is_written_and_after) {
  LastUse uses;
  EXPECT_EQ(uses.noted("crd_1"), std::nullopt);
  uses.note("acme", "crd_1", noon);
  EXPECT_EQ(uses.noted("crd_1"), noon);
  (void)uses.take(10);
  EXPECT_EQ(uses.noted("crd_1"), noon);
  EXPECT_EQ(uses.noted("crd_2"), std::nullopt);
}

TEST(LastUse, uses_are_taken_in_the_order_of_their_ids_and_each_has_its_turn) {
  LastUse uses;
  for (const auto* id : {"d", "b", "a", "c"}) uses.note("acme", id, noon);
  EXPECT_EQ(ids_of(uses.take(2)), (Ids{"a", "b"}));
  uses.note("acme", "aa", noon);  // behind what was taken: it waits until the others had their turn
  EXPECT_EQ(ids_of(uses.take(2)), (Ids{"c", "d"}));
  EXPECT_EQ(ids_of(uses.take(9)), Ids{"aa"});
}

TEST(LastUse, a42_more_uses_than_can_be_written_are_passed_over_and_noted_later) {
  LastUse uses;
  constexpr std::size_t many = 20'000;
  const auto note_all = [&] {
    for (std::size_t i = 0; i < many; ++i) uses.note("acme", "crd_" + std::to_string(i), noon);
  };
  note_all();
  const auto first = uses.take(many).size();
  EXPECT_LT(first, many);
  note_all();
  EXPECT_EQ(first + uses.take(many).size(), many);
}

}  // namespace
}  // namespace deputy::store
