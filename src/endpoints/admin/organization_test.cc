// Who reaches a moved organization no more is found by a bounded number of reads, and each group is looked into once.
#include <gtest/gtest.h>

#include "tests/kit/administration.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Moved : testing::Test, Administration {
  std::string top = create_id("organizations", {{"name", "Top"}});
  std::string middle = create_id("organizations", {{"name", "Middle"}, {"parent", top}});
  std::string part = create_id("organizations", {{"name", "Part"}, {"parent", middle}});
  Given boss = officer("boss", {"organizations:*"}, top);
  std::string office = role_at_own_api("office", {"users:read"});
  int memberships = 0;

  // Straight in the store.
  store::Write joins(const std::string& member, const std::string& group) {
    return store::Put{.record = {.kind = store::Kind::membership,
                                 .tenant = "default",
                                 .id = "mem_" + std::to_string(100'000 + ++memberships),
                                 .under = member,
                                 .body = json::serialize(json::object{{"group", group}, {"member", member}})},
                      .expected_version = 0,
                      .indexes = {{"group", group}, {"member", member}}};
  }
  // So many groups with an office in the middle; of each these are members.
  void given_offices(int groups, const std::vector<std::string>& members) {
    store::Writes writes;
    for (int i = 0; i < groups; ++i) {
      const auto group = put(store::Kind::group, {{"name", "group " + std::to_string(i)}});
      given_assignment(office, group, {{"organization", middle}});
      for (const auto& member : members) writes.push_back(joins(member, group));
    }
    ASSERT_TRUE(store->commit_now(std::move(writes)));
  }
  static std::vector<std::string> people(int many) {
    std::vector<std::string> all;
    for (int i = 0; i < many; ++i) all.push_back("usr_" + std::to_string(100'000 + i));
    return all;
  }
  std::string moves(const Given& by) {
    return problem_of(call(token_of(by), "PATCH", "/v1/organizations/" + part, json::object{{"parent", top}}));
  }
};

}  // namespace

TEST_F(Moved, a42_whose_offices_are_in_each_other_cost_no_more_reads_than_there_are_records) {
  const auto shared = put(store::Kind::group, {{"name", "shared"}});
  store::Writes writes;
  for (const auto& one : people(60)) writes.push_back(joins(one, shared));
  ASSERT_TRUE(store->commit_now(std::move(writes)));
  given_offices(80, {shared});
  EXPECT_EQ(moves(boss), "200") << "80 times 60 are not read, but 60";
}

TEST_F(Moved, a42_few_people_by_very_many_memberships_are_too_many_to_tell_each) {
  given_offices(60, people(70));
  EXPECT_EQ(moves(boss), "409 wrong_state");
  EXPECT_EQ(moves(admin), "200") << "who reaches the whole tenant stops what everybody decides";
}
