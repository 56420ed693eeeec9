// RFC 9396: an empty list of authorization details, and a list that has the same one twice.
#include <gtest/gtest.h>

#include "tests/kit/flow.h"

using namespace deputy;
using namespace deputy::test;

namespace {

constexpr auto error = "invalid_authorization_details";
constexpr auto fifty = R"([{"amount":50,"type":"payment"}])";  // as tokens have it: members in order

std::string details_of(const http::Response& response) {
  if (response.status != 200) return error_of(response);
  const auto body = body_of(response);
  const auto* all = json_member_array(body, "authorization_details");
  return all == nullptr ? "none" : json::serialize(*all);
}
Pairs details(const std::string& text, Pairs more = {}) {
  more.emplace_back("authorization_details", text);
  return more;
}

// One payment of up to 50, agreed to, and what the client then has.
struct NoDetails : testing::Test, Flow {
  NoDetails() {
    auto type = json::parse(R"({
      "type": "payment", "description": "One payment",
      "schema": {"type": "object", "additionalProperties": false, "required": ["amount"],
                 "properties": {"amount": {"type": "integer", "minimum": 1}}},
      "display": {"en": "Pay up to {amount}"},
      "narrowing": {"amount": "at_most"}})");
    world.change(store::Kind::resource, invoices_id, {{"authorization_details_types", {std::move(type)}}});
    world.change(store::Kind::agent, agent.id, {{"delegates", {other.id}}});
    sign_in();
    const auto tokens = redeem(agent, redirected(allow(authorize(agent, details(fifty, {{"scope", "read"}}))))["code"]);
    EXPECT_EQ(details_of(tokens), fifty);
    access_token = text_at(body_of(tokens), "access_token");
    refresh_token = text_at(body_of(tokens), "refresh_token");
  }
  const Pairs to_other{{"requested_actor", other.id}};
  std::string access_token, refresh_token;
};

}  // namespace

TEST_F(NoDetails, s6_an_empty_list_is_none_and_none_is_inherited) {
  const auto handed = world.exchange(agent, access_token, details("[]", to_other));
  EXPECT_EQ(details_of(handed), "none");
  EXPECT_EQ(text_at(body_of(handed), "scope"), "read");
  EXPECT_EQ(details_of(world.exchange(other, text_at(body_of(handed), "access_token"))), "none") << "nor later";
  EXPECT_EQ(details_of(world.exchange(agent, access_token, details("[]"))), "none") << "narrowed for oneself";
  EXPECT_EQ(details_of(refresh(agent, refresh_token, details("[]"))), "none");
  EXPECT_EQ(details_of(refresh(agent, refresh_token)), fifty);
}

// They are of our own types, and name none of those that resources register.
TEST_F(NoDetails, s6_who_sends_bounds_alone_inherits) {
  EXPECT_EQ(details_of(world.exchange(agent, access_token, details(R"([{"type":"limits","uses":9}])", to_other))),
            fifty);
  EXPECT_EQ(details_of(world.exchange(agent, access_token, to_other)), fifty);
}

// Two payments are more than one: made one of them, they would pass for what was agreed to.
TEST_F(NoDetails, s6_the_same_sent_twice_is_refused_and_not_made_one) {
  const auto twice = R"([{"type":"payment","amount":10},{"amount":10,"type":"payment"}])";
  const auto refused = std::string("400 ") + error;
  EXPECT_EQ(details_of(refresh(agent, refresh_token, details(twice))), refused);
  EXPECT_EQ(details_of(world.exchange(agent, access_token, details(twice, to_other))), refused);
  EXPECT_EQ(outcome_of(authorize(agent, details(twice, {{"scope", "read"}}))), error);
}

// Of who the person is there are none: nothing they ask could be shown, bound or given.
TEST_F(NoDetails, s3_2_s5_where_no_resource_is_asked_for_any_are_refused) {
  const Pairs who{{"scope", "openid"}, {"resource", ""}};
  const auto onward = R"([{"type":"onward","actor":")" + other.id + R"(","resource":")" + invoices +
                      R"(","scope":"read"}])";
  for (const std::string& sent : {std::string(R"([{"type":"limits","uses":1}])"), onward, std::string(fifty)}) {
    EXPECT_EQ(outcome_of(authorize(agent, details(sent, who))), error) << sent;
    EXPECT_EQ(error_of(push(agent, request(agent, details(sent, who)))), std::string("400 ") + error) << sent;
  }
  EXPECT_EQ(outcome_of(authorize(agent, details("[]", who))), "/consent") << "none are none";
}
