// One-time passwords and recovery codes: RFC 6238's values, one use each, and no second factor for strangers.
#include "signin/totp/totp.h"

#include "signin/desk_test.h"
#include "signin/own.h"
#include "signin/password/password.h"
#include "signin/totp/qr.h"
#include "signin/totp/recovery_codes.h"
#include "tests/kit/base32.h"

namespace deputy::signin::test {
namespace {

using deputy::test::base32_decoded;

class Totp : public Desk {
 protected:
  void enrol() {
    const auto begun = begin_totp(methods(), attempt(), alice, "alice", "Acme & Co", Seconds(900));
    secret = Secret(base32_decoded(begun.secret));
    auto done = confirm_totp(methods(), attempt(), alice, begun.enrolment, code());
    ASSERT_TRUE(done) << done.error().detail;
    recovery = done->recovery_codes;
    commit(std::move(done->writes));
    now += Seconds(30);
  }
  std::string code(int steps = 0) { return totp_code(secret, totp_step(now) + steps); }
  Result<SignedIn, Refusal> tried(std::string_view typed) {
    return verify_totp(methods(), attempt(), alice, typed);
  }
  Secret secret;
  std::vector<std::string> recovery;
};

// RFC 6238, appendix B: the last six of its eight digits.
TEST(TotpCode, rfc6238_gives_the_published_values) {
  const Secret key("12345678901234567890");
  const auto at = [&](std::int64_t seconds) { return totp_code(key, totp_step(from_unix_seconds(seconds))); };
  EXPECT_EQ(at(59), "287082");
  EXPECT_EQ(at(1111111109), "081804");
  EXPECT_EQ(at(1234567890), "005924");
  EXPECT_EQ(at(20000000000), "353130");
}

TEST_F(Totp, is_asked_for_and_lets_in_once_a_step) {
  enrol();
  auto in = tried(code());
  ASSERT_TRUE(in) << in.error().detail;
  EXPECT_EQ(in->amr, (Amr{"otp", "mfa"}));
  commit(std::move(in->writes));
  const auto again = tried(code());
  EXPECT_EQ(how(again), "wrong");
  EXPECT_EQ(again.error().detail, "the code was used before");
  now += Seconds(30);
  EXPECT_EQ(how(tried(code())), "granted");
}

TEST_F(Totp, of_two_at_once_with_one_code_one_gets_in) {
  enrol();
  auto one = tried(code()), other = tried(code());
  ASSERT_TRUE(one && other);
  commit(std::move(one->writes));
  EXPECT_EQ(refusal_of(std::move(other->writes)), store::Refused::Why::version);
}

TEST_F(Totp, one_step_to_either_side_is_near_enough_and_two_are_not) {
  enrol();
  now += Seconds(300);
  EXPECT_EQ(how(tried(code(-1))), "granted");
  EXPECT_EQ(how(tried(code(1))), "granted");
  EXPECT_EQ(how(tried(code(-2))), "wrong");
  EXPECT_EQ(how(tried(code(2))), "wrong");
  EXPECT_EQ(how(tried("")), "wrong");
  EXPECT_EQ(how(tried(code().substr(0, 3) + " " + code().substr(3))), "granted") << "as apps show it";
}

TEST_F(Totp, an_earlier_step_is_void_once_a_later_one_was_used) {
  enrol();
  now += Seconds(300);
  auto in = tried(code(1));
  ASSERT_TRUE(in);
  commit(std::move(in->writes));
  EXPECT_EQ(how(tried(code(0))), "wrong");
}

TEST_F(Totp, a_right_password_is_not_enough_for_who_has_it) {
  auto set = change_password(methods(), attempt(), alice, "", "tram stop velvet");
  ASSERT_TRUE(set);
  commit(std::move(set->writes));
  enrol();
  const auto in = verify_password(methods(), attempt(), "alice", "tram stop velvet");
  ASSERT_TRUE(in);
  EXPECT_TRUE(in->second_factor_due);
  EXPECT_TRUE(in->has_recovery_codes);
  EXPECT_EQ(in->device, "") << "not signed in yet";
  tenant({{"name", "Default"}, {"sign_in_totp", false}});
  const auto alone = verify_password(methods(), attempt(), "alice", "tram stop velvet");
  EXPECT_FALSE(alone->second_factor_due);
  EXPECT_FALSE(alone->device.empty());
}

TEST_F(Totp, guesses_are_few) {
  enrol();
  int wrong = 0;
  for (; wrong < 100 && how(tried("abcdef")) == "wrong";) ++wrong;
  EXPECT_EQ(wrong, 6);
  EXPECT_EQ(how(tried(code())), "throttled");
  EXPECT_EQ(how(verify_recovery_code(methods(), attempt(), alice, recovery[0])), "throttled") << "nor by another door";
  now += Seconds(120);
  EXPECT_EQ(how(tried(code())), "granted");
}

TEST_F(Totp, an_enrolment_is_of_one_user_in_one_session_and_lasts_as_long_as_it_was_begun_for) {
  const auto bob = user("bob");
  const auto begun = begin_totp(methods(), attempt(), alice, "alice", "Acme", Seconds(900));
  secret = Secret(base32_decoded(begun.secret));
  EXPECT_EQ(how(confirm_totp(methods(), attempt(), bob, begun.enrolment, code())), "expired");
  auto elsewhere = attempt();
  elsewhere.session = "session-2";
  EXPECT_EQ(how(confirm_totp(methods(), elsewhere, alice, begun.enrolment, code())), "expired");
  EXPECT_EQ(how(confirm_totp(methods(), attempt(), alice, begun.enrolment + "A", code())), "expired");
  EXPECT_EQ(how(confirm_totp(methods(), attempt(), alice, "", code())), "expired");
  EXPECT_EQ(how(confirm_totp(methods(), attempt(), alice, begun.enrolment, "000")), "wrong");
  now += Seconds(899);
  EXPECT_EQ(how(confirm_totp(methods(), attempt(), alice, begun.enrolment, code())), "granted");
  now += Seconds(1);
  EXPECT_EQ(how(confirm_totp(methods(), attempt(), alice, begun.enrolment, code())), "expired");
}

TEST_F(Totp, the_secret_is_in_the_uri_and_nowhere_in_the_store) {
  const auto begun = begin_totp(methods(), attempt(), alice, "alice", "Acme & Co", Seconds(900));
  EXPECT_EQ(begun.uri, "otpauth://totp/Acme%20%26%20Co:alice?secret=" + begun.secret +
                           "&issuer=Acme%20%26%20Co&algorithm=SHA1&digits=6&period=30");
  EXPECT_TRUE(begun.qr_svg.starts_with("<svg "));
  enrol();
  const auto body = authenticator(Type::totp)->record.body;
  EXPECT_EQ(body.find(secret.reveal()), std::string::npos);
  EXPECT_EQ(json::serialize(document_of(*authenticator(Type::totp))).find("sealed"), std::string::npos);
}

TEST_F(Totp, is_not_asked_of_a_disabled_user_nor_where_it_is_off) {
  enrol();
  put(store::Kind::user, alice, {{"username", "alice"}, {"state", "disabled"}}, {{"username", "alice", true}});
  EXPECT_EQ(how(tried(code())), "wrong");
  tenant({{"name", "Default"}, {"sign_in_totp", false}});
  EXPECT_EQ(how(confirm_totp(methods(), attempt(), alice, "x", "y")), "not_offered");
}

TEST_F(Totp, a34_an_enrolment_counts_for_nothing_while_it_is_off_and_comes_back) {
  auto set = change_password(methods(), attempt(), alice, "", "tram stop velvet");
  ASSERT_TRUE(set);
  commit(std::move(set->writes));
  enrol();
  tenant({{"name", "Default"}, {"sign_in_totp", false}});
  EXPECT_EQ(how(tried(code())), "not_offered") << "the password may have been typed before it was turned off";
  EXPECT_EQ(how(verify_recovery_code(methods(), attempt(), alice, recovery[0])), "not_offered");
  EXPECT_EQ(how(renew_recovery_codes(methods(), attempt(), alice, 1)), "not_offered");
  const auto in = verify_password(methods(), attempt(), "alice", "tram stop velvet");
  ASSERT_TRUE(in);
  EXPECT_FALSE(in->second_factor_due);
  EXPECT_EQ(in->amr, Amr{"pwd"});
  tenant({{"name", "Default"}});
  EXPECT_TRUE(verify_password(methods(), attempt(), "alice", "tram stop velvet")->second_factor_due);
  EXPECT_EQ(how(tried(code())), "granted");
  EXPECT_EQ(how(verify_recovery_code(methods(), attempt(), alice, recovery[0])), "granted");
}

TEST_F(Totp, a_recovery_code_stands_for_it_once) {
  enrol();
  ASSERT_EQ(recovery.size(), 10u);
  auto in = verify_recovery_code(methods(), attempt(), alice, recovery[3]);
  auto again = verify_recovery_code(methods(), attempt(), alice, recovery[3]);
  ASSERT_TRUE(in && again);
  EXPECT_EQ(in->amr, (Amr{"otp", "mfa"}));
  commit(std::move(in->writes));
  EXPECT_EQ(refusal_of(std::move(again->writes)), store::Refused::Why::version);
  EXPECT_EQ(how(verify_recovery_code(methods(), attempt(), alice, recovery[3])), "wrong");
  EXPECT_EQ(how(verify_recovery_code(methods(), attempt(), alice, recovery[4])), "granted");
  EXPECT_EQ(document_of(*authenticator(Type::recovery_codes)).at("remaining").to_number<int>(), 9);
  const auto body = authenticator(Type::recovery_codes)->record.body;
  for (const auto& one : recovery) EXPECT_EQ(body.find(one), std::string::npos);
}

TEST_F(Totp, recovery_codes_are_one_users_and_new_ones_void_the_old) {
  enrol();
  const auto bob = user("bob");
  EXPECT_EQ(how(verify_recovery_code(methods(), attempt(), bob, recovery[0])), "wrong");
  EXPECT_EQ(how(renew_recovery_codes(methods(), attempt(), bob, 0)), "expired");
  EXPECT_EQ(how(renew_recovery_codes(methods(), attempt(), alice, 0)), "expired") << "there are some";
  auto renewed = renew_recovery_codes(methods(), attempt(), alice, 1);
  ASSERT_TRUE(renewed);
  commit(std::move(renewed->writes));
  EXPECT_EQ(how(verify_recovery_code(methods(), attempt(), alice, recovery[0])), "wrong");
  EXPECT_EQ(how(verify_recovery_code(methods(), attempt(), alice, renewed->recovery_codes[0])), "granted");
}

TEST_F(Totp, a36_new_recovery_codes_end_the_other_sessions) {
  enrol();
  std::string kept = "not asked";
  methods().end_sessions = [&](std::string_view, std::string_view, std::string_view keep, Instant) {
    kept = keep;
    return Result<store::Writes, Fault>(store::Writes{});
  };
  ASSERT_TRUE(renew_recovery_codes(methods(), attempt(), alice, 1));
  EXPECT_EQ(kept, "session-1") << "all but this one end";
}

TEST_F(Totp, is_confirmed_once_whatever_becomes_of_it) {
  const auto begun = begin_totp(methods(), attempt(), alice, "alice", "Acme", Seconds(900));
  const Secret first(base32_decoded(begun.secret));
  const auto again = [&] {
    return confirm_totp(methods(), attempt(), alice, begun.enrolment, totp_code(first, totp_step(now)));
  };
  EXPECT_TRUE(is_totp_begun(methods(), attempt(), alice, begun.enrolment));
  auto done = again();
  ASSERT_TRUE(done) << done.error().detail;
  commit(std::move(done->writes));
  EXPECT_EQ(how(again()), "expired");
  enrol();
  EXPECT_EQ(how(tried(code())), "granted") << "another takes its place";
  EXPECT_EQ(how(again()), "expired") << "and is not replaced by it";
  EXPECT_FALSE(is_totp_begun(methods(), attempt(), alice, begun.enrolment));
  auto removed = remove_authenticator(methods(), attempt(), alice, authenticator(Type::totp)->record.id);
  ASSERT_TRUE(removed) << removed.error().detail;
  commit(std::move(removed->writes));
  EXPECT_EQ(how(again()), "expired");
  EXPECT_FALSE(resume_totp(methods(), attempt(), alice, "alice", "Acme", begun.enrolment));
}

TEST_F(Totp, of_two_that_confirm_it_at_once_one_does) {
  const auto begun = begin_totp(methods(), attempt(), alice, "alice", "Acme", Seconds(900));
  secret = Secret(base32_decoded(begun.secret));
  auto one = confirm_totp(methods(), attempt(), alice, begun.enrolment, code());
  auto other = confirm_totp(methods(), attempt(), alice, begun.enrolment, code());
  ASSERT_TRUE(one && other);
  commit(std::move(one->writes));
  EXPECT_TRUE(refusal_of(std::move(other->writes)));
}

TEST(MeantForApp, is_what_is_all_digits_and_no_recovery_code) {
  for (const auto* typed : {"123456", "123 456", "123-456", "１２３４５６", "12345"})
    EXPECT_TRUE(is_for_app(typed)) << typed;
  for (const auto* typed : {"k7m2p-x4q9t", "12345-67890", "1234567890"}) EXPECT_FALSE(is_for_app(typed)) << typed;
}

TEST_F(Totp, takes_its_recovery_codes_with_it) {
  enrol();
  auto removed = remove_authenticator(methods(), attempt(), alice, authenticator(Type::totp)->record.id);
  ASSERT_TRUE(removed);
  commit(std::move(removed->writes));
  EXPECT_FALSE(authenticator(Type::totp));
  EXPECT_FALSE(authenticator(Type::recovery_codes));
}

TEST(Qr, is_square_and_too_long_a_text_has_none) {
  const auto svg = qr_svg("otpauth://totp/x");
  EXPECT_NE(svg.find("viewBox=\"0 0 33 33\""), std::string::npos) << svg.substr(0, 120);
  EXPECT_EQ(qr_svg(std::string(5000, 'x')), "");
}

}  // namespace
}  // namespace deputy::signin::test
