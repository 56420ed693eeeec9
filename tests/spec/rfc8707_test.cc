// RFC 8707: which resources a code and the refresh tokens that come of it are for.
#include <gtest/gtest.h>

#include "grants/carried.h"
#include "oauth/handle.h"
#include "tests/kit/flow.h"

using namespace deputy;
using namespace deputy::test;

namespace {

using Several = std::vector<std::string_view>;

struct OneGrant : testing::Test, Flow {
  const Pairs both{{"scope", "read pay"}, {"resource", invoices}, {"resource", payments}};
  // From now on the person and their agents hold what there is at these resources, and nothing elsewhere.
  void hold(const std::vector<std::string>& resources) {
    json::array permissions;
    for (const auto& id : resources)
      permissions.push_back(json::object{{"resource", id}, {"scopes", json::array{"*"}}});
    world.change(store::Kind::role, role, {{"permissions", permissions}});
  }
  // "https://api.example/payments pay"; or the error.
  static std::string gives(const http::Response& response) {
    if (response.status != 200) return error_of(response);
    const auto body = body_of(response);
    return text_at(claims_of(text_at(body, "access_token")), "aud") + " " + text_at(body, "scope");
  }
  static inline const auto reads = std::string(invoices) + " read", pays = std::string(payments) + " pay";
};

}  // namespace

TEST_F(OneGrant, rfc8707_s2_2_a_grant_is_for_the_resources_of_its_own_request) {
  sign_in();
  ASSERT_EQ(outcome_of(allow(authorize(agent, both))), "code");
  EXPECT_EQ(error_of(redeem(agent, code(agent, both), {{"resource", payments}})), "200");
  const Pairs one{{"scope", "read"}};
  EXPECT_EQ(error_of(redeem(agent, code(agent, one), {{"resource", payments}})), "400 invalid_target")
      << "though the person agreed to it at another time";
  const auto token = text_at(body_of(redeem(agent, code(agent, one))), "refresh_token");
  EXPECT_EQ(error_of(refresh(agent, token, {{"resource", payments}})), "400 invalid_target");
  EXPECT_EQ(error_of(refresh(agent, token, {{"resource", invoices}})), "200");
}

TEST_F(OneGrant, rfc8707_s2_a_request_for_several_resources_spends_neither_code_nor_refresh_token) {
  sign_in();
  ASSERT_EQ(outcome_of(allow(authorize(agent, both))), "code");
  for (const auto& client : {agent, app}) {  // app: whose refresh tokens rotate
    const auto good = code(client, both);
    for (const auto& named : {Several{invoices, payments}, Several{payments, invoices}, Several{invoices, invoices}}) {
      Pairs several;
      for (const auto one : named) several.emplace_back("resource", one);
      EXPECT_EQ(error_of(redeem(client, good, several)), "400 invalid_target") << named[0] << " " << named[1];
    }
    const auto tokens = redeem(client, good, {{"resource", payments}});
    ASSERT_EQ(error_of(tokens), "200") << tokens.body;
    const auto lasting = text_at(body_of(tokens), "refresh_token");
    const Pairs two{{"resource", invoices}, {"resource", payments}};
    EXPECT_EQ(error_of(refresh(client, lasting, two)), "400 invalid_target");
    world.clock.advance(Seconds(120));  // a token that had rotated would end everything by now
    EXPECT_EQ(error_of(refresh(client, lasting, {{"resource", payments}})), "200");
  }
}

TEST_F(OneGrant, rfc8707_s2_2_without_a_resource_it_is_for_the_first_at_which_something_is_given) {
  sign_in();
  hold({payments_id});
  const auto asked = authorize(agent, both);
  ASSERT_EQ(outcome_of(asked), "/consent");
  const auto tokens = redeem(agent, redirected(allow(asked))["code"]);
  EXPECT_EQ(gives(tokens), pays);
  const auto token = text_at(body_of(tokens), "refresh_token");
  EXPECT_EQ(gives(refresh(agent, token)), pays);
  EXPECT_EQ(gives(refresh(agent, token, {{"resource", invoices}})), "400 invalid_target") << "it was declined";
}

TEST_F(OneGrant, rfc8707_s2_2_without_a_resource_it_is_for_one_that_gives_a_scope_that_is_named) {
  sign_in();
  const auto token = text_at(body_of(redeem(agent, redirected(allow(authorize(agent, both)))["code"])),
                             "refresh_token");
  EXPECT_EQ(gives(refresh(agent, token)), reads);
  EXPECT_EQ(gives(refresh(agent, token, {{"scope", "pay"}})), pays);
  EXPECT_EQ(gives(refresh(agent, token, {{"scope", "pay read"}})), reads) << "the first";
  EXPECT_EQ(gives(refresh(agent, token, {{"scope", "pay"}, {"resource", invoices}})), "400 invalid_scope");
}

// Who names no resource takes the token for one of the same as before.
TEST_F(OneGrant, a19_rfc8707_s2_2_what_is_lost_at_one_resource_leads_to_no_other) {
  sign_in();
  const auto token = text_at(body_of(redeem(agent, redirected(allow(authorize(agent, both)))["code"])),
                             "refresh_token");
  hold({payments_id});
  world.clock.advance(Seconds(2));
  EXPECT_EQ(gives(refresh(agent, token)), "400 invalid_scope") << "as long as it is lost";
  EXPECT_EQ(gives(refresh(agent, token, {{"resource", payments}})), pays) << "where it is named";
  EXPECT_EQ(gives(refresh(agent, token, {{"scope", "pay"}})), pays) << "or a scope of it alone";
  hold({invoices_id, payments_id});
  world.clock.advance(Seconds(2));
  EXPECT_EQ(gives(refresh(agent, token)), reads);
}

// A refresh without a resource is refused while the first is lost; who begins anew is not sent round in a circle.
TEST_F(OneGrant, rfc8707_s2_2_a_grant_made_while_one_resource_is_lost_is_for_the_others) {
  sign_in();
  const auto before = text_at(body_of(redeem(agent, redirected(allow(authorize(agent, both)))["code"])),
                              "refresh_token");
  hold({payments_id});
  world.clock.advance(Seconds(2));
  EXPECT_EQ(gives(refresh(agent, before)), "400 invalid_scope");
  const auto anew = authorize(agent, both);
  ASSERT_EQ(outcome_of(anew), "code") << "the consent covers what is left";
  const auto tokens = redeem(agent, redirected(anew)["code"]);
  EXPECT_EQ(gives(tokens), pays);
  const auto token = text_at(body_of(tokens), "refresh_token");
  EXPECT_EQ(gives(refresh(agent, token)), pays);
  hold({invoices_id, payments_id});
  world.clock.advance(Seconds(2));
  EXPECT_EQ(gives(refresh(agent, token)), pays) << "a19: it leads to no other now, either";
  EXPECT_EQ(gives(refresh(agent, token, {{"resource", invoices}})), "400 invalid_target");
  EXPECT_EQ(gives(refresh(agent, before)), reads);
}

TEST_F(OneGrant, a19_rfc8707_s2_2_a_resource_that_is_gone_leads_to_no_other) {
  sign_in();
  const auto token = text_at(body_of(redeem(agent, redirected(allow(authorize(agent, both)))["code"])),
                             "refresh_token");
  world.change(store::Kind::resource, invoices_id, {{"identifier", "https://api.example/bills"}});
  const auto is_refused = [&] {
    world.clock.advance(Seconds(2));
    EXPECT_EQ(gives(refresh(agent, token)), "400 invalid_target");
    EXPECT_EQ(gives(refresh(agent, token, {{"scope", "pay"}})), "400 invalid_target") << "who knows where it was given";
    EXPECT_EQ(gives(refresh(agent, token, {{"resource", payments}})), pays) << "where it is named";
  };
  is_refused();
  const auto successor = world.given_resource(invoices, {"read"});
  hold({successor, payments_id});
  is_refused();
}

// Its record holds all that was asked for, and does not say so.
TEST_F(OneGrant, rfc8707_s2_2_a_grant_from_before_passes_over_what_was_declined) {
  sign_in();
  hold({payments_id});
  const auto token = text_at(body_of(redeem(agent, redirected(allow(authorize(agent, both)))["code"])),
                             "refresh_token");
  const auto key = oauth::handle_key(token);
  const auto kept = world.store->kept(store::Use::refresh_token, "default", key, world.clock.now());
  ASSERT_TRUE(kept && *kept);
  auto carried = grants::decode((*kept)->body);
  ASSERT_TRUE(carried);
  carried->resources = {invoices, payments};
  carried->resources_given = false;
  ASSERT_TRUE(world.store->commit_now(
      {store::Drop{store::Use::refresh_token, "default", key},
       store::Keep{store::Use::refresh_token, "default", key, (*kept)->until, grants::encode(*carried)}}));
  EXPECT_EQ(gives(refresh(agent, token)), pays);
  EXPECT_EQ(gives(refresh(agent, token, {{"scope", "pay"}})), pays);
  ASSERT_EQ(world.admin_call("DELETE", "/v1/resources/" + invoices_id).status, 204);
  world.clock.advance(Seconds(2));
  EXPECT_EQ(gives(refresh(agent, token)), "400 invalid_target") << "a19: it may have been given";
  EXPECT_EQ(gives(refresh(agent, token, {{"resource", payments}})), pays);
}

TEST_F(OneGrant, rfc8707_s2_2_what_stands_behind_the_first_may_be_gone) {
  sign_in();
  const auto token = text_at(body_of(redeem(agent, redirected(allow(authorize(agent, both)))["code"])),
                             "refresh_token");
  hold({invoices_id});
  ASSERT_EQ(world.admin_call("DELETE", "/v1/resources/" + payments_id).status, 204);
  world.clock.advance(Seconds(2));
  EXPECT_EQ(gives(refresh(agent, token)), reads);
}

TEST_F(OneGrant, rfc6749_s5_2_what_no_resource_is_left_of_is_invalid_grant) {
  sign_in();
  const Pairs one{{"scope", "read"}};
  ASSERT_EQ(outcome_of(allow(authorize(agent, one))), "code");
  const auto token = text_at(body_of(redeem(agent, code(agent, one))), "refresh_token");
  hold({});
  ASSERT_EQ(world.admin_call("DELETE", "/v1/resources/" + invoices_id).status, 204);
  world.clock.advance(Seconds(2));
  EXPECT_EQ(gives(refresh(agent, token)), "400 invalid_grant");
  hold({world.given_resource(invoices, {"read"})});
  world.clock.advance(Seconds(2));
  EXPECT_EQ(gives(refresh(agent, token)), "400 invalid_grant") << "another one, under the same name";
  EXPECT_EQ(gives(refresh(agent, token, {{"resource", invoices}})), "400 invalid_target");
}
