// Passwords: who is let in by one, who may set one, and what nobody can learn from being refused.
#include "signin/password/password.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <future>

#include "base/encoding.h"
#include "crypto/proof/memory_limit_test.h"
#include "crypto/proof/sha1.h"
#include "signin/desk_test.h"
#include "signin/known_browser.h"
#include "signin/password/policy.h"
#include "signin/password/reset_code.h"
#include "signin/sign_out.h"
#include "signin/typed_code.h"

namespace deputy::signin::test {
namespace {

constexpr auto good = "tram stop velvet", better = "nine plum lanterns";

class Passwords : public Desk {
 protected:
  std::string reset_code(const std::string& of) {
    auto made = make_reset_code(methods(), "default", of, now);
    EXPECT_TRUE(made);
    commit({std::move(made->write)});
    return made->code;
  }
  void set(std::string_view username, const std::string& id, std::string_view password) {
    auto changed = reset_password(methods(), attempt(), username, reset_code(id), password);
    ASSERT_TRUE(changed) << changed.error().detail;
    commit(std::move(changed->writes));
  }
  Result<SignedIn, Refusal> tried(std::string_view username, std::string_view password) {
    return verify_password(methods(), attempt(), username, password);
  }
  // The browser is known from then on; its device cookie.
  std::string signed_in_with(std::string_view username, std::string_view password) {
    auto in = tried(username, password);
    EXPECT_TRUE(in);
    commit(std::move(in->writes));
    return in->device;
  }
};

TEST_F(Passwords, let_in_whose_they_are) {
  set("alice", alice, good);
  auto in = tried("alice", good);
  ASSERT_TRUE(in) << in.error().detail;
  EXPECT_EQ(in->user, alice);
  EXPECT_EQ(in->amr, Amr{"pwd"});
  EXPECT_FALSE(in->second_factor_due);
  EXPECT_FALSE(in->device.empty());
  const auto* event = std::get_if<store::Append>(&in->writes.back());
  ASSERT_NE(event, nullptr);
  EXPECT_EQ(event->event.decision, audit::Decision::granted);
  EXPECT_EQ(event->event.subject, alice);
  commit(std::move(in->writes));
  EXPECT_EQ(authenticator(Type::password)->record.touched_at, now);
}

TEST_F(Passwords, a16_who_is_refused_learns_nothing_of_why) {
  set("alice", alice, good);
  const auto carol = user("carol");
  const auto dave = user("dave");
  set("dave", dave, good);
  put(store::Kind::user, dave, {{"username", "dave"}, {"state", "disabled"}}, {{"username", "dave", true}});
  for (const auto& [username, password] : std::vector<std::pair<std::string, std::string>>{
           {"alice", better}, {"nobody", good}, {"carol", good}, {"dave", good}, {"alice", ""}, {"", ""},
           {std::string(5000, 'x'), good}, {"alice", std::string(300, 'x')}}) {
    const auto in = tried(username, password);
    ASSERT_FALSE(in);
    EXPECT_EQ(in.error().why, Refusal::Why::wrong) << in.error().detail;
    EXPECT_EQ(in.error().event.actor, "") << "a42: a stranger, held to their bound";
    EXPECT_EQ(in.error().sentence, "");
    EXPECT_EQ(in.error().retry_after, Seconds(0));
  }
}

TEST_F(Passwords, a16_an_unknown_user_is_held_against_a_real_hash_of_the_same_cost) {
  EXPECT_FALSE(crypto::is_outdated(methods().decoy, methods().config.cost));
  const auto same = crypto::password_matches("", methods().decoy);
  EXPECT_TRUE(same && !*same);
}

TEST_F(Passwords, without_memory_are_neither_right_nor_wrong_and_no_guess_is_charged) {
  set("alice", alice, good);
  const auto change_hash = [&](std::string_view from, std::string_view to) {
    auto one = *authenticator(Type::password);
    auto hash = text_of(one.body, "hash");
    one.body["hash"] = hash.replace(hash.find(from), from.size(), to);
    commit({put_of(one, now)});
  };
  change_hash("m=8,", "m=67108864,");
  {
    const crypto::MemoryLimit limit;
    for (int i = 0; i < 20; ++i) EXPECT_EQ(how(tried("alice", i % 2 == 0 ? good : better)), "unavailable");
  }
  change_hash("m=67108864,", "m=8,");
  EXPECT_EQ(how(tried("alice", good)), "granted");
}

TEST_F(Passwords, one_that_begins_with_256_right_bytes_is_not_right) {
  std::string longest(256, 'x');
  for (std::size_t i = 0; i < longest.size(); ++i) longest[i] = static_cast<char>('a' + i * 7 % 26);
  set("alice", alice, longest);
  EXPECT_EQ(how(tried("alice", longest)), "granted");
  EXPECT_EQ(how(tried("alice", longest + "x")), "wrong");
}

TEST_F(Passwords, a16_guesses_are_bounded_alike_for_known_and_unknown_users) {
  set("alice", alice, good);
  for (const auto* username : {"alice", "nobody"}) {
    int wrong = 0;
    auto in = verify_password(methods(), attempt("198.51.100.7"), username, better);
    for (; how(in) == "wrong"; in = verify_password(methods(), attempt("198.51.100.7"), username, better)) ++wrong;
    EXPECT_EQ(wrong, 8) << username;
    EXPECT_EQ(how(in), "throttled");
    EXPECT_EQ(in.error().retry_after, Seconds(60));
  }
  EXPECT_EQ(how(tried("alice", good)), "granted") << "from another address";
}

TEST_F(Passwords, a_strangers_guesses_do_not_lock_out_who_was_here_before) {
  set("alice", alice, good);
  const auto device = signed_in_with("alice", good);
  for (int i = 0; i < 200; ++i)
    (void)verify_password(methods(), attempt("198.51.100." + std::to_string(i)), "alice", better);
  EXPECT_EQ(how(verify_password(methods(), attempt("203.0.113.1"), "alice", good)), "throttled");
  EXPECT_EQ(how(tried("alice", good)), "granted") << "her address";
  EXPECT_EQ(how(verify_password(methods(), attempt("203.0.113.1", device), "alice", good)), "granted");
  EXPECT_EQ(how(verify_password(methods(), attempt("203.0.113.2", device + "x"), "alice", good)), "throttled");
}

TEST_F(Passwords, a_browser_that_was_forgotten_is_a_stranger_again) {
  set("alice", alice, good);
  const auto device = signed_in_with("alice", good);
  for (int i = 0; i < 200; ++i)
    (void)verify_password(methods(), attempt("198.51.100." + std::to_string(i)), "alice", better);
  const auto from_afar = [&] { return how(verify_password(methods(), attempt("203.0.113.1", device), "alice", good)); };
  EXPECT_EQ(from_afar(), "granted");
  const auto known = *known_browsers(alice, "default", *store, now);
  ASSERT_EQ(known.size(), 1u);
  commit({forget(known.front(), "default")});
  EXPECT_EQ(from_afar(), "granted") << "the address is familiar now";
  EXPECT_EQ(how(verify_password(methods(), attempt("203.0.113.2", device), "alice", good)), "throttled");
}

TEST_F(Passwords, a42_of_many_browsers_the_one_that_was_not_seen_longest_is_forgotten) {
  set("alice", alice, good);
  for (int i = 0; i < 31; ++i, now += Seconds(3600)) signed_in_with("alice", good);
  const auto known = *known_browsers(alice, "default", *store, now);
  ASSERT_EQ(known.size(), 30u);
  EXPECT_EQ(known.front().since, now - Seconds(3600));
  EXPECT_EQ(known.back().since, now - Seconds(30 * 3600));
}

TEST_F(Passwords, are_hashed_anew_when_the_cost_was_changed) {
  set("alice", alice, good);
  open({.origin = "https://id.example", .cost = {.memory_kib = 16, .passes = 1},
        .pool = {.name = "test", .threads = 1, .queue_max = 4}, .breached_file = "", .throttle = {}});
  ASSERT_TRUE(tried("alice", good));
  commit({});  // what was queued before is written
  const auto hash = std::string(*json_text(authenticator(Type::password)->body, "hash"));
  EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=16,")) << hash;
  EXPECT_EQ(how(tried("alice", good)), "granted");
}

TEST_F(Passwords, are_changed_at_once_also_when_the_cost_was_changed) {
  set("alice", alice, good);
  open({.origin = "https://id.example", .cost = {.memory_kib = 16, .passes = 1},
        .pool = {.name = "test", .threads = 1, .queue_max = 4}, .breached_file = "", .throttle = {}});
  auto changed = change_password(methods(), attempt(), alice, good, better);
  ASSERT_TRUE(changed) << changed.error().detail;
  commit(std::move(changed->writes));
  EXPECT_EQ(how(tried("alice", better)), "granted");
}

TEST_F(Passwords, are_changed_by_who_knows_the_one_there_is) {
  set("alice", alice, good);
  std::string kept = "not asked";
  methods().end_sessions = [&](std::string_view, std::string_view, std::string_view keep, Instant) {
    kept = keep;
    return Result<store::Writes, Fault>(store::Writes{});
  };
  EXPECT_EQ(how(change_password(methods(), attempt(), alice, better, "seven quiet bridges")), "wrong");
  EXPECT_EQ(kept, "not asked");
  auto changed = change_password(methods(), attempt(), alice, good, better);
  ASSERT_TRUE(changed) << changed.error().detail;
  EXPECT_EQ(kept, "session-1") << "all but this one end";
  commit(std::move(changed->writes));
  EXPECT_EQ(how(tried("alice", good)), "wrong");
  EXPECT_EQ(how(tried("alice", better)), "granted");
}

TEST_F(Passwords, a_reset_code_is_used_once) {
  const auto code = reset_code(alice);
  std::string kept = "not asked";
  methods().end_sessions = [&](std::string_view, std::string_view, std::string_view keep, Instant) {
    kept = keep;
    return Result<store::Writes, Fault>(store::Writes{});
  };
  auto first = reset_password(methods(), attempt(), "alice", code, good);
  auto second = reset_password(methods(), attempt(), "alice", code, better);
  ASSERT_TRUE(first && second) << "nothing is decided before the commit";
  EXPECT_EQ(kept, "") << "every session ends";
  commit(std::move(first->writes));
  EXPECT_TRUE(refusal_of(std::move(second->writes)));
  EXPECT_EQ(how(reset_password(methods(), attempt(), "alice", code, better)), "wrong");
  EXPECT_EQ(how(tried("alice", good)), "granted");
}

TEST_F(Passwords, a_reset_code_is_its_users_and_lasts_an_hour) {
  const auto bob = user("bob");
  const auto code = reset_code(alice);
  EXPECT_EQ(how(reset_password(methods(), attempt(), "bob", code, good)), "wrong");
  EXPECT_EQ(how(reset_password(methods(), attempt(), "nobody", code, good)), "wrong");
  EXPECT_EQ(how(reset_password(methods(), attempt(), "alice", "", good)), "wrong");
  now += Seconds(3599);
  EXPECT_EQ(how(reset_password(methods(), attempt(), "alice", code, good)), "granted");
  now += Seconds(1);
  EXPECT_EQ(how(reset_password(methods(), attempt(), "alice", code, good)), "wrong");
}

TEST_F(Passwords, an_earlier_reset_code_is_void) {
  const auto earlier = reset_code(alice), later = reset_code(alice);
  EXPECT_EQ(how(reset_password(methods(), attempt(), "alice", earlier, good)), "wrong");
  EXPECT_EQ(how(reset_password(methods(), attempt(), "alice", later, good)), "granted");
}

TEST_F(Passwords, a_reset_code_is_void_when_the_password_was_changed) {
  set("alice", alice, good);
  const auto seen_by_others = reset_code(alice);
  auto changed = change_password(methods(), attempt(), alice, good, better);
  ASSERT_TRUE(changed) << changed.error().detail;
  commit(std::move(changed->writes));
  EXPECT_EQ(how(reset_password(methods(), attempt(), "alice", seen_by_others, "seven quiet bridges")), "wrong");
  EXPECT_EQ(how(tried("alice", better)), "granted");
}

TEST_F(Passwords, one_that_was_on_its_way_when_its_user_was_signed_out_of_all_is_not_set) {
  set("alice", alice, good);
  auto changed = change_password(methods(), attempt(), alice, good, better);
  ASSERT_TRUE(changed) << changed.error().detail;
  commit({sign_out({}, "default", alice, "", random, now)});  // as who disables them does
  EXPECT_TRUE(refusal_of(std::move(changed->writes)));
  EXPECT_EQ(how(tried("alice", better)), "wrong");
  EXPECT_EQ(how(tried("alice", good)), "granted");
}

TEST_F(Passwords, a_weak_one_is_refused_and_the_code_is_still_good) {
  const auto code = reset_code(alice);
  const auto weak = reset_password(methods(), attempt(), "alice", code, "Password1!");
  ASSERT_EQ(how(weak), "weak");
  EXPECT_EQ(weak.error().sentence, "password_common");
  EXPECT_EQ(how(reset_password(methods(), attempt(), "alice", code, good)), "granted");
}

TEST_F(Passwords, are_not_offered_where_the_tenant_has_them_off) {
  set("alice", alice, good);
  tenant({{"name", "Default"}, {"sign_in_password", false}});
  EXPECT_EQ(how(tried("alice", good)), "not_offered");
  EXPECT_EQ(how(change_password(methods(), attempt(), alice, good, better)), "not_offered");
}

TEST_F(Passwords, of_two_first_ones_at_once_one_stands) {
  auto one = change_password(methods(), attempt(), alice, "", good);
  auto other = change_password(methods(), attempt(), alice, "", better);
  ASSERT_TRUE(one && other);
  commit(std::move(one->writes));
  EXPECT_EQ(refusal_of(std::move(other->writes)), store::Refused::Why::unique);
}

TEST_F(Passwords, are_verified_on_many_threads_at_once) {
  set("alice", alice, good);
  std::vector<std::future<bool>> all;
  for (int i = 0; i < 8; ++i)
    all.push_back(std::async(std::launch::async, [&, one = attempt("192.0.2." + std::to_string(i)), i] {
      return bool(verify_password(methods(), one, "alice", i % 2 == 0 ? good : better));
    }));
  for (int i = 0; i < 8; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)].get(), i % 2 == 0);
}

TEST(PasswordPolicy, has_no_rules_but_length_and_what_others_would_try) {
  const auto weakness = [](std::string_view text) { return weakness_of(text, "margaret", nullptr).value_or(""); };
  for (const auto* taken : {"tram stop velvet", "zyxwv-9-qomu", "        x", "密码锁在抽屉里了"})
    EXPECT_EQ(weakness(taken), "") << taken;
  EXPECT_EQ(weakness("1234567"), "password_short");
  EXPECT_EQ(weakness("密码锁在"), "password_short") << "twelve bytes, four letters";
  std::string chinese, faces;
  for (int i = 0; i < 256; ++i) {
    chinese += std::string("\xe4") + static_cast<char>(0xb8 + i / 64) + static_cast<char>(0x80 + i % 64);
    faces += std::string("\xf0\x9f") + static_cast<char>(0x98 + i / 64) + static_cast<char>(0x80 + i % 64);
  }
  EXPECT_EQ(weakness(chinese), "") << "256 letters in 768 bytes";
  EXPECT_EQ(weakness(faces), "") << "256 letters in 1024 bytes";
  for (const auto& text : {chinese + "x", faces + "x", std::string(257, 'x')})
    EXPECT_EQ(weakness(text), "password_long");
  EXPECT_EQ(weakness("\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8"), "password_not_text");
  EXPECT_EQ(weakness("Margaret1"), "password_context");
  EXPECT_EQ(weakness("my-deputy"), "password_context");
  EXPECT_EQ(weakness("margaret and tram stop"), "") << "there is enough besides";
  for (const auto* common : {"password", "Password1!", "P@ssw0rd", "p@ssw0rd!!", "qwertyuiop", "Summer2026!",
                             "iloveyou", "123456789", "aaaaaaaa", "abcdefgh", "hgfedcba", "abcabcabc", "12341234"})
    EXPECT_EQ(weakness(common), "password_common") << common;
}

class BreachedFile : public ::testing::Test {
 protected:
  BreachedFile() : path(::testing::TempDir() + "breached-" + std::to_string(::getpid())) {}
  ~BreachedFile() override { std::remove(path.c_str()); }
  void write(std::string_view end, std::vector<std::string> passwords) {
    std::vector<std::string> lines;
    for (const auto& one : passwords) lines.push_back(hex(as_text(crypto::sha1(one))));
    std::sort(lines.begin(), lines.end());
    std::ofstream out(path, std::ios::binary);
    for (auto& line : lines) {
      for (char& c : line)
        if (c >= 'a') c = static_cast<char>(c - 32);
      out << line << end;
    }
  }
  const std::string path;
};

TEST_F(BreachedFile, is_searched_for_each_of_its_lines_and_no_other) {
  for (const auto* end : {"\n", ":3861493\r\n", ":1\n"}) {
    std::vector<std::string> passwords;
    for (int i = 0; i < 257; ++i) passwords.push_back("stolen " + std::to_string(i));
    write(end, passwords);
    const auto breached = Breached::open(path);
    ASSERT_TRUE(breached) << breached.error().detail;
    for (const auto& one : passwords) EXPECT_TRUE((*breached)->holds(one)) << one;
    for (int i = 257; i < 600; ++i) EXPECT_FALSE((*breached)->holds("stolen " + std::to_string(i)));
    EXPECT_EQ(weakness_of("stolen 17", "alice", breached->get()).value_or(""), "password_breached");
  }
}

TEST_F(BreachedFile, is_refused_when_it_is_none) {
  EXPECT_EQ(Breached::open(path).error().kind, Fault::Kind::not_found);
  write("\n", {});
  EXPECT_EQ(Breached::open(path).error().kind, Fault::Kind::invalid);
  std::ofstream(path) << "password\n";
  EXPECT_EQ(Breached::open(path).error().kind, Fault::Kind::invalid);
}

TEST(TypedCode, is_read_however_it_was_typed) {
  SystemRandom random;
  const auto code = make_typed_code(20, random);
  EXPECT_EQ(code.size(), 23u);
  auto capitals = code;
  for (char& c : capitals) c = static_cast<char>(std::toupper(c));
  EXPECT_EQ(typed_code(capitals), typed_code(code));
  EXPECT_EQ(typed_code("OI-l 7"), "0117");
  EXPECT_EQ(typed_code("Ｋ７ｍ２ｐ－ｘ４ｑ９ｔ　"), "k7m2px4q9t") << "by a keyboard for Chinese";
  EXPECT_EQ(typed_code("\xef\xbc"), "\xef\xbc") << "cut off";
  EXPECT_NE(make_typed_code(20, random), code);
}

}  // namespace
}  // namespace deputy::signin::test
