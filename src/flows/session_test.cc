// Sessions: what a cookie is worth, and when.
#include "flows/session.h"

#include <gtest/gtest.h>

namespace deputy::flows {
namespace {

constexpr Instant noon = from_unix_millis(1'800'000'000'000);
constexpr std::string_view firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

class Sessions : public testing::Test {
 protected:
  http::Request request(std::string cookies = "", bool secure = true) {
    http::Request request{.method = "GET", .path = "/account", .secure = secure};
    if (!cookies.empty()) request.headers.emplace_back("Cookie", std::move(cookies));
    request.headers.emplace_back("User-Agent", firefox);
    return request;
  }
  // "name=value", as a browser sends it back.
  static std::string sent_back(const Opened& opened) {
    return opened.set_cookie.substr(0, opened.set_cookie.find(';'));
  }

  Opened signed_in(std::string user, const std::optional<Session>& before = std::nullopt, Instant at = noon) {
    auto opened = sign_in({.user = std::move(user), .amr = {"pwd"}}, before, request(), acme,
                          lifetimes, random, at);
    EXPECT_TRUE(done(opened.writes));
    return opened;
  }
  bool done(store::Writes writes) {
    const auto outcome = store->commit_now(std::move(writes));
    return outcome && std::holds_alternative<Done>(*outcome);
  }
  std::optional<Session> found(const std::string& cookies, Instant now = noon, std::string_view tenant = "acme") {
    const auto session = session_of(request(cookies), tenant, *store, now);
    EXPECT_TRUE(session);
    return session ? *session : std::nullopt;
  }
  std::string user_of(const std::string& cookies, Instant now = noon, std::string_view tenant = "acme") {
    const auto session = found(cookies, now, tenant);
    return session ? session->user : "no session";
  }

  static constexpr Realm acme{"acme", "https://id.example/t/acme"};
  std::unique_ptr<store::Store> store = store::open_memory_store();
  SystemRandom random;
  SessionLifetimes lifetimes{.idle = Seconds(600), .absolute = Seconds(3600)};
};

TEST_F(Sessions, a_session_is_known_by_its_cookie_and_says_how_somebody_signed_in) {
  const auto opened = signed_in("usr_1");
  const auto session = found("theme=dark; " + sent_back(opened));
  ASSERT_TRUE(session);
  EXPECT_EQ(session->user, "usr_1");
  EXPECT_EQ(session->id, opened.session.id);
  EXPECT_EQ(session->auth_time, noon);
  EXPECT_EQ(session->amr, std::vector<std::string>{"pwd"});
  EXPECT_EQ(session->device, "Firefox / Linux");
  EXPECT_EQ(session->csrf_seed, opened.session.csrf_seed);
  EXPECT_EQ(session->version, opened.session.version);
}

TEST_F(Sessions, the_cookie_is_of_this_host_alone_and_out_of_reach_of_script) {
  const auto cookie = signed_in("usr_1").set_cookie;
  EXPECT_TRUE(cookie.starts_with("__Host-deputy-acme=")) << cookie;
  for (const auto* needed : {"; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure"})
    EXPECT_NE(cookie.find(needed), std::string::npos) << needed;
  EXPECT_EQ(cookie.find("Domain"), std::string::npos);
  EXPECT_TRUE(first_session(request(), "default", random, noon).set_cookie.starts_with("__Host-deputy="));
  EXPECT_TRUE(first_session(request("", false), "default", random, noon).set_cookie.starts_with("deputy_session="));
}

TEST_F(Sessions, the_secret_is_not_in_the_store) {
  const auto opened = signed_in("usr_1");
  const auto secret = sent_back(opened).substr(sent_back(opened).find('=') + 1);
  const auto record = *store->get("acme", store::Kind::session, opened.session.id);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->body.find(secret), std::string::npos);
  EXPECT_FALSE(*store->find("acme", store::Kind::session, "secret", secret));
  EXPECT_EQ(record->until, noon + lifetimes.absolute);
}

TEST_F(Sessions, a36_signing_in_makes_a_cookie_that_nobody_could_have_planted) {
  const auto planted = first_session(request(), "acme", random, noon);
  const auto before = found(sent_back(planted));
  ASSERT_TRUE(before);
  EXPECT_EQ(before->user, "");
  const auto opened = signed_in("usr_1", before);
  EXPECT_EQ(user_of(sent_back(planted)), "") << "the planted cookie is nobody's still";
  EXPECT_EQ(user_of(sent_back(opened)), "usr_1");
}

TEST_F(Sessions, signing_in_again_keeps_the_id_and_voids_the_old_cookie) {
  const auto first = signed_in("usr_1");
  const auto again = signed_in("usr_1", found(sent_back(first)), noon + Seconds(60));
  EXPECT_EQ(again.session.id, first.session.id);
  EXPECT_EQ(user_of(sent_back(first), noon + Seconds(61)), "");
  EXPECT_EQ(found(sent_back(again), noon + Seconds(61))->auth_time, noon + Seconds(60));
  EXPECT_EQ(sessions_of("usr_1", "acme", *store, noon + Seconds(61))->size(), 1u);
}

TEST_F(Sessions, somebody_else_signing_in_ends_the_session_before) {
  const auto first = signed_in("usr_1");
  const auto second = signed_in("usr_2", found(sent_back(first)));
  EXPECT_NE(second.session.id, first.session.id);
  EXPECT_EQ(user_of(sent_back(first)), "");
  EXPECT_TRUE(sessions_of("usr_1", "acme", *store, noon)->empty());
}

TEST_F(Sessions, a36_ending_the_others_ends_all_of_them_however_many_there_are) {
  const auto oldest = sent_back(signed_in("usr_1"));
  for (int i = 0; i < 400; ++i) signed_in("usr_1", std::nullopt, noon + Seconds(1));
  const auto mine = signed_in("usr_1", std::nullopt, noon + Seconds(2));
  const auto end_others = ends_others(*store, random, [](std::string_view) { return std::string(acme.issuer); });
  auto ended = end_others("acme", "usr_1", mine.session.id, noon + Seconds(2));
  ASSERT_TRUE(ended);
  EXPECT_TRUE(done(std::move(*ended)));
  EXPECT_EQ(user_of(oldest, noon + Seconds(2)), "");
  EXPECT_EQ(user_of(sent_back(mine), noon + Seconds(2)), "usr_1");
  EXPECT_EQ(sessions_of("usr_1", "acme", *store, noon + Seconds(2))->size(), 1u);
}

TEST_F(Sessions, ends_without_use_and_at_last_in_any_case) {
  const auto cookie = sent_back(signed_in("usr_1"));
  EXPECT_EQ(user_of(cookie, noon + Seconds(599)), "usr_1");
  EXPECT_EQ(user_of(cookie, noon + Seconds(600)), "");
  for (int s = 500; s < 3600; s += 500) {
    const auto session = found(cookie, noon + Seconds(s));
    ASSERT_EQ(session->user, "usr_1") << s;
    auto touched = touch(*session, "acme", noon + Seconds(s));
    ASSERT_EQ(touched.size(), 1u);
    ASSERT_TRUE(done(std::move(touched)));
  }
  EXPECT_EQ(user_of(cookie, noon + Seconds(3599)), "usr_1");
  EXPECT_EQ(user_of(cookie, noon + Seconds(3600)), "");
}

// By a clock that was ahead: nobody knows how long ago that was.
TEST_F(Sessions, a34_is_over_where_it_was_signed_in_to_or_used_ahead_of_the_clock) {
  const auto cookie = sent_back(signed_in("usr_1"));
  EXPECT_EQ(user_of(cookie, noon - set_back_max), "usr_1");
  EXPECT_EQ(user_of(cookie, noon - set_back_max - Millis(1)), "");
  EXPECT_TRUE(sessions_of("usr_1", "acme", *store, noon - Seconds(61))->empty());
  ASSERT_TRUE(done(touch(*found(cookie), "acme", noon + Seconds(500))));
  EXPECT_EQ(user_of(cookie, noon + Seconds(440)), "usr_1");
  EXPECT_EQ(user_of(cookie, noon + Seconds(439)), "");
}

TEST_F(Sessions, last_use_is_written_once_a_minute_at_most) {
  const auto session = found(sent_back(signed_in("usr_1")));
  EXPECT_TRUE(touch(*session, "acme", noon + Seconds(59)).empty());
  EXPECT_EQ(touch(*session, "acme", noon + Seconds(60)).size(), 1u);
  EXPECT_TRUE(touch(first_session(request(), "acme", random, noon).session, "acme", noon + Seconds(99)).empty());
}

TEST_F(Sessions, another_tenants_cookie_is_worth_nothing_here) {
  const auto cookie = sent_back(signed_in("usr_1"));
  EXPECT_EQ(user_of(cookie, noon, "other"), "no session");
  const auto renamed = "__Host-deputy-other" + cookie.substr(cookie.find('='));
  EXPECT_EQ(user_of(renamed, noon, "other"), "");
}

TEST_F(Sessions, a36_a_cookie_that_stands_twice_or_is_none_of_ours_is_not_taken) {
  const auto cookie = sent_back(signed_in("usr_1"));
  EXPECT_EQ(user_of(cookie + "; " + cookie), "no session");
  EXPECT_EQ(user_of("__Host-deputy-acme=short"), "no session");
  EXPECT_EQ(user_of("__Host-deputy-acme=" + std::string(43, '!')), "no session");
  EXPECT_EQ(user_of("x" + cookie), "no session");
  auto plain = request(cookie, false);
  EXPECT_FALSE(*session_of(plain, "acme", *store, noon)) << "over TLS it was given, over TLS it is taken";
}

TEST_F(Sessions, a_session_that_was_ended_is_over) {
  const auto cookie = sent_back(signed_in("usr_1"));
  const auto session = found(cookie);
  ASSERT_TRUE(done(end(*session, acme, random, noon)));
  EXPECT_EQ(user_of(cookie), "");
  EXPECT_FALSE(done(end(*session, acme, random, noon)));
}

TEST_F(Sessions, a7_a_form_is_good_in_its_own_browser_and_for_its_own_purpose) {
  const auto mine = first_session(request(), "acme", random, noon).session;
  const auto theirs = first_session(request(), "acme", random, noon).session;
  const auto token = csrf_token(mine, "sign-in abc");
  EXPECT_TRUE(csrf_matches(mine, "sign-in abc", token));
  EXPECT_FALSE(csrf_matches(theirs, "sign-in abc", token));
  EXPECT_FALSE(csrf_matches(mine, "consent abc", token));
  EXPECT_FALSE(csrf_matches(mine, "sign-in abc", ""));
  EXPECT_FALSE(csrf_matches(Session{}, "sign-in abc", csrf_token(mine, "sign-in abc")));
}

TEST_F(Sessions, what_a_browser_says_of_itself_is_reduced_to_words_of_ours) {
  auto odd = request();
  odd.headers.back().second = "<b>Chrome/1 \xe2\x80\xae Android";
  const auto opened = sign_in({.user = "usr_1", .amr = {"pwd"}}, std::nullopt, odd, acme, lifetimes, random, noon);
  EXPECT_EQ(opened.session.device, "Chrome / Android");
  odd.headers.clear();
  EXPECT_EQ(sign_in({.user = "usr_1"}, std::nullopt, odd, acme, lifetimes, random, noon).session.device, "");
}

}  // namespace
}  // namespace deputy::flows
