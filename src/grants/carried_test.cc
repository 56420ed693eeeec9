// Carried: kept and read again, whatever is in it; and read where it was kept as JSON.
#include "grants/carried.h"

#include <gtest/gtest.h>

namespace deputy::grants {
namespace {

Carried full() {
  return {.client = "agt_1",
          .user = "usr_1",
          .delegation = "dlg_1",
          .scope = oauth::ScopeSet::parse("read write").take(),
          .details = {{"res_1", R"({"type":"payment"})"}, {"res_2", "{}"}},
          .openid = oauth::ScopeSet::parse("openid email").take(),
          .openid_asked = oauth::ScopeSet::parse("openid profile email").take(),
          .disclosure = "dis_1",
          .resources = {"https://api.example", "https://other.example/ü"},
          .resources_given = true,
          .authentication = {.auth_time = from_unix_millis(1'790'000'000'123),
                             .acr = "phr",
                             .sid = "ses_1",
                             .amr = {"pop", "user"}},
          .nonce = std::string("any: byte\0 12:", 14),
          .claims = R"({"id_token":{"email":null}})",
          .redirect_uri = "https://client.example/back?a=1:2",
          .code_challenge = "challenge",
          .jkt = "thumbprint",
          .family = "drf_1",
          .refreshable = true,
          .at = from_unix_millis(1'790'000'000'456),
          .user_version = 7,
          .client_version = 8,
          .asked_at = from_unix_millis(1'790'000'000'001),
          .given_at = from_unix_millis(1'790'000'000'002)};
}

TEST(Carried, is_read_as_it_was_kept) {
  EXPECT_EQ(decode(encode(full())), full());
  Carried least{.client = "agt_1", .user = "usr_1", .family = "drf_1"};
  EXPECT_EQ(decode(encode(least)), least);
}

TEST(Carried, what_is_damaged_is_none) {
  const auto good = encode(full());
  EXPECT_FALSE(decode(""));
  EXPECT_FALSE(decode("{}"));
  EXPECT_FALSE(decode(good + "1:x"));
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(decode(good.substr(0, size))) << size;
}

TEST(Carried, from_before_it_held_what_was_asked_is_read) {
  auto text = encode(full());
  const std::string now = ":email openid\nemail openid profile";
  const auto at = text.find(now);
  ASSERT_NE(at, std::string::npos);
  ASSERT_EQ(text.substr(at - 2, 2), std::to_string(now.size() - 1));
  const auto then = decode(text.replace(at - 2, now.size() + 2, "12:email openid"));
  ASSERT_TRUE(then);
  EXPECT_EQ(then->openid, full().openid);
  EXPECT_EQ(then->openid_asked, full().openid);
}

TEST(Carried, from_before_its_resources_were_those_given_is_read) {
  auto text = encode(full());
  const auto at = text.find("51:0:19:https://api.example");
  ASSERT_NE(at, std::string::npos);
  auto then = full();
  then.resources_given = false;
  EXPECT_EQ(decode(text.replace(at, 5, "49:")), then);
}

TEST(Carried, from_before_it_held_when_its_code_was_made_is_read) {
  auto text = encode(full());
  const std::string now = "27:1790000000001\n1790000000002";
  const auto at = text.find(now);
  ASSERT_NE(at, std::string::npos);
  auto then = full();
  then.given_at = then.asked_at;
  EXPECT_EQ(decode(text.replace(at, now.size(), "13:1790000000001")), then);
}

TEST(Carried, from_before_it_was_packed_is_read) {
  const auto carried = decode(
      R"({"client":"agt_1","user":"usr_1","family":"drf_1","at":1790000000456,"delegation":"dlg_1","scope":"read write",)"
      R"("openid":"openid","details":[["res_1","{}"]],"resources":["https://api.example"],"acr":"phr","amr":["pop"],)"
      R"("refreshable":true,"auth_time":1790000000123})");
  ASSERT_TRUE(carried);
  EXPECT_EQ(carried->delegation, "dlg_1");
  EXPECT_EQ(carried->scope, full().scope);
  EXPECT_EQ(carried->details, (std::vector<delegation::Detail>{{"res_1", "{}"}}));
  EXPECT_EQ(carried->authentication.auth_time, full().authentication.auth_time);
  EXPECT_EQ(carried->resources, std::vector<std::string>{"https://api.example"});
  EXPECT_FALSE(carried->resources_given);
  EXPECT_EQ(carried->asked_at, carried->at);
  EXPECT_EQ(carried->given_at, carried->at);
  EXPECT_TRUE(carried->refreshable);
}

}  // namespace
}  // namespace deputy::grants
