// A user's e-mail address, which clients are told as the claim `email`.
#include <gtest/gtest.h>

#include "directory/noun.h"

namespace deputy::directory {

TEST(Email, is_an_address_and_one_from_before_holds_up_no_other_change) {
  const auto field_of = [](const std::string& email) {
    const auto checked = check_new(noun(Kind::user), {{"username", "u"}, {"email", email}});
    return checked ? "none" : checked.error().field;
  };
  for (const auto* good : {"a@b", "ada.l+1@mail.example.com", "o'neil_{x}@xn--fsq.example", "1@127.example"})
    EXPECT_EQ(field_of(good), "none") << good;
  EXPECT_EQ(field_of(std::string(64, 'a') + "@b.example"), "none");
  for (const std::string bad : {"", "ada", "@b", "a@", "a@b@c", ".a@b", "a.@b", "a..b@c", "a@b.", "a@.b", "a b@c",
                                "a@b c", "<a@b>", "A <a@b>", "\"a\"@b", "a@[127.0.0.1]", "a@b_c", "\u00e9@b",
                                "a@b\n"})
    EXPECT_EQ(field_of(bad), "email") << bad;
  EXPECT_EQ(field_of(std::string(65, 'a') + "@b.example"), "email");
  const json::object before{{"username", "u"}, {"email", "not an address"}};
  EXPECT_TRUE(check_patch(noun(Kind::user), before, {{"name", "Ada"}, {"email", "not an address"}}));
}

}  // namespace deputy::directory
