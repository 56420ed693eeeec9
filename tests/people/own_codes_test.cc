// Codes that a person has: of an app, however they are typed, and for recovery, as long as there are some.
#include <functional>
#include <regex>

#include "signin/authenticator.h"
#include "signin/totp/totp.h"
#include "tests/kit/base32.h"
#include "tests/kit/person.h"

namespace deputy::test {
namespace {

class OwnCodes : public testing::Test {
 protected:
  OwnCodes() { given_password(world, alice, "alice"); }
  std::string code_of(const http::Response& page) {
    const Secret secret(base32_decoded(between(page.body, "<p class=\"key\"><code>", "</code>")));
    return signin::totp_code(secret, signin::totp_step(world.clock.now()));
  }
  // As strongly as who has set up the app on that page can.
  void sign_in_with_app(const http::Response& page) {
    world.clock.advance(Seconds(60));
    const auto due = person.sign_in("alice", Person::secret_words, "/sign-in?other=1");
    ASSERT_EQ(person.submit(due, "/sign-in/code", {{"code", code_of(page)}}).status, 303);
  }
  static std::string wrong(std::string code) {
    code[5] = code[5] == '0' ? '1' : '0';
    return code;
  }

  World world;
  std::string alice = world.given_user("alice");
  Person person{world};
};

TEST_F(OwnCodes, a_page_of_recovery_codes_that_is_loaded_again_voids_none_of_them) {
  const auto codes_on = [](const http::Response& page) {
    std::vector<std::string> codes;
    const std::regex one("<li><code>([0-9a-z]{5}-[0-9a-z]{5})</code></li>");
    for (std::sregex_iterator at(page.body.begin(), page.body.end(), one), end; at != end; ++at)
      codes.push_back((*at)[1].str());
    return codes;
  };
  const auto lets_in = [&](const std::string& code) {
    Person somebody(world);
    return somebody.submit(somebody.sign_in("alice"), "/sign-in/code", {{"code", code}}).status == 303;
  };
  person.sign_in("alice");
  const auto page = person.get("/account/security/app");
  const auto set_up = Person::filled(page, "/account/security/app", {{"code", code_of(page)}});
  const auto shown = person.post(set_up.target, set_up.fields);
  auto codes = codes_on(shown);
  ASSERT_EQ(codes.size(), 10u);
  std::string lines;
  for (const auto& code : codes) lines.append(code).append("%0A");
  EXPECT_NE(shown.body.find("href=\"data:text/plain;charset=utf-8," + lines + "\" download=\"recovery-codes.txt\""),
            std::string::npos)
      << "to be kept as a file: " << shown.body;
  world.clock.advance(Seconds(31));  // longer than a lost answer is kept, and the code of the app is as good
  auto again = person.post(set_up.target, set_up.fields);
  EXPECT_EQ(again.status, 403) << "this sign-in is not as strong as the person can make it by now";
  EXPECT_TRUE(codes_on(again).empty());
  EXPECT_TRUE(lets_in(codes[0]));

  sign_in_with_app(page);
  auto renewal = Person::filled(person.get("/account/security"), "/account/security/recovery-codes", {});
  const auto renewed = person.post(renewal.target, renewal.fields);
  codes = codes_on(renewed);
  ASSERT_EQ(codes.size(), 10u);
  world.clock.advance(Seconds(31));
  again = person.post(renewal.target, renewal.fields);
  EXPECT_EQ(again.status, 400);
  EXPECT_NE(again.body.find("nothing was changed"), std::string::npos) << again.body;
  renewal = Person::filled(renewed, "/account/security/recovery-codes", {});
  EXPECT_TRUE(lets_in(codes[0]));
  EXPECT_EQ(person.post(renewal.target, renewal.fields).status, 400) << "one was used since";
  EXPECT_TRUE(lets_in(codes[1]));
  renewal = Person::filled(person.get("/account/security"), "/account/security/recovery-codes", {});
  const auto last = person.post(renewal.target, renewal.fields);
  EXPECT_EQ(codes_on(last).size(), 10u);
  EXPECT_EQ(person.submit(last, "/account/security/recovery-codes", {}).status, 200) << "its own form is good at once";
}

TEST_F(OwnCodes, the_page_that_shows_the_first_codes_lists_the_app_that_they_are_for) {
  person.sign_in("alice");
  const auto before = person.get("/account/security");
  const auto page = person.get("/account/security/app");
  const auto set_up = person.submit(page, "/account/security/app", {{"code", code_of(page)}});
  ASSERT_EQ(set_up.status, 200);
  for (const auto* there : {"<h2>Authenticator app</h2>", "<h2>Recovery codes</h2>", "10 left", "<h2>Password</h2>",
                            "Replace your authenticator app", "Make new recovery codes"}) {
    EXPECT_NE(set_up.body.find(there), std::string::npos) << there << set_up.body;
    EXPECT_EQ(before.body.find(there) != std::string::npos, std::string_view(there) == "<h2>Password</h2>") << there;
  }
  const auto rows = [](const http::Response& shown) {
    return between(shown.body, "<ul class=\"rows\">", "</ul>");
  };
  sign_in_with_app(page);
  const auto later = person.get("/account/security");
  const auto names = [&](const http::Response& shown) {
    std::vector<std::string> found;
    const auto text = rows(shown);
    const std::regex one("<h2>([^<]*)</h2>");
    for (std::sregex_iterator at(text.begin(), text.end(), one), end; at != end; ++at) found.push_back((*at)[1].str());
    return found;
  };
  EXPECT_EQ(names(set_up), names(later)) << "as it is from then on";
}

TEST_F(OwnCodes, whoever_replaces_the_app_is_told_beforehand_what_stops_working) {
  const auto told = [&](const http::Response& page) {
    return page.body.find("Your present app and recovery codes stop working") != std::string::npos;
  };
  person.sign_in("alice");
  const auto first = person.get("/account/security/app");
  EXPECT_FALSE(told(first)) << "there is none yet";
  ASSERT_EQ(person.submit(first, "/account/security/app", {{"code", code_of(first)}}).status, 200);
  sign_in_with_app(first);
  const auto second = person.get("/account/security/app");
  EXPECT_TRUE(told(second)) << second.body;
  EXPECT_NE(second.body.find("<h1>Replace your authenticator app</h1>"), std::string::npos) << second.body;
  EXPECT_TRUE(told(person.submit(second, "/account/security/app", {{"code", wrong(code_of(second))}})));
  const auto chinese = person.get("/account/security/app", {{"Accept-Language", "zh"}});
  EXPECT_NE(chinese.body.find("现有的应用和恢复码将失效"), std::string::npos) << chinese.body;
}

TEST_F(OwnCodes, the_key_is_read_in_fours_and_what_was_done_is_said_above_the_codes) {
  person.sign_in("alice");
  const auto page = person.get("/account/security/app");
  const auto key = between(page.body, "<p class=\"key\"><code>", "</code>");
  EXPECT_TRUE(std::regex_match(key, std::regex("([A-Z2-7]{4} ){7}[A-Z2-7]{4}"))) << key;
  const auto set_up = person.submit(page, "/account/security/app", {{"code", code_of(page)}}).body;
  const auto said = set_up.find("Your app is set up.");
  ASSERT_NE(said, std::string::npos) << set_up;
  EXPECT_LT(said, set_up.find("Your recovery codes"));
  sign_in_with_app(page);
  const auto renewed = person.submit(person.get("/account/security"), "/account/security/recovery-codes", {}).body;
  EXPECT_EQ(renewed.find("Your app is set up."), std::string::npos) << "it was before";
}

TEST_F(OwnCodes, recovery_codes_are_counted_and_offered_while_there_are_some) {
  person.sign_in("alice");
  const auto page = person.get("/account/security/app");
  ASSERT_EQ(person.submit(page, "/account/security/app", {{"code", code_of(page)}}).status, 200);
  sign_in_with_app(page);
  EXPECT_NE(person.get("/account/security").body.find("10 left"), std::string::npos);
  const auto offered = [&] {
    Person somebody(world);
    return somebody.sign_in("alice").body.find("or one of your recovery codes") != std::string::npos;
  };
  EXPECT_TRUE(offered());
  auto all = *signin::authenticators_of(*world.store, "default", alice);
  auto codes = *signin::find(all, signin::Type::recovery_codes);
  codes.body["hashes"] = json::array{};
  ASSERT_TRUE(world.store->commit_now({signin::put_of(codes, world.clock.now())}));
  EXPECT_FALSE(offered());
  EXPECT_NE(person.get("/account/security").body.find("none left"), std::string::npos);
  const auto renewed = person.submit(person.get("/account/security"), "/account/security/recovery-codes", {});
  EXPECT_NE(renewed.body.find("10 left"), std::string::npos) << renewed.body;
  EXPECT_TRUE(offered());
}

TEST_F(OwnCodes, a_code_of_the_app_is_read_however_it_is_typed) {
  person.sign_in("alice");
  const auto page = person.get("/account/security/app");
  const auto wide = [](const std::string& code) {
    std::string typed;
    for (const char digit : code) typed += std::string("\xef\xbc") + static_cast<char>(0x90 + (digit - '0'));
    return typed;
  };
  ASSERT_EQ(person.submit(page, "/account/security/app", {{"code", wide(code_of(page))}}).status, 200);
  const std::vector<std::function<std::string(const std::string&)>> ways{
      wide, [](const std::string& code) { return code.substr(0, 3) + "-" + code.substr(3); },
      [&](const std::string& code) { return wide(code.substr(0, 3)) + "\xe3\x80\x80" + wide(code.substr(3)); },
      [](const std::string& code) { return " " + code + " "; }};
  for (const auto& way : ways) {
    world.clock.advance(Seconds(60));
    Person somebody(world);
    const auto typed = way(code_of(page));
    EXPECT_EQ(somebody.submit(somebody.sign_in("alice"), "/sign-in/code", {{"code", typed}}).status, 303) << typed;
  }
}

TEST_F(OwnCodes, an_app_and_a_passkey_are_told_the_username_and_which_server_it_is) {
  world.change(directory::Kind::user, alice, {{"name", "Alice Liddell"}});
  person.sign_in("alice");
  const auto page = person.get("/account/security/app");
  const std::string uri = "otpauth://totp/Deputy%20%28id.example%29:alice?";
  EXPECT_NE(page.body.find(uri), std::string::npos) << page.body;
  const auto again = person.submit(page, "/account/security/app", {{"code", wrong(code_of(page))}});
  EXPECT_NE(again.body.find(uri), std::string::npos) << again.body;
  const auto text = between(person.get("/account/security").body, "data-options=\"", "\"");
  const auto options = json::parse(std::regex_replace(text, std::regex("&quot;"), "\"")).as_object();
  const auto& user = options.at("user").as_object();
  EXPECT_EQ(text_at(user, "name"), "alice");
  EXPECT_EQ(text_at(user, "displayName"), "Alice Liddell");
}

}  // namespace
}  // namespace deputy::test
