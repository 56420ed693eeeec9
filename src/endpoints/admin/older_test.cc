// Records that were stored before their noun had all its fields: shown, filtered and changed like others.
#include <gtest/gtest.h>

#include "directory/noun.h"
#include "tests/kit/administration.h"

using namespace deputy;
using namespace deputy::test;

namespace {

using store::Kind;

struct Older : testing::Test, Administration {
  json::object shown(const std::string& path) { return body_of(call(admin_token(), "GET", path)); }
};

}  // namespace

TEST_F(Older, records_show_what_the_fields_that_they_lack_are_taken_for) {
  const auto alice = user("alice").id;
  const auto role = given_role("reader", own_api(), {"users:read"});
  const std::pair<Kind, json::object> minimal[] = {
      {Kind::user, {{"username", "bob"}}},
      {Kind::application, {{"name", "portal"}}},
      {Kind::agent, {{"name", "bot"}, {"owner", alice}}},
      {Kind::resource, {{"identifier", "https://api.example"}, {"name", "API"}}},
      {Kind::assignment, {{"role", role}, {"principal", alice}}},
      {Kind::trusted_issuer, {{"issuer", "https://idp.example"}, {"permissions", json::array{}}}}};
  for (const auto& [kind, body] : minimal) {
    const auto& noun = directory::noun(kind);
    const auto document = shown("/v1/" + std::string(directory::row(kind).plural) + "/" + put(kind, body));
    const auto whole = directory::check_new(noun, body);
    ASSERT_TRUE(whole);
    for (const auto& field : noun.fields) {
      const auto *is = document.if_contains(field.name), *made = whole->if_contains(field.name);
      ASSERT_EQ(is != nullptr, made != nullptr) << directory::row(kind).name << " " << field.name;
      if (is != nullptr) EXPECT_EQ(*is, *made) << directory::row(kind).name << " " << field.name;
    }
  }
  const auto fapi = shown("/v1/applications/" + put(Kind::application, {{"name", "bank"}, {"profile", "fapi2"}}));
  EXPECT_EQ(text_at(fapi, "id_token_signed_response_alg"), "ES256");
}

TEST_F(Older, records_are_found_by_what_they_show_and_not_changed_by_it) {
  const auto id = put(Kind::application, {{"name", "portal"}, {"state", "active"}});
  const auto found = call(admin_token(), "GET", "/v1/applications?filter=name%20eq%20%22portal%22%20and%20"
                                                "pkce_required%20eq%20true");
  EXPECT_EQ(items_of(found), std::vector<std::string>{id}) << found.body;
  const auto patched = [&](const json::object& patch) {
    return body_of(call(admin_token(), "PATCH", "/v1/applications/" + id, patch));
  };
  EXPECT_EQ(json_integer(patched({{"pkce_required", true}, {"delegation", "ceiling"}}), "version"), 1);
  const auto changed = patched({{"pkce_required", false}});
  EXPECT_EQ(json_integer(changed, "version"), 2);
  EXPECT_EQ(json_boolean(changed, "pkce_required"), false);
}
