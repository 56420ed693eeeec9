// Details of registered types: held against the resources, and never more than there was.
#include "delegation/registered.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <numeric>
#include <set>

namespace deputy::delegation {
namespace {

std::shared_ptr<const directory::Resource> resource(const std::string& id, const std::string& type) {
  json::object body{{"identifier", "https://" + id + ".example"}};
  body["authorization_details_types"] = json::parse(
      R"([{"type":")" + type + R"(","display":{"en":"x"},"narrowing":{"amount":"at_most"},
           "schema":{"type":"object","additionalProperties":false,"required":["amount"],
                     "properties":{"amount":{"type":"integer"},"to":{"type":"string"}}}}])");
  return std::make_shared<const directory::Resource>(*directory::Resource::from(id, body));
}

json::object sent(const std::string& type, int amount, std::string to = "a") {
  return {{"type", type}, {"to", std::move(to)}, {"amount", amount}};
}

class Registered : public testing::Test {
 protected:
  std::vector<Detail> of(const std::vector<json::object>& objects) {
    auto resolved = resolve(objects, both);
    EXPECT_TRUE(resolved);
    return resolved ? std::move(resolved).take() : std::vector<Detail>();
  }
  std::vector<std::shared_ptr<const directory::Resource>> both{resource("res_1", "pay"), resource("res_2", "read")};
};

TEST_F(Registered, each_belongs_to_the_resource_that_registers_its_type) {
  const auto all = of({sent("read", 1), sent("pay", 2)});
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0], (Detail{"res_1", R"({"amount":2,"to":"a","type":"pay"})"}));
  EXPECT_EQ(all[1].resource, "res_2");
  EXPECT_EQ(text_of(all), R"([{"amount":2,"to":"a","type":"pay"},{"amount":1,"to":"a","type":"read"}])");
  EXPECT_EQ(text_of({}), "");
  EXPECT_EQ(details_in(text_of({all[0]}), *both[0]), std::vector<Detail>{all[0]});
  EXPECT_TRUE(details_in("", *both[0]).empty());
}

TEST_F(Registered, a42_what_nobody_asked_for_registers_or_accepts_is_refused_whole) {
  for (const auto& objects : std::vector<std::vector<json::object>>{
           {sent("pay", 1), sent("unknown", 1)},
           {sent("pay", 1), {{"type", "pay"}}},
           {{{"type", "pay"}, {"amount", 1}, {"more", 1}}},
           {{{"type", "pay"}, {"amount", "1"}}},
           {sent("pay", 1, std::string(1001, 'x'))},
           {sent("pay", 1), sent("pay", 2), {{"amount", 1}, {"type", "pay"}, {"to", "a"}}},  // one of them twice
           {sent("pay", 1, std::string(900, 'x')), sent("pay", 2, std::string(900, 'x')),
            sent("pay", 3, std::string(900, 'x')), sent("pay", 4, std::string(900, 'x')),
            sent("pay", 5, std::string(900, 'x'))}})
    EXPECT_EQ(resolve(objects, both).error().code, oauth::Code::invalid_authorization_details);
  EXPECT_FALSE(resolve({sent("read", 1)}, Resources(both).first(1))) << "another resource's type";
}

TEST_F(Registered, i1_what_is_drawn_is_within_what_there_is) {
  const auto pool = of({sent("pay", 50), sent("pay", 10, "b")});
  const auto& at = *both[0];
  const auto narrower = of({sent("pay", 20), sent("pay", 10, "b")});
  EXPECT_EQ(*narrowed(narrower, pool, at), narrower);
  EXPECT_EQ(*narrowed({}, pool, at), std::vector<Detail>());
  for (const auto& wider : {sent("pay", 51), sent("pay", 11, "b"), sent("pay", 1, "c")})
    EXPECT_EQ(narrowed(of({wider}), pool, at).error().code, oauth::Code::invalid_authorization_details);
  EXPECT_TRUE(drawable(of({sent("pay", 20)}), pool, *both[1]).empty()) << "of another resource";
}

TEST_F(Registered, i1_one_agreement_does_not_count_twice) {
  const auto& at = *both[0];
  EXPECT_FALSE(narrowed(of({sent("pay", 30), sent("pay", 20)}), of({sent("pay", 50)}), at));
  EXPECT_EQ(drawable(of({sent("pay", 30), sent("pay", 20)}), of({sent("pay", 50)}), at).size(), 1u);
  // 20 lies within both and 30 within one: whichever is looked at first, both can be given.
  EXPECT_TRUE(narrowed(of({sent("pay", 20), sent("pay", 30)}), of({sent("pay", 50), sent("pay", 25)}), at));
  EXPECT_TRUE(narrowed(of({sent("pay", 20), sent("pay", 30)}), of({sent("pay", 25), sent("pay", 50)}), at));
}

int sum_of(const std::vector<Detail>& details) {
  return std::accumulate(details.begin(), details.end(), 0, [](int sum, const Detail& one) {
    return sum + static_cast<int>(*json_integer(json::parse(one.object).as_object(), "amount"));
  });
}

RC_GTEST_PROP(RegisteredProperty, i1_whatever_is_asked_what_is_drawn_never_adds_up_to_more, ()) {
  const std::vector<std::shared_ptr<const directory::Resource>> at{resource("res_1", "pay")};
  const auto some = [&] {
    const auto amounts = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 16));
    std::vector<json::object> objects;
    for (const int amount : std::set<int>(amounts.begin(), amounts.end()))  // each once
      objects.push_back(sent("pay", amount, amount % 2 == 0 ? "a" : "b"));
    return *resolve(objects, at);
  };
  const auto asked = some(), pool = some();
  const auto drawn = drawable(asked, pool, *at[0]);
  RC_ASSERT(drawn.size() <= pool.size());
  RC_ASSERT(sum_of(drawn) <= sum_of(pool));
  RC_ASSERT(std::includes(asked.begin(), asked.end(), drawn.begin(), drawn.end()));
  RC_ASSERT(drawable(drawn, pool, *at[0]) == drawn);
  RC_ASSERT(drawable(pool, pool, *at[0]) == pool);
  RC_ASSERT(bool(narrowed(asked, pool, *at[0])) == (drawn == asked));
}

TEST_F(Registered, i3_what_is_registered_no_more_is_drawn_no_more) {
  const auto pool = of({sent("pay", 50)});
  const auto gone = resource("res_1", "other");
  EXPECT_TRUE(living(pool, *gone).empty());
  EXPECT_TRUE(drawable(pool, pool, *gone).empty());
  EXPECT_EQ(living(pool, *both[0]), pool);
  EXPECT_TRUE(living(pool, *resource("res_3", "pay")).empty()) << "the same name, of another resource";
}

}  // namespace
}  // namespace deputy::delegation
