// Passkeys, with an authenticator made of our own keys: registration, signing in, and everything that must not pass.
#include "signin/passkey/passkey.h"

#include <functional>

#include "base/encoding.h"
#include "signin/desk_test.h"
#include "signin/own.h"
#include "signin/passkey/software_authenticator_test.h"

namespace deputy::signin::test {
namespace {

using crypto::Algorithm;

class Passkeys : public Desk {
 protected:
  static std::string challenge_in(const std::string& options) {
    return std::string(*json_text(json::parse(options).as_object(), "challenge"));
  }
  Ceremony registration() {
    const auto options = challenge_for_registration(methods(), attempt(), alice, "alice", "Alice", Seconds(200));
    return {.type = "webauthn.create", .challenge = challenge_in(*options)};
  }
  Ceremony sign_in(std::uint32_t count = 0) {
    return {.type = "webauthn.get", .challenge = challenge_in(challenge_for_sign_in(methods(), attempt())),
            .count = count};
  }
  void enrol(std::uint32_t count = 0) {
    auto ceremony = registration();
    ceremony.count = count;
    auto added = verify_registration(methods(), attempt(), alice, "phone", key.register_as(ceremony));
    ASSERT_TRUE(added) << added.error().detail;
    commit(std::move(added->writes));
  }
  std::string tried(const std::string& response) { return how(verify_sign_in(methods(), attempt(), response)); }

  SoftwareAuthenticator key{Algorithm::ES256};
};

class EveryAlgorithm : public Passkeys, public ::testing::WithParamInterface<Algorithm> {};

TEST_P(EveryAlgorithm, registers_and_signs_in) {
  key = SoftwareAuthenticator(GetParam());
  enrol();
  auto in = verify_sign_in(methods(), attempt(), key.sign_in(sign_in(), alice));
  ASSERT_TRUE(in) << in.error().detail;
  EXPECT_EQ(in->user, alice);
  EXPECT_EQ(in->amr, (Amr{"pop", "user", "mfa"}));
  EXPECT_EQ(acr_of(in->amr), "phr");
  commit(std::move(in->writes));
  EXPECT_EQ(authenticator(Type::passkey)->record.touched_at, now);
  EXPECT_EQ(*json_member_array(authenticator(Type::passkey)->body, "transports"), json::array{"internal"});
}
INSTANTIATE_TEST_SUITE_P(Passkeys, EveryAlgorithm,
                         ::testing::Values(Algorithm::ES256, Algorithm::EdDSA, Algorithm::RS256),
                         [](const auto& info) { return std::string(crypto::name_of(info.param)); });

TEST_F(Passkeys, are_asked_for_with_verification_and_found_by_the_browser) {
  const auto get = json::parse(challenge_for_sign_in(methods(), attempt())).as_object();
  EXPECT_EQ(*json_text(get, "userVerification"), "required");
  EXPECT_EQ(*json_text(get, "rpId"), "id.example");
  EXPECT_FALSE(get.contains("allowCredentials"));
  enrol();
  const auto create =
      json::parse(*challenge_for_registration(methods(), attempt(), alice, "alice", "", Seconds(200))).as_object();
  EXPECT_EQ(create.at("authenticatorSelection").at("residentKey"), "required");
  EXPECT_EQ(create.at("user").at("id").as_string(), base64url(alice));
  EXPECT_EQ(create.at("excludeCredentials").as_array().size(), 1u) << "the one there is";
}

TEST_F(Passkeys, a_challenge_is_used_once) {
  enrol();
  const auto response = key.sign_in(sign_in(), alice);
  auto one = verify_sign_in(methods(), attempt(), response);
  auto again = verify_sign_in(methods(), attempt(), response);
  ASSERT_TRUE(one && again) << "nothing is decided before the commit";
  commit(std::move(one->writes));
  EXPECT_EQ(refusal_of(std::move(again->writes)), store::Refused::Why::used);
  EXPECT_EQ(too_late({}, {.why = store::Refused::Why::used, .write = 0, .index = ""}).why, Refusal::Why::expired);
}

TEST_F(Passkeys, a_challenge_is_short_and_of_one_browser_purpose_and_tenant) {
  enrol();
  const auto response = key.sign_in(sign_in(), alice);
  auto elsewhere = attempt();
  elsewhere.session = "session-2";
  EXPECT_EQ(how(verify_sign_in(methods(), elsewhere, response)), "expired");
  now += Seconds(299);
  EXPECT_EQ(tried(response), "granted");
  now += Seconds(1);
  EXPECT_EQ(tried(response), "expired");
  auto ceremony = sign_in();
  ceremony.challenge = registration().challenge;
  EXPECT_EQ(tried(key.sign_in(ceremony, alice)), "expired");
  ceremony.challenge = base64url(std::string(56, 'x'));
  EXPECT_EQ(tried(key.sign_in(ceremony, alice)), "expired");
  ceremony.challenge = "";
  EXPECT_EQ(tried(key.sign_in(ceremony, alice)), "expired");
}

TEST_F(Passkeys, a_device_has_its_time_from_when_it_may_be_asked_at_the_latest) {
  const auto ceremony = registration();
  const auto made = [&] {
    return how(verify_registration(methods(), attempt(), alice, "", key.register_as(ceremony)));
  };
  now += Seconds(499);
  EXPECT_EQ(made(), "granted") << "200 seconds to begin, and five minutes";
  now += Seconds(1);
  EXPECT_EQ(made(), "expired");
}

TEST_F(Passkeys, what_was_signed_for_another_place_or_without_the_person_does_not_pass) {
  enrol();
  const std::vector<std::pair<const char*, std::function<void(Ceremony&)>>> wrongs{
      {"another origin", [](auto& one) { one.origin = "https://id.example.evil.example"; }},
      {"another port", [](auto& one) { one.origin = "https://id.example:8443"; }},
      {"without TLS", [](auto& one) { one.origin = "http://id.example"; }},
      {"another relying party", [](auto& one) { one.rp_id = "evil.example"; }},
      {"another kind", [](auto& one) { one.type = "webauthn.create"; }},
      {"not verified", [](auto& one) { one.flags = 0x01; }},
      {"not present", [](auto& one) { one.flags = 0x04; }},
      {"in a frame", [](auto& one) { one.client_data_more = {{"crossOrigin", true}}; }},
      {"under a page of another", [](auto& one) { one.client_data_more = {{"topOrigin", "https://evil.example"}}; }},
  };
  for (const auto& [name, spoil] : wrongs) {
    auto ceremony = sign_in();
    spoil(ceremony);
    EXPECT_EQ(tried(key.sign_in(ceremony, alice)), "wrong") << name;
  }
  EXPECT_EQ(tried(key.sign_in(sign_in(), alice)), "granted");
}

TEST_F(Passkeys, another_key_or_a_changed_answer_does_not_pass) {
  enrol();
  SoftwareAuthenticator other(Algorithm::ES256);
  EXPECT_EQ(tried(other.sign_in(sign_in(), alice)), "wrong") << "the same id, another key";
  other.credential = "unknown";
  EXPECT_EQ(tried(other.sign_in(sign_in(), alice)), "wrong");
  EXPECT_EQ(tried(key.sign_in(sign_in(), user("bob"))), "wrong") << "another user's handle";
  EXPECT_EQ(tried(key.sign_in(sign_in(), "")), "wrong") << "no handle";
  EXPECT_EQ(tried(key.sign_in(sign_in(), alice, {{"signature", ""}})), "wrong");
  EXPECT_EQ(tried(key.sign_in(sign_in(), alice, {{"authenticatorData", base64url(std::string(37, '\x05'))}})), "wrong");
  for (const auto* text : {"", "{}", "[]", "null", "{\"id\":\"x\"}"}) EXPECT_EQ(tried(text), "wrong") << text;
}

// Nine octets that promise 2^32 members: libcbor would make room for all of them first.
TEST_F(Passkeys, a42_data_that_promises_more_than_it_holds_is_refused_before_room_is_made_for_it) {
  enrol();
  const auto rp = crypto::sha256("id.example");
  for (const auto* promise : {"\x9b", "\xbb"}) {
    const auto many = promise + std::string("\0\0\0\1\0\0\0\0", 8);
    const auto assertion = std::string(as_text(rp)) + "\x85" + std::string(4, '\0') + many;
    EXPECT_EQ(tried(key.sign_in(sign_in(), alice, {{"authenticatorData", base64url(assertion)}})), "wrong");
    // An assertion that says it holds a passkey: its extensions would be read where the passkey begins.
    const auto hidden = std::string(as_text(rp)) + "\xc5" + std::string(4, '\0') + promise +
                        std::string("\x0b\x6b\x27\x7f\0\0\0\0", 8) + std::string(20, '\0');
    EXPECT_EQ(tried(key.sign_in(sign_in(), alice, {{"authenticatorData", base64url(hidden)}})), "wrong");
    const auto made = std::string(as_text(rp)) + "\x45" + std::string(4 + 16, '\0') + std::string("\0\1x", 3) + many;
    EXPECT_EQ(how(verify_registration(methods(), attempt(), alice, "",
                                      key.register_as(registration(), {{"id", base64url("x")},
                                                                       {"authenticatorData", base64url(made)}}))),
              "wrong");
  }
}

TEST_F(Passkeys, a_counter_that_does_not_grow_is_a_copy) {
  enrol(7);
  auto in = verify_sign_in(methods(), attempt(), key.sign_in(sign_in(8), alice));
  ASSERT_TRUE(in) << in.error().detail;
  commit(std::move(in->writes));
  for (const std::uint32_t count : {8u, 7u, 0u}) {
    const auto copied = verify_sign_in(methods(), attempt(), key.sign_in(sign_in(count), alice));
    ASSERT_FALSE(copied) << count;
    EXPECT_NE(copied.error().detail.find("copied"), std::string::npos);
    EXPECT_EQ(copied.error().event.target, authenticator(Type::passkey)->record.id);
  }
  EXPECT_EQ(tried(key.sign_in(sign_in(9), alice)), "granted");
}

TEST_F(Passkeys, of_an_original_and_its_copy_at_once_one_gets_in) {
  enrol(7);
  auto one = verify_sign_in(methods(), attempt(), key.sign_in(sign_in(8), alice));
  auto other = verify_sign_in(methods(), attempt(), key.sign_in(sign_in(8), alice));
  ASSERT_TRUE(one && other);
  commit(std::move(one->writes));
  EXPECT_EQ(refusal_of(std::move(other->writes)), store::Refused::Why::version);
}

TEST_F(Passkeys, registration_refuses_what_is_not_for_here_or_not_verified) {
  const std::vector<std::pair<const char*, std::function<void(Ceremony&)>>> wrongs{
      {"another origin", [](auto& one) { one.origin = "https://evil.example"; }},
      {"another relying party", [](auto& one) { one.rp_id = "evil.example"; }},
      {"another kind", [](auto& one) { one.type = "webauthn.get"; }},
      {"not verified", [](auto& one) { one.flags = 0x01; }},
  };
  for (const auto& [name, spoil] : wrongs) {
    auto ceremony = registration();
    spoil(ceremony);
    EXPECT_EQ(how(verify_registration(methods(), attempt(), alice, "", key.register_as(ceremony))), "wrong") << name;
  }
  EXPECT_EQ(how(verify_registration(methods(), attempt(), alice, "",
                                    key.register_as(registration(), {{"id", base64url("another")}}))),
            "wrong");
  EXPECT_EQ(how(verify_registration(methods(), attempt(), user("bob"), "", key.register_as(registration()))),
            "expired") << "alice's challenge";
}

TEST_F(Passkeys, a36_a_new_one_ends_the_other_sessions) {
  std::string kept = "not asked";
  methods().end_sessions = [&](std::string_view, std::string_view, std::string_view keep, Instant) {
    kept = keep;
    return Result<store::Writes, Fault>(store::Writes{});
  };
  enrol();
  EXPECT_EQ(kept, "session-1") << "all but this one end";
}

TEST_F(Passkeys, one_credential_is_registered_once) {
  auto one = verify_registration(methods(), attempt(), alice, "", key.register_as(registration()));
  auto other = verify_registration(methods(), attempt(), alice, "", key.register_as(registration()));
  ASSERT_TRUE(one && other);
  commit(std::move(one->writes));
  EXPECT_EQ(refusal_of(std::move(other->writes)), store::Refused::Why::unique);
}

TEST_F(Passkeys, a_disabled_user_has_none_that_open) {
  enrol();
  put(store::Kind::user, alice, {{"username", "alice"}, {"state", "disabled"}}, {{"username", "alice", true}});
  EXPECT_EQ(tried(key.sign_in(sign_in(), alice)), "wrong");
}

// Its id and its user's are no secrets: the browser sends them before anything is signed. Named as who acts, a refusal
// would be no stranger's, and kept beyond their bound.
TEST_F(Passkeys, a42_nobody_acts_before_the_signature_is_right) {
  enrol();
  SoftwareAuthenticator forged(Algorithm::ES256);  // the same id, another key
  const auto expect_nobody = [&](const std::string& response) {
    const auto refused = verify_sign_in(methods(), attempt(), response);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().event.actor, "") << refused.error().detail;
    EXPECT_EQ(refused.error().event.subject, alice) << refused.error().detail;
  };
  expect_nobody(forged.sign_in(sign_in(), alice));
  put(store::Kind::user, alice, {{"username", "alice"}, {"state", "disabled"}}, {{"username", "alice", true}});
  expect_nobody(forged.sign_in(sign_in(), alice));
  expect_nobody(key.sign_in(sign_in(), alice));
}

TEST_F(Passkeys, are_not_offered_where_the_tenant_has_them_off) {
  enrol();
  tenant({{"name", "Default"}, {"sign_in_passkey", false}});
  EXPECT_EQ(tried(key.sign_in(sign_in(), alice)), "not_offered");
}

TEST_F(Passkeys, the_last_way_in_stays) {
  enrol();
  const auto id = authenticator(Type::passkey)->record.id;
  EXPECT_EQ(how(remove_authenticator(methods(), attempt(), alice, id)), "last");
  EXPECT_EQ(how(remove_authenticator(methods(), attempt(), user("bob"), id)), "expired") << "another's";
  key.credential = "a second credential";
  enrol();
  auto removed = remove_authenticator(methods(), attempt(), alice, id);
  ASSERT_TRUE(removed);
  commit(std::move(removed->writes));
  EXPECT_EQ(how(remove_authenticator(methods(), attempt(), alice, authenticator(Type::passkey)->record.id)), "last");
}

TEST_F(Passkeys, of_the_last_two_removed_at_once_one_stays) {
  enrol();
  key.credential = "a second credential";
  enrol();
  const auto all = authenticators_of(*store, "default", alice);
  ASSERT_EQ(all->size(), 2u);
  auto one = remove_authenticator(methods(), attempt(), alice, all->at(0).record.id);
  auto other = remove_authenticator(methods(), attempt(), alice, all->at(1).record.id);
  ASSERT_TRUE(one && other);
  commit(std::move(one->writes));
  EXPECT_TRUE(refusal_of(std::move(other->writes)));
}

TEST(PasskeyHosts, have_a_name_and_a_secure_context) {
  const auto possible = [](std::string origin) { return passkeys_possible({.origin = std::move(origin)}); };
  EXPECT_TRUE(possible("https://id.example"));
  EXPECT_TRUE(possible("https://id.example:8443"));
  EXPECT_TRUE(possible("http://localhost:8440"));
  EXPECT_FALSE(possible("http://127.0.0.1:8440"));
  EXPECT_FALSE(possible("https://[::1]:8440"));
  EXPECT_FALSE(possible("http://id.example"));
}

}  // namespace
}  // namespace deputy::signin::test
