// RFC 6749: The OAuth 2.0 Authorization Framework, the token endpoint and client_credentials.
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "endpoints/endpoint.h"
#include "grants/all.h"
#include "oauth/basic.h"
#include "tests/kit/flow.h"
#include "tests/kit/world.h"

using namespace deputy;
using test::World;

namespace {

constexpr auto api = "https://api.example/invoices";
const http::Headers urlencoded{{"Content-Type", "application/x-www-form-urlencoded"}};

http::Headers with_basic(const test::Given& client) {
  return {{"Authorization", oauth::basic(client.id, client.secret)},
          {"Content-Type", "application/x-www-form-urlencoded"}};
}

}  // namespace

TEST(Rfc6749, s2_3_two_authentication_methods_are_refused) {
  World given;
  const auto agent = given.given_agent_at(api, {"read"});
  const auto response = given.token(agent, {{"client_secret", agent.secret}, {"client_id", agent.id}});
  EXPECT_EQ(test::error_of(response), "400 invalid_request");
}

TEST(Rfc6749, s2_3_1_secret_in_the_body_is_accepted) {
  World given;
  const auto agent = given.given_agent_at(api, {"read"});
  const auto response = given.form("/oauth2/token", {{"grant_type", "client_credentials"},
                                                     {"client_id", agent.id},
                                                     {"client_secret", agent.secret},
                                                     {"resource", api}});
  EXPECT_EQ(test::error_of(response), "200");
}

TEST(Rfc6749, s2_3_1_basic_credentials_are_form_decoded) {
  World given;
  const auto agent = given.given_agent_at(api, {"read"});
  // Every byte percent-encoded: the same id and secret to whoever decodes, others to whoever does not.
  std::string id, secret;
  for (const char c : agent.id) id.append("%").append(hex(std::string(1, c)));
  for (const char c : agent.secret) secret.append("%").append(hex(std::string(1, c)));
  const auto response =
      given.ask("POST", "/oauth2/token", "grant_type=client_credentials&resource=" + percent_encode(api),
                {{"Authorization", "Basic " + base64(id + ":" + secret)}, urlencoded.front()});
  EXPECT_EQ(test::error_of(response), "200");
}

TEST(Rfc6749, s3_1_parameters_must_not_be_repeated) {
  World given;
  const auto agent = given.given_agent_at(api, {"read"});
  for (const auto* twice : {"grant_type=client_credentials&grant_type=client_credentials",
                            "grant_type=client_credentials&scope=read&scope=read",
                            "grant_type=client_credentials&x=1&x=2"}) {
    const auto response = given.ask("POST", "/oauth2/token", twice, with_basic(agent));
    EXPECT_EQ(test::error_of(response), "400 invalid_request") << twice;
  }
}

TEST(Rfc6749, s3_1_unknown_parameters_are_ignored_and_empty_ones_omitted) {
  World given;
  const auto agent = given.given_agent_at(api, {"read"});
  const auto response = given.token(agent, {{"resource", api}, {"something", "else"}, {"scope", ""}});
  EXPECT_EQ(test::error_of(response), "200");
  EXPECT_EQ(test::text_at(test::body_of(response), "scope"), "read");
}

TEST(Rfc6749, s3_2_token_endpoint_is_post_only) {
  World given;
  const auto response = given.ask("GET", "/oauth2/token");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(std::count(response.headers.begin(), response.headers.end(),
                       std::pair<std::string, std::string>("Allow", "POST")),
            1);
}

TEST(Rfc9110, s10_2_1_allow_names_head_where_it_names_get) {
  World given;
  const auto response = given.ask("POST", "/oauth2/jwks");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(std::count(response.headers.begin(), response.headers.end(),
                       std::pair<std::string, std::string>("Allow", "GET, HEAD")),
            1);
}

TEST(Rfc6749, a21_parameters_in_the_query_are_refused) {
  World given;
  const auto agent = given.given_agent_at(api, {"read"});
  const auto response =
      given.ask("POST", "/oauth2/token?grant_type=client_credentials", "resource=x", with_basic(agent));
  EXPECT_EQ(test::error_of(response), "400 invalid_request");
}

TEST(Rfc6749, s3_2_wrong_content_type_and_bad_forms_are_invalid_request) {
  World given;
  const auto agent = given.given_agent_at(api, {"read"});
  const auto basic = with_basic(agent).front();
  const auto ask = [&](std::string body, std::string type) {
    return test::error_of(given.ask("POST", "/oauth2/token", std::move(body), {basic, {"Content-Type", type}}));
  };
  EXPECT_EQ(ask(R"({"grant_type":"client_credentials"})", "application/json"), "400 invalid_request");
  EXPECT_EQ(ask("grant_type=%", "application/x-www-form-urlencoded"), "400 invalid_request");
  EXPECT_EQ(ask("grant_type=%ff", "application/x-www-form-urlencoded"), "400 invalid_request");
  EXPECT_EQ(ask("grant_type=a%00b", "application/x-www-form-urlencoded"), "400 invalid_request");
  std::string many = "grant_type=client_credentials";
  for (int i = 0; i < 60; ++i) many += "&p" + std::to_string(i) + "=1";
  EXPECT_EQ(ask(many, "application/x-www-form-urlencoded"), "400 invalid_request");
  EXPECT_EQ(ask("grant_type=client_credentials&resource=" + percent_encode(api),
                "application/x-www-form-urlencoded; charset=UTF-8"),
            "200");
  const auto large = given.ask("POST", "/oauth2/token", "x=" + std::string(70'000, 'a'), with_basic(agent));
  EXPECT_EQ(large.status, 413);
}

TEST(Rfc6749, s3_3_scope_is_returned_and_narrowed) {
  World given;
  const auto resource = given.given_resource(api, {"read", "write", "delete"});
  const auto role = given.given_role("reader", resource, {"read", "write"});
  const auto agent = given.given_agent("a");
  given.given_assignment(role, agent.id);
  auto body = test::body_of(given.token(agent, {{"resource", api}, {"scope", "read delete unknown"}}));
  EXPECT_EQ(test::text_at(body, "scope"), "read");
  EXPECT_EQ(test::text_at(test::claims_of(test::text_at(body, "access_token")), "scope"), "read");
  body = test::body_of(given.token(agent, {{"resource", api}}));
  EXPECT_EQ(test::text_at(body, "scope"), "read write");
  const auto event = given.events("token.issue").front().as_object();
  EXPECT_EQ(test::text_at(event, "scope_asked"), "delete read unknown");
  EXPECT_EQ(test::text_at(event, "scope_given"), "read");
  EXPECT_NE(test::text_at(event, "reason").find("scope delete dropped: the client does not hold it"),
            std::string::npos);
  EXPECT_NE(test::text_at(event, "reason").find("scope unknown dropped: the resource does not define it"),
            std::string::npos);
}

TEST(Rfc6749, s5_2_nothing_left_of_the_scope_is_invalid_scope) {
  World given;
  given.given_resource(api, {"read"});
  const auto agent = given.given_agent("a");
  EXPECT_EQ(test::error_of(given.token(agent, {{"resource", api}, {"scope", "read"}})), "400 invalid_scope");
  EXPECT_EQ(test::text_at(given.events("token.issue").back().as_object(), "reason"),
            "invalid_scope: scope read dropped: the client does not hold it");
  EXPECT_EQ(test::error_of(given.token(agent, {{"resource", api}})), "400 invalid_scope");
  EXPECT_EQ(test::error_of(given.token(agent, {{"resource", api}, {"scope", "a  b"}})), "400 invalid_scope");
}

TEST(Rfc6749, s4_4_who_is_public_gets_no_token_of_its_own_by_a_secret_either) {
  World given;
  const auto agent = given.given_agent_at(api, {"read"});
  given.change(store::Kind::agent, agent.id, {{"public", true}});
  EXPECT_EQ(test::error_of(given.token(agent, {{"resource", api}})), "400 unauthorized_client");
  EXPECT_EQ(test::text_at(given.events("token.issue").back().as_object(), "decision"), "refused");
  given.change(store::Kind::agent, agent.id, {{"public", false}});
  EXPECT_EQ(test::error_of(given.token(agent, {{"resource", api}})), "200");
}

TEST(Rfc6749, s5_1_answer_is_not_cached) {
  World given;
  const auto agent = given.given_agent_at(api, {"read"});
  const auto response = given.token(agent, {{"resource", api}});
  EXPECT_EQ(std::count(response.headers.begin(), response.headers.end(),
                       std::pair<std::string, std::string>("Cache-Control", "no-store")),
            1);
  const auto body = test::body_of(response);
  EXPECT_EQ(test::text_at(body, "token_type"), "Bearer");
  EXPECT_EQ(json_integer(body, "expires_in"), 300);
  EXPECT_FALSE(body.contains("refresh_token"));  // §4.4.3
}

TEST(Rfc6749, s5_2_invalid_client_is_401_with_a_challenge) {
  World given;
  const auto agent = given.given_agent_at(api, {"read"});
  const auto response = given.token({agent.id, "dsk_wrong"}, {{"resource", api}});
  EXPECT_EQ(test::error_of(response), "401 invalid_client");
  EXPECT_TRUE(std::any_of(response.headers.begin(), response.headers.end(), [](const auto& header) {
    return header.first == "WWW-Authenticate" && header.second.starts_with("Basic ");
  }));
}

TEST(Rfc6749, s5_2_grant_types_are_exact) {
  World given;
  const auto agent = given.given_agent_at(api, {"read"});
  EXPECT_EQ(test::error_of(given.ask("POST", "/oauth2/token", "scope=read", with_basic(agent))), "400 invalid_request");
  for (const auto* type : {"password", "implicit", "CLIENT_CREDENTIALS", "client_credentials "})
    EXPECT_EQ(
        test::error_of(given.ask("POST", "/oauth2/token", "grant_type=" + percent_encode(type), with_basic(agent))),
        "400 unsupported_grant_type")
        << type;
}

TEST(Rfc6749, s5_2_errors_never_echo_what_was_sent) {
  World given;
  const auto agent = given.given_agent_at(api, {"read"});
  const std::string marker = "zzmarkerzz";
  for (const auto& parameters :
       std::vector<std::vector<std::pair<std::string, std::string>>>{{{"resource", "https://" + marker + ".example"}},
                                                                     {{"scope", marker}, {"resource", api}},
                                                                     {{marker, "\x01"}}}) {
    const auto response = given.token(agent, parameters);
    EXPECT_GE(response.status, 400);
    EXPECT_EQ(response.body.find(marker), std::string::npos) << response.body;
  }
}

TEST(Rfc6749, s5_2_errors_say_what_to_do) {
  World given;
  const auto agent = given.given_agent_at(api, {"read"});
  const auto said = [](const http::Response& response) {
    return test::text_at(test::body_of(response), "error_description");
  };
  EXPECT_EQ(said(given.ask("POST", "/oauth2/token", "scope=read", with_basic(agent))), "grant_type is missing");
  EXPECT_EQ(said(given.ask("POST", "/oauth2/token", "grant_type=password", with_basic(agent))),
            "this server does not speak that grant: see its metadata");
  EXPECT_FALSE(said(given.token({agent.id, "dsk_wrong"}, {{"resource", api}})).empty());
  EXPECT_FALSE(said(given.token(agent, {{"resource", "https://api.example/other"}})).empty());
  // What failed below is nobody's to know; what to do about it is.
  for (const auto kind : {Fault::Kind::unavailable, Fault::Kind::corrupt}) {
    const oauth::Error error(Fault{kind, "the disk of node 7"});
    const auto answer = endpoints::oauth_error(given.app(), error);
    EXPECT_EQ(said(answer), oauth::row(error.code).doc);
    EXPECT_EQ(answer.body.find("node 7"), std::string::npos) << answer.body;
  }
}

namespace {

// Of each grant a request that succeeds, with artefacts of its own.
struct Requests : test::Flow {
  Requests() {
    sign_in();
    consent(agent);
    world.given_assignment(role, agent.id);
  }
  test::Pairs of(const grants::Grant* grant) {
    test::Pairs form{{"grant_type", std::string(grant->grant_type)}};
    const auto add = [&](const char* name, std::string_view value) { form.emplace_back(name, value); };
    const auto of_a_code = [&](const char* name) {
      return test::text_at(test::body_of(redeem(agent, code(agent))), name);
    };
    if (grant == &grants::client_credentials) {
      add("resource", invoices);
    } else if (grant == &grants::token_exchange) {
      add("subject_token", of_a_code("access_token"));
      add("subject_token_type", "urn:ietf:params:oauth:token-type:access_token");
    } else if (grant == &grants::authorization_code) {
      add("code", code(agent));
      add("code_verifier", verifier);
    } else if (grant == &grants::refresh_token) {
      add("refresh_token", of_a_code("refresh_token"));
    } else {
      ADD_FAILURE() << grant->grant_type << ": say here what it takes to succeed";
    }
    return form;
  }
};

test::Pairs repeated(test::Pairs form, std::string_view name) {
  const auto is_it = [&](const auto& one) { return one.first == name; };
  const auto found = std::find_if(form.begin(), form.end(), is_it);
  const std::string value = found == form.end() ? "a" : found->second;
  while (std::count_if(form.begin(), form.end(), is_it) < 2) form.emplace_back(name, value);
  return form;
}

}  // namespace

// Generated from the table: what no grant may do, a grant that is added tomorrow may not do either.
TEST(Grants, each_refuses_an_unknown_client_a_repeated_parameter_and_a_foreign_scope) {
  Requests flow;
  std::set<std::string_view> names;
  for (const auto* grant : grants::all) {
    EXPECT_TRUE(names.insert(grant->grant_type).second);
    EXPECT_TRUE(grant->source.starts_with("RFC"));
    EXPECT_EQ(grants::find(grant->grant_type), grant);
    const auto good = flow.of(grant);
    EXPECT_EQ(test::error_of(flow.token_request({"agt_nobody", "dsk_x"}, good)), "401 invalid_client");
    std::vector<std::string_view> parameters(grant->parameters.begin(), grant->parameters.end());
    parameters.push_back("grant_type");
    for (const auto parameter : parameters) {
      if (parameter == "resource" || parameter == "audience") continue;  // RFC 8707 §2, RFC 8693 §2.1: may repeat
      const auto response = flow.token_request(flow.agent, repeated(good, parameter));
      EXPECT_EQ(test::error_of(response), "400 invalid_request") << grant->grant_type << " " << parameter;
      EXPECT_EQ(test::text_at(test::body_of(response), "error_description"),
                "a parameter is repeated: send each parameter once")
          << grant->grant_type << " " << parameter;
    }
    auto foreign = good;
    foreign.emplace_back("scope", "pay");
    EXPECT_EQ(test::error_of(flow.token_request(flow.agent, foreign)), "400 invalid_scope") << grant->grant_type;
    EXPECT_EQ(test::error_of(flow.token_request(flow.agent, good)), "200") << grant->grant_type;
  }
}
