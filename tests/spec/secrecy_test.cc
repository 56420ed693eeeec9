// A21: what is sent to prove something, and what is given out to be sent, is in no event, no record and no line of the
// log.
#include <gtest/gtest.h>

#include <regex>

#include "base/encoding.h"
#include "base/id.h"
#include "jose/jwt.h"
#include "signin/totp/totp.h"
#include "tests/kit/base32.h"
#include "tests/kit/key_holder.h"
#include "tests/kit/openid.h"
#include "tests/kit/person.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Secrecy : testing::Test, Openid {
  // Remembers it as what nobody may find, and gives it back.
  std::string secret(std::string text) {
    EXPECT_GE(text.size(), 6u) << text;
    secrets.insert(text);
    return text;
  }
  // The members of an answer that are for its client's eyes.
  json::object given(const http::Response& answer) {
    EXPECT_LT(answer.status, 300) << answer.body;
    auto body = body_of(answer);
    for (const auto* name : {"access_token", "refresh_token", "id_token", "secret", "code"})
      if (const auto text = text_at(body, name); !text.empty()) secret(text);
    if (const auto uri = text_at(body, "request_uri"); !uri.empty()) secret(uri.substr(uri.rfind(':') + 1));
    return body;
  }
  void cookies(const std::string& header) {
    const std::regex value("=([^;]*)");
    for (std::sregex_iterator at(header.begin(), header.end(), value), end; at != end; ++at) secret((*at)[1].str());
  }

  std::string by_a_code() {
    sign_in();
    cookies(cookie);
    consent(agent, {"read"});
    disclose(agent, "openid");
    const auto tokens = given(redeem(agent, secret(code(agent, {{"scope", "openid read"}}))));
    secret(verifier);
    given(refresh(agent, text_at(tokens, "refresh_token")));
    const auto told = given(redeem(agent, secret(code(agent, {{"scope", "openid"}, {"resource", ""}}))));
    EXPECT_EQ(userinfo(text_at(told, "access_token")).status, 200);
    EXPECT_TRUE(active(text_at(tokens, "access_token")));
    EXPECT_EQ(error_of(redeem(agent, secret("dac_" + std::string(52, 'q')))), "400 invalid_grant");
    EXPECT_EQ(error_of(refresh(agent, secret("drt_" + std::string(52, 'q')))), "400 invalid_grant");
    EXPECT_EQ(error_of(world.token({agent.id, secret("dsk_" + std::string(43, 'q'))})), "401 invalid_client");
    browse("/oauth2/logout?id_token_hint=" + text_at(tokens, "id_token"));
    return text_at(tokens, "access_token");
  }
  void by_an_exchange(const std::string& own) {
    world.change(directory::Kind::agent, agent.id, {{"delegates", json::array{other.id}}});
    given(world.exchange(agent, own, {{"requested_actor", other.id}}));
    given(world.exchange(other, own, {{"actor_token", secret(world.access_token(agent, ""))}}));
    const auto foreign = secret(signed_request(agent));
    EXPECT_EQ(error_of(world.exchange(agent, foreign)), "400 invalid_request");
    EXPECT_EQ(error_of(world.exchange(agent, own, {{"actor_token", foreign}})), "400 invalid_request");
  }
  void by_an_assertion() {
    const auto now = unix_seconds(world.clock.now());
    const json::object claims{{"iss", agent.id},     {"sub", agent.id},
                              {"aud", world.issuer}, {"iat", now},
                              {"exp", now + 60},     {"jti", make_id("jti", world.clock.now(), world.random)}};
    const auto assertion = secret(jose::sign(key, crypto::Algorithm::ES256, jose::thumbprint(key.public_key().parts()),
                                             "JWT", json::serialize(claims)));
    const Pairs form{{"grant_type", "client_credentials"},
                     {"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
                     {"client_assertion", assertion}};
    const KeyHolder holder(world);
    const http::Headers proven{{"DPoP", secret(holder.proof("POST", "/oauth2/token"))}};
    given(world.form("/oauth2/token", form, proven));
    EXPECT_EQ(error_of(world.form("/oauth2/token", form, proven)), "401 invalid_client");
    EXPECT_EQ(error_of(world.token(agent, {}, proven)), "400 invalid_dpop_proof");
    const auto pushed = text_at(given(push(agent, request(agent))), "request_uri");
    browse("/oauth2/authorize?client_id=" + agent.id + "&request_uri=" + percent_encode(pushed));
  }
  // What proves the client stands among what is pushed, and is not kept with it.
  void by_a_push() {
    auto form = request(agent);
    form.emplace_back("client_secret", agent.secret);
    given(world.form("/oauth2/par", form));
  }
  void by_an_administrator() {
    const auto path = "/v1/agents/" + other.id + "/credentials";
    const auto made = given(world.admin_call("POST", path, {{"type", "secret"}}, {{"Idempotency-Key", "one"}}));
    given(world.admin_call("POST", path + "/" + text_at(made, "id") + "/rotate", {{"overlap_s", 60}}));
  }
  void by_a_person() {
    const auto made = body_of(world.admin_call("POST", "/v1/users", {{"username", "carol"}}));
    const auto reset = given(world.admin_call("POST", "/v1/users/" + text_at(made, "id") + "/reset-code"));
    Person carol(world);
    const auto words = secret("five late trains home");
    const auto sets = [&](const std::string& by) {
      return carol.submit(carol.get("/sign-in/reset"), "/sign-in/reset",
                          {{"username", "carol"}, {"code", by}, {"password", words}}).status;
    };
    EXPECT_EQ(sets(secret("made-up-code")), 400);
    EXPECT_EQ(sets(text_at(reset, "code")), 303);
    EXPECT_EQ(carol.sign_in("carol", secret("four grey owls asleep")).status, 400);
    EXPECT_EQ(carol.sign_in("carol", words).status, 303);
    cookies(carol.cookies());
    const auto form = carol.get("/account/security/app");
    auto key = between(form.body, "<p class=\"key\"><code>", "</code>");
    std::erase(key, ' ');
    const auto shown = secret(key);
    secret(value_of(form, "enrolment"));
    const Secret app(base32_decoded(shown));
    const auto done = carol.submit(form, "/account/security/app",
                                   {{"code", signin::totp_code(app, signin::totp_step(world.clock.now()))}});
    EXPECT_EQ(done.status, 200) << done.body;
    const std::regex recovery("<li><code>([^<]*)</code></li>");
    const auto before = secrets.size();
    for (std::sregex_iterator at(done.body.begin(), done.body.end(), recovery), end; at != end; ++at)
      secret((*at)[1].str());
    EXPECT_GT(secrets.size(), before + 5) << "the recovery codes are on the page";
    cookies(carol.cookies());
  }

  // Every event, every record, and what is kept under a key.
  std::string written() {
    auto all = json::serialize(world.events());
    EXPECT_GT(world.events().size(), 20u);
    for (const auto& kind : directory::kinds) {
      const auto records = *world.store->list("default", kind.kind, {.limit = 1000});
      for (const auto& record : records) all += record.body + "\n";
    }
    const auto now = world.clock.now();
    for (int use = 0; use < 16; ++use) {
      const auto kept_as = static_cast<store::Use>(use);
      const auto names = *world.store->kept_keys(kept_as, "default", "", now, 1000);
      for (const auto& name : names) all += name + (*world.store->kept(kept_as, "default", name, now))->body + "\n";
    }
    return all;
  }
  std::set<std::string> secrets;
};

}  // namespace

TEST_F(Secrecy, a21_what_proves_something_is_in_no_event_no_record_and_no_line_of_the_log) {
  for (const auto& one : {agent, other, portal, world.admin}) secret(one.secret);
  testing::internal::CaptureStderr();
  by_an_exchange(by_a_code());
  by_an_assertion();
  by_a_push();
  by_an_administrator();
  by_a_person();
  const auto log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find(R"("event":"refused")"), std::string::npos);
  EXPECT_GT(secrets.size(), 30u);
  const auto all = log + written();
  EXPECT_NE(all.find(agent.id), std::string::npos) << "what names somebody is there";
  for (const auto& one : secrets)
    for (const auto& text : {one, percent_encode(one)})
      EXPECT_EQ(all.find(text), std::string::npos) << one.substr(0, 8) << "…, of " << one.size() << " octets";
}

// A scope is any word that a client sends; why it was not given is for the audit, whose readers are chosen.
TEST_F(Secrecy, a21_what_was_asked_for_is_in_the_event_of_the_refusal_and_not_in_the_log) {
  for (const std::string grant : {"client_credentials", "exchange"}) {
    const auto word = "MyPassw0rd." + grant;
    testing::internal::CaptureStderr();
    const Pairs asked{{"resource", invoices}, {"scope", word}};
    const auto answer = grant == "exchange" ? world.exchange(agent, by_a_code(), asked) : world.token(agent, asked);
    const auto log = testing::internal::GetCapturedStderr();
    EXPECT_EQ(error_of(answer), "400 invalid_scope") << grant;
    EXPECT_EQ(log.find(word), std::string::npos) << log;
    EXPECT_NE(log.find(R"("code":"invalid_scope")"), std::string::npos) << log;
    EXPECT_NE(json::serialize(world.events()).find("scope " + word + " dropped"), std::string::npos) << grant;
  }
}
