// Two requests of which each alone is fine: who was slower is told in the words of what they sent.
#include <gtest/gtest.h>

#include "endpoints/routing.h"
#include "tests/kit/administration.h"
#include "tests/kit/late.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Quicker : testing::Test, Administration {
  // What the second of two same requests is told that are both decided before either is durable.
  json::object slower(const std::string& path, const json::object& body) {
    const auto match = endpoints::find_route("POST", path);
    EXPECT_NE(match.route, nullptr) << path;
    const auto token = admin_token();
    http::Request request{.method = "POST",
                          .path = path,
                          .headers = {{"Authorization", "Bearer " + token}, {"Content-Type", "application/json"}},
                          .body = json::serialize(body)};
    const auto first = [&] { EXPECT_EQ(call(token, "POST", path, body).status, 201); };
    const auto second = Late{*this}.settled(match.route->endpoint, std::move(request), first, match.params);
    EXPECT_EQ(second.status, 409) << second.body;
    for (const auto* index : {"gift", "pair", "only"}) EXPECT_EQ(second.body.find(index), std::string::npos);
    return body_of(second);
  }
  static std::string code_of(const json::object& problem) {
    const auto type = text_at(problem, "type");
    return type.substr(type.find('#') + 1);
  }
};

}  // namespace

TEST_F(Quicker, with_the_same_assignment_is_named_by_its_role) {
  const auto role = role_at_own_api("reader", {"users:read"});
  const auto alice = create_id("users", {{"username", "alice"}});
  const auto told = slower("/v1/assignments", {{"role", role}, {"principal", alice}});
  EXPECT_EQ(code_of(told), "not_unique");
  EXPECT_EQ(text_at(told, "field"), "role");
  const auto later = call(admin_token(), "POST", "/v1/assignments", {{"role", role}, {"principal", alice}});
  EXPECT_EQ(text_at(body_of(later), "detail"), text_at(told, "detail")) << "as who comes later is told";
}

TEST_F(Quicker, with_the_same_member_is_named_by_it) {
  const auto group = create_id("groups", {{"name", "team"}});
  const auto told = slower("/v1/groups/" + group + "/members", {{"member", admin.id}});
  EXPECT_EQ(code_of(told), "not_unique");
  EXPECT_EQ(text_at(told, "field"), "member");
}

TEST_F(Quicker, with_a_reset_code_is_told_to_make_another) {
  const auto alice = create_id("users", {{"username", "alice"}});
  const auto told = slower("/v1/users/" + alice + "/reset-code", {});
  EXPECT_EQ(code_of(told), "conflict");
  EXPECT_EQ(text_at(told, "field"), "");
  EXPECT_EQ(call(admin_token(), "POST", "/v1/users/" + alice + "/reset-code").status, 201);
}
