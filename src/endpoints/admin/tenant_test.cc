// Tenants: an issuer, keys and a directory each, and no way from one into another.
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/metrics.h"
#include "endpoints/admin/frame/records.h"
#include "endpoints/routing.h"
#include "oauth/basic.h"
#include "tests/kit/administration.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Tenants : testing::Test, Administration {
  struct Made {
    std::string slug, issuer;
    Given admin;
  };
  Made made(std::string slug) {
    const auto document = create("tenants", {{"id", slug}, {"name", "Tenant " + slug}});
    const auto* first = json_member_object(document, "admin");
    EXPECT_NE(first, nullptr);
    return {slug, issuer + "/t/" + slug, {text_at(*first, "client_id"), text_at(*first, "secret")}};
  }
  std::string token_at(const Made& tenant) {
    const auto response = form("/t/" + tenant.slug + "/oauth2/token", {{"grant_type", "client_credentials"}},
                               {{"Authorization", oauth::basic(tenant.admin.id, tenant.admin.secret)}});
    EXPECT_EQ(response.status, 200) << response.body;
    return text_at(body_of(response), "access_token");
  }
};

}  // namespace

TEST_F(Tenants, a_new_tenant_has_an_administrator_keys_and_its_own_api) {
  const auto acme = made("acme");
  const auto token = token_at(acme);
  EXPECT_EQ(text_at(claims_of(token), "iss"), acme.issuer);
  EXPECT_EQ(text_at(claims_of(token), "aud"), acme.issuer + "/v1");
  EXPECT_EQ(items_of(call(token, "GET", "/t/acme/v1/roles"), "name"),
            (std::vector<std::string>{"administrator", "auditor"}));
  EXPECT_EQ(items_of(call(token, "GET", "/t/acme/v1/resources"), "identifier"),
            (std::vector<std::string>{acme.issuer + "/v1"}));
  EXPECT_EQ(items_of(call(token, "GET", "/t/acme/v1/users"), "username"), (std::vector<std::string>{"admin"}));
  const auto made_event = body_of(call(token, "GET", "/t/acme/v1/events?action=tenant.create"));
  EXPECT_EQ(made_event.at("items").as_array().size(), 1u);
  EXPECT_EQ(items_of(call(admin_token(), "GET", "/v1/tenants")), (std::vector<std::string>{"acme", "default"}));
}

// Primes are looked for where passwords are hashed, for whoever may have that done.
TEST_F(Tenants, a42_rsa_keys_are_not_made_on_a_reactor) {
  const auto keys = body_of(call(admin_token(), "GET", "/v1/keys"));
  std::string rsa, other;
  for (const auto& key : keys.at("items").as_array())
    (key.at("algorithm") == "RS256" ? rsa : other) = std::string(key.at("kid").as_string());
  const auto is_later = [&](const std::string& path, const std::string& token) {
    http::Request request{.method = "POST", .path = path, .headers = {{"Authorization", "Bearer " + token}}};
    request.correlation_id = "req", request.peer = "127.0.0.1", request.secure = true;
    const auto match = endpoints::find_route("POST", path);
    return match.route->endpoint({request, "default", issuer, match.params, clock.now()}, app()).later.has_value();
  };
  EXPECT_TRUE(is_later("/v1/tenants", admin_token()));
  EXPECT_TRUE(is_later("/v1/keys/rotate", admin_token()));
  EXPECT_TRUE(is_later("/v1/keys/" + rsa + "/compromised", admin_token()));
  EXPECT_FALSE(is_later("/v1/keys/" + other + "/compromised", admin_token()));
  EXPECT_FALSE(is_later("/v1/tenants", token_of(officer("olga", {"agents:write"}))));
  EXPECT_FALSE(is_later("/v1/tenants", "nobody's"));
}

TEST_F(Tenants, a42_where_that_pool_is_full_the_refusal_is_counted_and_on_record_as_any_other) {
  const auto token = admin_token();
  const auto before = events("tenant.create").size();
  app().sign_in.pool.close();  // it takes nothing more, as where its queue is full
  const auto refused = call(token, "POST", "/v1/tenants", {{"id", "acme"}, {"name", "Acme"}});
  EXPECT_EQ(problem_of(refused), "503 temporarily_unavailable");
  EXPECT_EQ(all_headers(refused, "Retry-After"), "1");
  const auto all = events("tenant.create");
  ASSERT_EQ(all.size(), before + 1);
  const auto& event = all.back().as_object();
  EXPECT_EQ(text_at(event, "decision"), "refused");
  EXPECT_EQ(text_at(event, "actor"), admin.id);
  EXPECT_EQ(text_at(event, "correlation_id"), text_at(body_of(refused), "correlation_id"));
  EXPECT_NE(metrics::text().find(R"(deputy_refused_total{action="tenant.create",code="temporarily_unavailable"})"),
            std::string::npos);
}

TEST_F(Tenants, a38_a_token_of_one_tenant_opens_nothing_in_another) {
  const auto acme = made("acme"), other = made("other");
  const auto token = token_at(acme);
  for (const auto* path : {"/v1/agents", "/t/other/v1/agents", "/v1/tenants"})
    EXPECT_EQ(problem_of(call(token, "GET", path)), "401 invalid_token") << path;
  EXPECT_EQ(problem_of(call(admin_token(), "GET", "/t/acme/v1/agents")), "401 invalid_token");
  const auto challenge = header_at(call(token, "GET", "/t/other/v1/agents"), "WWW-Authenticate");
  EXPECT_NE(challenge.find("/.well-known/oauth-protected-resource/t/other/v1\""), std::string::npos) << challenge;
}

TEST_F(Tenants, a38_the_logs_key_is_the_default_tenants_matter) {
  const auto token = token_at(made("acme"));
  EXPECT_EQ(problem_of(call(token, "POST", "/t/acme/v1/audit/key/rotate")), "404 not_found");
  EXPECT_EQ(call(token, "GET", "/t/acme/v1/audit/key").status, 200);
  EXPECT_EQ(problem_of(call(admin_token(), "POST", "/v1/audit/key/rotate")), "201");
}

TEST_F(Tenants, a38_records_of_one_tenant_are_not_there_in_another) {
  const auto acme = made("acme");
  const auto token = token_at(acme);
  const auto foreign = agent_of(admin.id);
  EXPECT_EQ(problem_of(call(token, "GET", "/t/acme/v1/agents/" + foreign)), "404 not_found");
  EXPECT_EQ(problem_of(call(token, "POST", "/t/acme/v1/agents/" + foreign + "/suspend")), "404 not_found");
  EXPECT_EQ(problem_of(call(token, "POST", "/t/acme/v1/agents/" + foreign + "/credentials", {{"type", "secret"}})),
            "404 not_found");
  const auto borrowed = call(token, "POST", "/t/acme/v1/agents", {{"name", "x"}, {"owner", admin.id}});
  EXPECT_EQ(problem_of(borrowed), "422 missing_reference");
  EXPECT_EQ(text_at(body_of(borrowed), "field"), "owner");
  const auto seen = call(token, "GET", "/t/acme/v1/events?limit=200").body;
  EXPECT_EQ(seen.find("agent.create\",\"decision\":\"done"), std::string::npos);
  EXPECT_TRUE(items_of(call(token, "GET", "/t/acme/v1/revocations"), "target").empty());
}

TEST_F(Tenants, only_the_default_tenants_administrators_make_or_see_tenants) {
  const auto acme = made("acme");
  const auto token = token_at(acme);
  EXPECT_EQ(problem_of(call(token, "GET", "/t/acme/v1/tenants")), "403 insufficient_scope");
  EXPECT_EQ(problem_of(call(token, "POST", "/t/acme/v1/tenants", {{"id", "x"}, {"name", "X"}})),
            "403 insufficient_scope");
}

// Even a tenant whose own API came to define the scopes, by another hand or an earlier version, makes no tenants.
TEST_F(Tenants, a38_a_scope_alone_does_not_make_a_tenant_the_default_one) {
  const auto acme = made("acme");
  const auto found = store->find("acme", store::Kind::resource, "identifier", acme.issuer + "/v1");
  ASSERT_TRUE(found && *found);
  auto body = json::parse((*found)->body).as_object();
  for (const auto* scope : {"tenants:read", "tenants:write"})
    body["scopes"].as_array().push_back(json::object{{"name", scope}});
  ASSERT_TRUE(store->commit_now({endpoints::admin::record_put("acme", store::Kind::resource, (*found)->id,
                                                              (*found)->id, body, (*found)->version, clock.now())}));
  const auto token = token_at(acme);
  EXPECT_EQ(problem_of(call(token, "GET", "/t/acme/v1/tenants")), "404 not_found");
  EXPECT_EQ(problem_of(call(token, "GET", "/t/acme/v1/tenants/acme")), "404 not_found");
  EXPECT_EQ(problem_of(call(token, "POST", "/t/acme/v1/tenants", {{"id", "x"}, {"name", "X"}})), "404 not_found");
}

TEST_F(Tenants, refuses_ids_that_are_taken_reserved_or_no_slugs) {
  (void)made("acme");
  const auto refuse = [&](std::string_view id) {
    return problem_of(call(admin_token(), "POST", "/v1/tenants", {{"id", id}, {"name", "X"}}));
  };
  EXPECT_EQ(refuse("acme"), "409 not_unique");
  for (const auto* id : {"default", "v1", "oauth2", "t", "", "Acme", "a/b", "../a", "a_b", "-a", "a-", "\u00e9"})
    EXPECT_EQ(refuse(id), "400 invalid_field") << id;
  EXPECT_EQ(refuse(std::string(64, 'a')), "400 invalid_field");
  EXPECT_EQ(problem_of(call(admin_token(), "POST", "/v1/tenants", {{"id", "new"}})), "400 invalid_field");
}

TEST_F(Tenants, what_is_changed_of_a_tenant_is_in_its_own_log) {
  (void)made("acme");
  ASSERT_EQ(call(admin_token(), "PATCH", "/v1/tenants/acme", {{"sign_in_totp", false}}).status, 200);
  const auto told_in = [&](const std::string& tenant) {
    std::vector<std::string> changes;
    const auto read = store->events(tenant, {.action = "tenant.update"}, {});
    EXPECT_TRUE(read);
    for (const auto& one : read->events) {
      const auto event = *parse_json_object(one.body);
      changes.push_back(json::serialize(event.at("changes")));
    }
    return changes;
  };
  const auto theirs = told_in("acme");
  ASSERT_EQ(theirs.size(), 1u);
  EXPECT_NE(theirs[0].find("sign_in_totp"), std::string::npos) << theirs[0];
  EXPECT_EQ(told_in("default"), theirs);
}

TEST_F(Tenants, a40_what_names_no_tenant_is_in_no_event) {
  (void)made("acme");
  const std::string steering = "\u202e\n\x1b[31mFORGED", long_word(12'000, 'b');
  for (const auto& word : {steering, long_word, std::string("nobody")}) {
    const auto path = "/v1/tenants/" + percent_encode(word);
    EXPECT_EQ(problem_of(call(admin_token(), "GET", path)), "404 not_found");
    EXPECT_EQ(problem_of(call(admin_token(), "PATCH", path, {{"name", "X"}})), "404 not_found");
  }
  for (const auto* action : {"tenant.read", "tenant.update"}) {
    const auto refused = events(action);
    EXPECT_EQ(refused.size(), 3u) << action;
    for (const auto& event : refused) EXPECT_FALSE(event.as_object().contains("target")) << event;
  }
  EXPECT_EQ(problem_of(call(admin_token(), "PATCH", "/v1/tenants/acme", {{"name", ""}})), "400 invalid_field");
  EXPECT_EQ(text_at(events("tenant.update").back().as_object(), "target"), "acme");
}

TEST_F(Tenants, a_tenant_is_renamed_and_keeps_its_place) {
  (void)made("acme");
  const auto renamed =
      call(admin_token(), "PATCH", "/v1/tenants/acme", {{"name", "Acme Ltd"}}, {{"If-Match", "\"1\""}});
  ASSERT_EQ(renamed.status, 200) << renamed.body;
  EXPECT_EQ(text_at(body_of(call(admin_token(), "GET", "/v1/tenants/acme")), "name"), "Acme Ltd");
  EXPECT_EQ(problem_of(call(admin_token(), "PATCH", "/v1/tenants/acme", {{"name", "x"}}, {{"If-Match", "\"1\""}})),
            "412 version_mismatch");
  EXPECT_EQ(call(admin_token(), "PATCH", "/v1/tenants/default", {{"name", "Main"}}).status, 200);
  EXPECT_EQ(problem_of(call(admin_token(), "GET", "/v1/tenants/nobody")), "404 not_found");
}
