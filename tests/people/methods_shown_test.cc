// What /account/security and the reset form show of methods: which count, what can be added, and what was not right.
#include <regex>

#include "signin/authenticator.h"
#include "signin/passkey/passkey.h"
#include "tests/kit/passkey.h"
#include "tests/kit/person.h"

namespace deputy::test {
namespace {

struct MethodsShown : testing::Test {
  MethodsShown() { given_password(world, alice, "alice"); }

  World world;
  std::string alice = world.given_user("alice");
  Person person{world};
  Passkey phone{"phone"};
};

// The field that the browser puts the cursor in; empty: none.
std::string focused(const http::Response& page) {
  std::smatch found;
  static const std::regex field("<input id=\"([a-z]+)\"[^>]* autofocus");
  return std::regex_search(page.body, found, field) ? found[1].str() : "";
}

TEST_F(MethodsShown, what_was_not_right_of_a_password_is_told_at_its_form_with_the_cursor_there) {
  person.sign_in("alice");
  const auto tries = [&](std::string_view current, const char* fresh) {
    return person.submit(person.get("/account/security"), "/account/security/password",
                         {{"current", std::string(current)}, {"password", fresh}});
  };
  const auto before = person.get("/account/security");
  EXPECT_EQ(focused(before), "");
  EXPECT_NE(before.body.find("<input type=\"text\" value=\"alice\" autocomplete=\"username\" hidden>"),
            std::string::npos)
      << "whose password it is, for a browser that keeps them: " << before.body;
  const auto weak = tries(Person::secret_words, "short"), wrong = tries("not the words", "five late trains home");
  for (const auto* page : {&weak, &wrong}) {
    EXPECT_EQ(focused(*page), "current") << "neither is filled in" << page->body;
    EXPECT_EQ(page->status, 400);
    EXPECT_NE(page->body.find("<title>Error: Security · "), std::string::npos) << page->body;
    const auto alert = page->body.find("class=\"alert\" role=\"alert\">That");
    ASSERT_NE(alert, std::string::npos) << page->body;
    EXPECT_GT(alert, page->body.find("Change your password"));
    EXPECT_EQ(page->body.find("not the words"), std::string::npos);
  }
}

TEST_F(MethodsShown, a_new_password_that_is_not_taken_leaves_the_code_of_the_reset_form_as_it_was_typed) {
  auto code = signin::make_reset_code(world.app().sign_in, "default", alice, world.clock.now());
  ASSERT_TRUE(code && world.store->commit_now({std::move(code->write)}));
  const auto form = person.get("/sign-in/reset");
  EXPECT_EQ(focused(form), "username");
  const auto tries = [&](const http::Response& page, const std::string& typed, const char* fresh) {
    return person.submit(page, "/sign-in/reset", {{"username", "alice"}, {"code", typed}, {"password", fresh}});
  };
  const auto weak = tries(form, code->code, "short");
  EXPECT_EQ(weak.status, 400);
  EXPECT_EQ(between(weak.body, "name=\"code\" type=\"text\" value=\"", "\""), code->code) << weak.body;
  EXPECT_EQ(focused(weak), "password");
  EXPECT_EQ(header_at(weak, "Cache-Control"), "no-store");
  EXPECT_EQ(weak.body.find("value=\"short\""), std::string::npos);
  const auto wrong = tries(weak, "wrong-code", "five late trains home");
  EXPECT_EQ(wrong.body.find("wrong-code"), std::string::npos) << wrong.body;
  EXPECT_EQ(focused(wrong), "code");
  EXPECT_EQ(tries(wrong, code->code, "five late trains home").status, 303);
}

TEST_F(MethodsShown, what_the_tenant_has_turned_off_is_said_to_be_and_not_offered) {
  person.sign_in("alice");
  const auto make = phone.made(person.get("/account/security"));
  ASSERT_EQ(person.post(make.target, make.fields).status, 303);
  const std::string password = "<h2>Password <span class=\"badge\">turned off here</span></h2>";
  EXPECT_EQ(person.get("/account/security").body.find("turned off here"), std::string::npos);
  world.change(store::Kind::tenant, "default", {{"sign_in_password", false}});
  const auto page = person.get("/account/security").body;
  EXPECT_NE(page.find(password), std::string::npos) << page;
  EXPECT_EQ(page.find("Change your password"), std::string::npos) << page;
  EXPECT_NE(page.find("<h2>Passkey <bdi>Phone</bdi></h2>"), std::string::npos) << "that counts";
  EXPECT_NE(person.get("/account/security", {{"Accept-Language", "zh"}}).body.find("此处已停用"), std::string::npos);
}

TEST_F(MethodsShown, who_has_as_many_passkeys_as_are_taken_is_not_asked_for_another) {
  person.sign_in("alice");
  const auto make = phone.made(person.get("/account/security"));
  ASSERT_EQ(person.post(make.target, make.fields).status, 303);
  std::string last;
  for (std::size_t i = 1; i < signin::passkeys_max; ++i) {
    const auto now = world.clock.now();
    auto one = signin::make_authenticator(signin::Type::passkey, "default", alice, now, world.random);
    one.body["credential"] = "another " + std::to_string(i);
    last = one.record.id;
    ASSERT_TRUE(world.store->commit_now({signin::put_of(one, now)}));
  }
  const auto in = phone.signs_in(person.get("/sign-in?again=1"), alice);
  ASSERT_EQ(person.post(in.target, in.fields).status, 303);
  const auto full = person.get("/account/security");
  EXPECT_EQ(full.body.find("data-options"), std::string::npos) << "the device would hold one that is known to nobody";
  EXPECT_NE(full.body.find("Change your password"), std::string::npos) << full.body;
  ASSERT_EQ(done_at(person.submit(full, "/account/security/remove", {{"authenticator", last}})),
            "/account/security?done=removed");
  EXPECT_NE(person.get("/account/security").body.find("data-options"), std::string::npos);
}

TEST_F(MethodsShown, where_a_passkey_is_all_there_is_to_add_no_heading_stands_alone_without_script) {
  person.sign_in("alice");
  const std::string heading = "<h2>Add a way to sign in</h2>";
  EXPECT_NE(person.get("/account/security").body.find("<section class=\"panel\">" + heading), std::string::npos);
  world.change(store::Kind::tenant, "default", {{"sign_in_totp", false}});
  const auto page = person.get("/account/security").body;
  const auto part = page.find("<div id=\"passkey\" class=\"panel\" hidden");
  ASSERT_NE(part, std::string::npos) << page;
  EXPECT_GT(page.find(heading), part) << "the script uncovers both";
  world.change(store::Kind::tenant, "default", {{"sign_in_passkey", false}});
  EXPECT_EQ(person.get("/account/security").body.find(heading), std::string::npos) << "there is nothing to add";
}

}  // namespace
}  // namespace deputy::test
