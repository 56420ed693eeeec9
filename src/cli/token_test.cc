// Tokens got and tokens judged.
#include <gtest/gtest.h>

#include "cli/test_world.h"
#include "client/table_transport.h"
#include "jose/jwt.h"
#include "oauth/dpop.h"

namespace deputy::cli::test {
namespace {

using crypto::Algorithm;

class TokenTest : public testing::Test {
 protected:
  TokenTest() {
    server.serve("https://id.test");
    server.on("GET https://id.test/oauth2/jwks", 200, jwks(key, "k1"));
  }
  static std::string jwks(const crypto::PrivateKey& key, const std::string& kid) {
    return json::serialize(
        json::object{{"keys", json::array{jose::public_jwk(key.public_key(), kid, Algorithm::ES256)}}});
  }
  std::string token(const std::string& issuer = "https://id.test", const std::string& kid = "k1") const {
    return jose::sign(key, Algorithm::ES256, kid, "at+jwt",
                      R"({"iss":")" + issuer + R"(","aud":"https://b.test","sub":"agt_1","exp":1796000240})");
  }
  int inspect(const std::string& text, std::vector<const char*> more = {}) {
    std::vector<const char*> words{"token", "inspect"};
    words.insert(words.end(), more.begin(), more.end());
    return world.run(words, text + "\n");
  }

  crypto::PrivateKey key = crypto::PrivateKey::generate(Algorithm::ES256);
  client::TableTransport server;
  TestWorld world{server};
};

TEST_F(TokenTest, is_printed_alone) {
  ASSERT_EQ(world.run({"token", "get", "--resource", "https://b.test", "--scope", "a b"}), 0) << world.err;
  EXPECT_EQ(world.out, "t0ken\n");
  EXPECT_EQ(server.calls.back().body,
            "grant_type=client_credentials&resource=https%3A%2F%2Fb.test&scope=a%20b");
  ASSERT_EQ(world.run({"token", "get", "--resource", "https://b.test", "--output", "json"}), 0);
  EXPECT_EQ(json::parse(world.out).at("expires_in"), 300);
  ASSERT_EQ(world.run({"token", "get", "--resource", "deputy"}), 0) << world.err;
  EXPECT_EQ(server.calls.back().body, "grant_type=client_credentials&resource=https%3A%2F%2Fid.test%2Fv1");
  EXPECT_EQ(world.run({"token", "get"}), 2);
}

TEST_F(TokenTest, is_bound_to_a_key_that_is_made_once_and_kept_privately) {
  const auto proven = [&](const http::Call& call, std::optional<std::string_view> token = std::nullopt) {
    const auto proof = oauth::verify_proof(http::only_value(call.headers, "DPoP").value_or(""),
                                           {.method = call.method, .url = call.url, .access_token = token},
                                           world.clock.now());
    return proof ? proof->jkt : std::string(name_of(proof.error()));
  };
  ASSERT_EQ(world.run({"token", "get", "--resource", "https://b.test", "--dpop"}), 0) << world.err;
  EXPECT_EQ(world.out, "t0ken\n");
  const auto jkt = proven(server.calls.back());
  EXPECT_TRUE(oauth::is_thumbprint(jkt)) << jkt;
  const auto file = world.home / ".config/deputy/dpop.jwk";
  EXPECT_EQ(std::filesystem::status(file).permissions(), std::filesystem::perms(0600));
  ASSERT_EQ(world.run({"token", "get", "--resource", "https://b.test", "--dpop"}), 0);
  EXPECT_EQ(proven(server.calls.back()), jkt);

  ASSERT_EQ(world.run({"token", "proof", "--token-file", "-", "--method", "GET", "--url", "https://b.test/x"}, "t0ken"),
            0);
  EXPECT_EQ(proven({.method = "GET", .url = "https://b.test/x",
                    .headers = {{"DPoP", world.out.substr(0, world.out.size() - 1)}}}, "t0ken"), jkt);

  std::filesystem::permissions(file, std::filesystem::perms(0644));
  EXPECT_EQ(world.run({"token", "get", "--resource", "https://b.test", "--dpop"}), 1);
  EXPECT_NE(world.err.find("chmod 600"), std::string::npos);
}

TEST_F(TokenTest, is_not_got_with_the_secret_of_another_client) {
  const std::vector<const char*> get{"token", "get", "--resource", "https://b.test", "--client-id", "agt_other"};
  EXPECT_EQ(world.run(get), 2);
  EXPECT_EQ(world.err, "deputy: name --secret-file: the secret in the environment is that of another client\n");
  EXPECT_EQ(world.run({"login", "--server", "https://id.test", "--client-id", "agt_other"}), 2);
  EXPECT_EQ(world.run({"login", "--server", "https://other.test", "--client-id", "agt_admin"}), 2);
  EXPECT_TRUE(server.calls.empty());
  world.environment["DEPUTY_CLIENT_ID"] = "agt_other";
  EXPECT_EQ(world.run(get), 0) << world.err;
  world.environment.erase("DEPUTY_CLIENT_ID");
  EXPECT_EQ(world.run(get), 0) << "a secret without a name is that of whom the line names: " << world.err;
}

TEST_F(TokenTest, is_proved_only_where_the_proof_can_be_taken) {
  const auto prove = [&](const std::string& text, const char* method, const char* url) {
    return world.run({"token", "proof", "--token-file", "-", "--method", method, "--url", url, "--output", "json"},
                     text);
  };
  const auto bound_to = [&](const std::string& jkt) {
    return jose::sign(key, Algorithm::ES256, "k1", "at+jwt", R"({"cnf":{"jkt":")" + jkt + "\"}}");
  };
  ASSERT_EQ(prove("opaque", "GET", "https://b.test/x"), 0) << world.err;
  const std::string jkt(json::parse(world.out).at("jkt").as_string());
  EXPECT_EQ(prove(bound_to(jkt), "M-SEARCH", "http://localhost:1/x?y"), 0) << world.err;
  EXPECT_EQ(prove(bound_to("another"), "GET", "https://b.test/x"), 1);
  EXPECT_NE(world.err.find("another key than yours"), std::string::npos) << world.err;
  EXPECT_EQ(prove(token(), "GET", "https://b.test/x"), 1);
  EXPECT_NE(world.err.find("bound to no key"), std::string::npos) << world.err;
  EXPECT_EQ(prove("opaque", "G T", "https://b.test/x"), 2);
  EXPECT_EQ(prove("opaque", "GET", "foo"), 2);
}

TEST_F(TokenTest, that_must_be_bound_is_asked_for_with_dpop) {
  server.on("POST https://id.test/oauth2/token", 400,
            R"({"error":"invalid_dpop_proof","error_description":"the resource demands a bound token: send a DPoP proof"})");
  EXPECT_EQ(world.run({"token", "get", "--resource", "https://b.test"}), 1);
  const std::string said = "the resource demands a bound token: send a DPoP proof (HTTP 400, invalid_dpop_proof); "
                           "name --dpop";
  EXPECT_NE(world.err.find(said), std::string::npos) << world.err;
  EXPECT_EQ(world.run({"token", "exchange", "--subject-token-file", "-"}, "t0ken"), 1);
  EXPECT_NE(world.err.find(said), std::string::npos) << world.err;
}

TEST_F(TokenTest, that_is_bound_says_to_whose_key) {
  ASSERT_EQ(world.run({"token", "proof", "--token-file", "-", "--method", "GET", "--url", "https://b.test/x",
                       "--output", "json"}, "t0ken"), 0);
  const std::string jkt(json::parse(world.out).at("jkt").as_string());
  const auto bound = [&](const std::string& to) {
    return jose::sign(key, Algorithm::ES256, "k1", "at+jwt",
                      R"({"iss":"https://id.test","aud":"https://b.test","exp":1796000240,"cnf":{"jkt":")" + to + "\"}}");
  };
  ASSERT_EQ(inspect(bound(jkt)), 0);
  EXPECT_NE(world.out.find("Binding\n  to the key " + jkt + ", which is yours\n"), std::string::npos) << world.out;
  ASSERT_EQ(inspect(bound("another")), 0);
  EXPECT_NE(world.out.find("to the key another, not yours\n"), std::string::npos) << world.out;
  ASSERT_EQ(inspect(token()), 0);
  EXPECT_EQ(world.out.find("Binding"), std::string::npos);
}

TEST_F(TokenTest, that_verifies_says_so_and_exits_with_0) {
  ASSERT_EQ(inspect(token()), 0) << world.out << world.err;
  EXPECT_NE(world.out.find("  typ  at+jwt\n"), std::string::npos);
  EXPECT_NE(world.out.find("  exp  1796000240 (2026-11-30T00:57:20.000Z, in 4 min)\n"), std::string::npos);
  EXPECT_NE(world.out.find("verifies: ES256 by keys of https://id.test, read now\n"), std::string::npos);
  const std::string text = token();
  EXPECT_EQ(world.run({"token", "inspect", text.c_str(), "--audience", "https://b.test", "--type", "at+jwt"}), 0);
  EXPECT_EQ(world.run({"token", "inspect", "-"}, text), 0);
}

TEST_F(TokenTest, that_does_not_verify_says_why_and_exits_with_1) {
  const auto reason = [&](const std::string& text, std::vector<const char*> more = {}) {
    more.insert(more.end(), {"--output", "json"});
    EXPECT_EQ(inspect(text, more), 1) << world.out;
    return std::string(json::parse(world.out).at("reason").as_string());
  };
  EXPECT_EQ(reason(token(), {"--audience", "https://c.test"}), jose::name_of(jose::Reject::audience));
  EXPECT_EQ(reason(token(), {"--type", "jwt"}), jose::name_of(jose::Reject::type));
  EXPECT_EQ(reason(token("https://evil.test")), jose::name_of(jose::Reject::issuer));
  EXPECT_EQ(reason(token("https://id.test", "k2")), jose::name_of(jose::Reject::key));
  EXPECT_EQ(reason("dat_opaque"), jose::name_of(jose::Reject::malformed));
  std::string altered = token();
  altered.back() = altered.back() == 'A' ? 'Q' : 'A';
  EXPECT_EQ(reason(altered), jose::name_of(jose::Reject::signature));
  world.clock.at += Seconds(300);
  EXPECT_EQ(reason(token()), jose::name_of(jose::Reject::expired));
}

TEST_F(TokenTest, a10_never_sends_anyone_to_the_issuer_a_token_names) {
  EXPECT_EQ(inspect(token("https://evil.test")), 1);
  EXPECT_TRUE(server.calls.empty());
}

TEST_F(TokenTest, is_judged_by_kept_keys_until_they_are_old_or_lack_its_key) {
  ASSERT_EQ(inspect(token()), 0);
  const std::size_t asked = server.calls.size();
  ASSERT_EQ(inspect(token()), 0);
  EXPECT_EQ(server.calls.size(), asked);
  EXPECT_EQ(inspect(token("https://id.test", "k2")), 1);
  EXPECT_GT(server.calls.size(), asked) << "a key not yet seen is looked for";
  server.on("GET https://id.test/.well-known", [](const http::Call&) -> Result<http::Reply, Fault> {
    return Fail{Fault{Fault::Kind::unavailable, "no network"}};
  });
  world.clock.at += Seconds(200);
  ASSERT_EQ(inspect(token()), 0) << world.out;
  EXPECT_NE(world.out.find("read 200 s ago"), std::string::npos);
}

TEST_F(TokenTest, is_judged_without_a_network_by_a_file_of_keys) {
  const std::string file = world.file("keys.json", jwks(key, "k1"));
  world.environment.erase("DEPUTY_SERVER");
  EXPECT_EQ(inspect(token(), {"--jwks", file.c_str()}), 0) << world.out << world.err;
  EXPECT_EQ(inspect(token(), {"--jwks", file.c_str(), "--issuer", "https://other.test"}), 1);
  const std::string other = world.file("other.json", jwks(crypto::PrivateKey::generate(Algorithm::ES256), "k1"));
  EXPECT_EQ(inspect(token(), {"--jwks", other.c_str()}), 1);
  EXPECT_TRUE(server.calls.empty());
}

TEST_F(TokenTest, is_shown_where_there_are_no_keys_to_judge_it_by) {
  const auto told = [&](const std::string& why) {
    EXPECT_EQ(inspect(token()), 1);
    EXPECT_NE(world.out.find("  sub  agt_1\n"), std::string::npos) << world.out;
    EXPECT_NE(world.out.find("Verdict\n  cannot be verified: " + why), std::string::npos) << world.out;
    EXPECT_NE(world.out.find("; --jwks and --issuer name other keys\n"), std::string::npos) << world.out;
  };
  server.on("GET https://id.test/.well-known", [](const http::Call&) -> Result<http::Reply, Fault> {
    return Fail{Fault{Fault::Kind::unavailable, "no network"}};
  });
  told("");
  world.environment.erase("DEPUTY_SERVER");
  told("not signed in: run `deputy login`");
  EXPECT_EQ(inspect(token(), {"--profile", "nobodys"}), 2) << "that line is wrong";
}

TEST_F(TokenTest, that_is_a_file_is_to_be_piped_in) {
  const std::string file = world.file("t1", token());
  EXPECT_EQ(world.run({"token", "inspect", file.c_str()}), 2);
  EXPECT_EQ(world.err, "deputy: that is a file; a token in a file is piped in: `deputy token inspect - < FILE`\n");
  EXPECT_EQ(inspect(""), 2);
  EXPECT_EQ(world.err, "deputy: there is no token; pipe it in, or name it\n");
}

TEST_F(TokenTest, a40_that_nobody_vouches_for_does_not_steer_the_terminal) {
  const std::string forged = token("\u202eevil", "\u202ekid");
  EXPECT_EQ(inspect(forged), 1);
  EXPECT_NE(world.out.find("  kid  \\u202ekid\n"), std::string::npos) << world.out;
  EXPECT_NE(world.out.find("  iss  \\u202eevil\n"), std::string::npos) << world.out;
  EXPECT_EQ(inspect(forged, {"--output", "json"}), 1);
  EXPECT_EQ(world.out.find("\u202e"), std::string::npos) << world.out;
  EXPECT_EQ(json::parse(world.out).at("claims").at("iss").as_string(), "\u202eevil");
}

TEST_F(TokenTest, a9_of_no_algorithm_is_shown_but_refused) {
  EXPECT_EQ(inspect("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0."), 1);
  EXPECT_NE(world.out.find("  alg  none\n"), std::string::npos);
  EXPECT_NE(world.out.find("does not verify"), std::string::npos);
}

}  // namespace
}  // namespace deputy::cli::test
