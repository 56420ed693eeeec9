// A client with a key: what it proves, and how it takes up a server's nonce.
#include "client/dpop_key.h"

#include <gtest/gtest.h>

#include "client/api.h"
#include "client/table_transport.h"
#include "oauth/dpop.h"

namespace deputy::client {
namespace {

class StillClock final : public Clock {
 public:
  Instant now() const override { return from_unix_seconds(1'796'000'000); }
};

class DpopKeyTest : public testing::Test {
 protected:
  DpopKeyTest() {
    server.serve("https://id.test");
    api.bind_to(key);
  }
  static std::string header(const http::Call& call, std::string_view name) {
    return std::string(http::only_value(call.headers, name).value_or(""));
  }
  // Answers with a nonce in any case, and with `refusal` where the call does not bear that nonce.
  void demand_nonce(const std::string& start, const http::Reply& refusal, const http::Reply& answer) {
    server.on(start, [=, this](const http::Call& call) {
      const auto proof = oauth::verify_proof(header(call, "DPoP"), of(call), clock.now());
      auto reply = proof && proof->nonce == "n1" ? answer : refusal;
      reply.headers.emplace_back("DPoP-Nonce", "n1");
      return Result<http::Reply, Fault>(reply);
    });
  }
  static oauth::ProofOf of(const http::Call& call) {
    const auto authorization = http::only_value(call.headers, "Authorization").value_or("");
    oauth::ProofOf of{.method = call.method, .url = call.url};
    if (authorization.starts_with("DPoP ")) of.access_token = authorization.substr(5);
    return of;
  }

  TableTransport server;
  StillClock clock;
  SystemRandom random;
  Api api{server, clock, random, "https://id.test", Credentials{"agt_1", Secret("dsk_1")}};
  DpopKey key{crypto::PrivateKey::generate(crypto::Algorithm::ES256), clock, random};
};

}  // namespace

TEST_F(DpopKeyTest, proves_its_key_for_a_token_and_at_each_call) {
  server.on("GET https://id.test/v1/agents", 200, R"({"items":[]})");
  ASSERT_TRUE(api.list("/agents"));
  ASSERT_TRUE(api.list("/agents"));
  std::set<std::string> ids;
  for (const auto& call : server.calls) {
    if (call.url.find(".well-known") != std::string::npos) continue;
    const auto proof = oauth::verify_proof(header(call, "DPoP"), of(call), clock.now());
    ASSERT_TRUE(proof) << call.url << " " << name_of(proof.error());
    EXPECT_EQ(proof->jkt, key.thumbprint());
    ids.insert(proof->jti);
  }
  EXPECT_EQ(ids.size(), 3u);  // a token, and two calls with it
  EXPECT_EQ(header(server.calls.back(), "Authorization"), "DPoP t0ken");
}

TEST_F(DpopKeyTest, s8_makes_a_token_request_again_with_the_nonce_and_keeps_it) {
  demand_nonce("POST https://id.test/oauth2/token", {400, {}, R"({"error":"use_dpop_nonce"})"},
               {200, {}, R"({"access_token":"t0ken","token_type":"DPoP","expires_in":300})"});
  ASSERT_TRUE(api.token("https://a.test", ""));
  EXPECT_EQ(server.calls.size(), 3u);  // metadata, refused, granted
  ASSERT_TRUE(api.token("https://b.test", ""));
  EXPECT_EQ(server.calls.size(), 4u);
}

TEST_F(DpopKeyTest, s9_makes_a_call_again_with_the_nonce_of_the_resource) {
  demand_nonce("GET https://id.test/v1/agents", {401, {}, R"({"status":401})"}, {200, {}, R"({"items":[]})"});
  EXPECT_TRUE(api.list("/agents"));
}

TEST_F(DpopKeyTest, asks_once_only_where_the_nonce_does_not_help) {
  server.on("POST https://id.test/oauth2/token", 400, R"({"error":"use_dpop_nonce"})", {{"DPoP-Nonce", "n1"}});
  EXPECT_FALSE(api.token("https://a.test", ""));
  EXPECT_EQ(server.calls.size(), 3u);
  EXPECT_FALSE(api.token("https://a.test", ""));
  EXPECT_EQ(server.calls.size(), 4u);  // it is the nonce that was sent
}

}  // namespace deputy::client
