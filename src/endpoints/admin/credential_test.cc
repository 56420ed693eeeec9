// Credentials: a secret is shown once, rotated with overlap, and never seen again; keys are public or refused.
#include "endpoints/admin/credential.h"

#include <gtest/gtest.h>

#include "oauth/secret.h"
#include "tests/kit/administration.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Credentials : testing::Test, Administration {
  const std::string api = "https://api.example/";
  Given agent = given_agent_at(api, {"read"});
  std::string path = "/v1/agents/" + agent.id + "/credentials";

  http::Response post(const json::object& body) { return call(admin_token(), "POST", path, body); }
  std::string authenticates(const std::string& secret) {
    return error_of(token({agent.id, secret}, {{"resource", api}}));
  }
};

json::object public_set() {
  return {{"keys", json::array{json::object{{"kty", "OKP"},
                                            {"crv", "Ed25519"},
                                            {"kid", "k1"},
                                            {"x", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}}}};
}

}  // namespace

TEST_F(Credentials, a_secret_is_shown_once_and_authenticates) {
  const auto made = post({{"type", "secret"}, {"label", "ci"}});
  ASSERT_EQ(made.status, 201) << made.body;
  const auto document = body_of(made);
  const auto secret = text_at(document, "secret");
  EXPECT_TRUE(oauth::has_secret_form(secret));
  EXPECT_EQ(authenticates(secret), "200");
  const auto one = call(admin_token(), "GET", path + "/" + text_at(document, "id"));
  const auto all = call(admin_token(), "GET", path);
  for (const auto* seen : {&one, &all}) {
    EXPECT_EQ(seen->status, 200);
    EXPECT_EQ(seen->body.find(secret), std::string::npos);
    EXPECT_EQ(seen->body.find("secret_hash"), std::string::npos);
  }
  EXPECT_EQ(text_at(body_of(one), "label"), "ci");
  for (const auto& event : events()) {
    EXPECT_EQ(json::serialize(event).find(secret), std::string::npos);
    EXPECT_EQ(json::serialize(event).find("secret_hash"), std::string::npos);
  }
  EXPECT_EQ(header_at(made, "Location"), issuer + path + "/" + text_at(document, "id"));
}

TEST_F(Credentials, no_event_of_their_life_holds_a_secret_or_its_hash) {
  const auto old = body_of(post({{"type", "secret"}}));
  const auto fresh = body_of(call(admin_token(), "POST", path + "/" + text_at(old, "id") + "/rotate"));
  ASSERT_EQ(call(admin_token(), "DELETE", path + "/" + text_at(fresh, "id")).status, 204);
  EXPECT_EQ(events("credential.*").size(), 3u);
  for (const auto& event : events("credential.*")) {
    const auto text = json::serialize(event);
    EXPECT_EQ(text.find("secret_hash"), std::string::npos) << text;
    for (const auto* made : {&old, &fresh}) EXPECT_EQ(text.find(text_at(*made, "secret")), std::string::npos);
  }
}

TEST_F(Credentials, several_are_live_at_once_and_each_is_withdrawn_alone) {
  const auto first = body_of(post({{"type", "secret"}})), second = body_of(post({{"type", "secret"}}));
  ASSERT_EQ(call(admin_token(), "DELETE", path + "/" + text_at(first, "id")).status, 204);
  EXPECT_EQ(authenticates(text_at(first, "secret")), "401 invalid_client");
  EXPECT_EQ(authenticates(text_at(second, "secret")), "200");
  EXPECT_EQ(problem_of(call(admin_token(), "GET", path + "/" + text_at(first, "id"))), "404 not_found");
}

TEST_F(Credentials, a_rotated_secret_works_on_for_its_overlap_only) {
  const auto old = body_of(post({{"type", "secret"}, {"label", "ci"}}));
  const auto rotated = call(admin_token(), "POST", path + "/" + text_at(old, "id") + "/rotate", {{"overlap_s", 60}});
  ASSERT_EQ(rotated.status, 201) << rotated.body;
  const auto fresh = body_of(rotated);
  const auto* replaces = json_member_object(fresh, "replaces");
  ASSERT_NE(replaces, nullptr);
  EXPECT_EQ(text_at(*replaces, "id"), text_at(old, "id"));
  EXPECT_EQ(text_at(*replaces, "expires_at"), rfc3339(clock.now() + Seconds(60)));
  EXPECT_EQ(text_at(fresh, "label"), "ci");
  EXPECT_EQ(authenticates(text_at(old, "secret")), "200");
  EXPECT_EQ(authenticates(text_at(fresh, "secret")), "200");
  clock.advance(Seconds(60));
  EXPECT_EQ(authenticates(text_at(old, "secret")), "401 invalid_client");
  EXPECT_EQ(authenticates(text_at(fresh, "secret")), "200");
  EXPECT_EQ(problem_of(call(admin_token(), "POST", path + "/" + text_at(old, "id") + "/rotate")), "409 wrong_state");
}

TEST_F(Credentials, a_rotation_never_lengthens_a_life_and_refuses_overlaps_out_of_bounds) {
  const auto ends = rfc3339(clock.now() + Seconds(30));
  const auto old = body_of(post({{"type", "secret"}, {"expires_at", ends}}));
  const auto rotate = path + "/" + text_at(old, "id") + "/rotate";
  for (const json::value& overlap : {json::value(-1), json::value(2'592'001), json::value("1"), json::value(1.5)})
    EXPECT_EQ(problem_of(call(admin_token(), "POST", rotate, {{"overlap_s", overlap}})), "400 invalid_field");
  const auto fresh = body_of(call(admin_token(), "POST", rotate));
  EXPECT_EQ(text_at(fresh.at("replaces").as_object(), "expires_at"), ends);
}

TEST_F(Credentials, refuses_keys_that_are_private_broken_or_unnamed) {
  EXPECT_EQ(problem_of(post({{"type", "jwks"}, {"jwks", public_set()}})), "201");
  auto leaked = public_set();
  leaked["keys"].as_array()[0].as_object()["d"] = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
  const auto refused = [&](json::object body, std::string_view field) {
    const auto response = post(body);
    EXPECT_EQ(problem_of(response), "400 invalid_field") << response.body;
    EXPECT_TRUE(text_at(body_of(response), "field").starts_with(field)) << response.body;
    EXPECT_EQ(response.body.find("nWGxne"), std::string::npos);
  };
  refused({{"type", "jwks"}, {"jwks", leaked}}, "jwks");
  refused({{"type", "jwks"}, {"jwks", json::object{{"keys", json::array{}}}}}, "jwks");
  refused({{"type", "jwks"}}, "jwks");
  refused({{"type", "secret"}, {"jwks", public_set()}}, "jwks");
  refused({{"type", "jwks_uri"}}, "jwks_uri");
  refused({{"type", "jwks_uri"}, {"jwks_uri", "http://127.0.0.1/keys"}}, "jwks_uri");
  refused({{"type", "secret"}, {"secret_hash", "00"}}, "secret_hash");
  refused({{"type", "secret"}, {"secret", "dsk_mine"}}, "secret");
  refused({{"type", "secret"}, {"principal", admin.id}}, "principal");
  refused({{"type", "password"}}, "type");
  refused({{"type", "secret"}, {"expires_at", rfc3339(clock.now())}}, "expires_at");
}

TEST_F(Credentials, a_jwks_uri_is_fetched_when_it_is_registered) {
  documents["https://keys.example/set"] = json::serialize(public_set());
  ASSERT_EQ(problem_of(post({{"type", "jwks_uri"}, {"jwks_uri", "https://keys.example/set"}})), "201");
  app().key_sets.wait_idle();
  EXPECT_NE(app().key_sets.find("https://keys.example/set"), nullptr);
}

TEST_F(Credentials, a_rotation_is_conditional_on_the_version_too) {
  const auto rotate = path + "/" + text_at(body_of(post({{"type", "secret"}})), "id") + "/rotate";
  EXPECT_EQ(problem_of(call(admin_token(), "POST", rotate, "", {{"If-Match", "\"9\""}})), "412 version_mismatch");
  EXPECT_EQ(problem_of(call(admin_token(), "POST", rotate, "", {{"If-Match", "\"1\""}})), "201");
}

TEST_F(Credentials, only_a_secret_is_rotated) {
  const auto keys = body_of(post({{"type", "jwks"}, {"jwks", public_set()}}));
  EXPECT_EQ(problem_of(call(admin_token(), "POST", path + "/" + text_at(keys, "id") + "/rotate")), "409 wrong_state");
}

TEST_F(Credentials, a_revoked_agent_gets_none_and_nobody_gets_more_than_twenty) {
  for (int i = 1; i < 20; ++i) ASSERT_EQ(post({{"type", "secret"}}).status, 201) << i;
  EXPECT_EQ(problem_of(post({{"type", "secret"}})), "409 wrong_state");
  const auto other = agent_of(admin.id);
  ASSERT_EQ(call(admin_token(), "POST", "/v1/agents/" + other + "/revoke").status, 200);
  EXPECT_EQ(problem_of(call(admin_token(), "POST", "/v1/agents/" + other + "/credentials", {{"type", "secret"}})),
            "409 wrong_state");
}

TEST_F(Credentials, lists_are_paged_and_hold_one_principals_only) {
  (void)given_agent("another");
  for (int i = 0; i < 4; ++i) ASSERT_EQ(post({{"type", "secret"}}).status, 201);
  const auto first = call(admin_token(), "GET", path + "?limit=3");
  const auto cursor = text_at(body_of(first), "next_cursor");
  const auto second = call(admin_token(), "GET", path + "?limit=3&cursor=" + cursor);
  EXPECT_EQ(items_of(first).size(), 3u);
  EXPECT_EQ(items_of(second).size(), 2u);
  EXPECT_FALSE(body_of(second).contains("next_cursor"));
}

TEST_F(Credentials, applications_and_users_have_them_too) {
  const auto application = create_id("applications", {{"name", "app"}});
  const auto secret = text_at(create("applications/" + application + "/credentials", {{"type", "secret"}}), "secret");
  EXPECT_EQ(error_of(token({application, secret})), "200");
  const auto user = create_id("users", {{"username", "u"}});
  const auto own = text_at(create("users/" + user + "/credentials", {{"type", "secret"}}), "secret");
  EXPECT_EQ(call(token_of({user, own}), "GET", "/v1/agents").status, 200);
  EXPECT_EQ(problem_of(call(admin_token(), "POST", "/v1/agents/" + user + "/credentials", {{"type", "secret"}})),
            "404 not_found");
}

TEST_F(Credentials, a_rotated_secret_lives_as_long_as_the_old_one_was_given_or_as_is_said) {
  const auto rotate = [&](const json::object& old, const json::object& body) {
    return call(admin_token(), "POST", path + "/" + text_at(old, "id") + "/rotate", body);
  };
  const auto old = body_of(post({{"type", "secret"}, {"expires_at", rfc3339(clock.now() + Seconds(86'400))}}));
  clock.advance(Seconds(600));
  const auto fresh = body_of(rotate(old, {}));
  EXPECT_EQ(text_at(fresh, "expires_at"), rfc3339(clock.now() + Seconds(86'400)));
  const auto said = rfc3339(clock.now() + Seconds(60));
  EXPECT_EQ(text_at(body_of(rotate(fresh, {{"expires_at", said}})), "expires_at"), said);
  const auto unlimited = body_of(post({{"type", "secret"}}));
  for (const json::value& wrong : {json::value(rfc3339(clock.now())), json::value("soon"), json::value(7)}) {
    const auto refused = rotate(unlimited, {{"expires_at", wrong}});
    EXPECT_EQ(problem_of(refused), "400 invalid_field");
    EXPECT_EQ(text_at(body_of(refused), "field"), "expires_at");
  }
  EXPECT_FALSE(body_of(rotate(unlimited, {})).contains("expires_at"));
  const auto endless = body_of(post({{"type", "secret"}, {"expires_at", "9999-12-30T00:00:00Z"}}));
  clock.advance(Seconds(3 * 86'400));
  const auto as_endless = body_of(rotate(endless, {}));
  EXPECT_EQ(text_at(as_endless, "expires_at"), "9999-12-31T00:00:00.000Z") << "the last day there is";
  EXPECT_EQ(authenticates(text_at(as_endless, "secret")), "200");
}

TEST_F(Credentials, what_takes_a_retiring_secrets_place_lives_as_long_as_that_one_was_given_at_first) {
  const auto rotate = [&](const json::object& old) {
    return body_of(call(admin_token(), "POST", path + "/" + text_at(old, "id") + "/rotate", {{"overlap_s", 60}}));
  };
  const auto read = [&](const json::object& one) {
    return body_of(call(admin_token(), "GET", path + "/" + text_at(one, "id")));
  };
  const auto ends = rfc3339(clock.now() + Seconds(86'400));
  const auto limited = body_of(post({{"type", "secret"}, {"expires_at", ends}}));
  const auto unlimited = body_of(post({{"type", "secret"}}));
  for (const auto& old : {limited, unlimited}) {
    const auto first = rotate(old);
    const auto retiring = read(old);
    EXPECT_EQ(text_at(retiring, "replaced_by"), text_at(first, "id"));
    EXPECT_EQ(text_at(retiring, "was_to_expire_at"), text_at(old, "expires_at"));
    const auto second = rotate(old);  // the first new one was lost on its way
    EXPECT_EQ(text_at(second, "expires_at"), text_at(old, "expires_at"));
    EXPECT_EQ(text_at(read(old), "replaced_by"), text_at(second, "id"));
    EXPECT_EQ(text_at(rotate(old), "expires_at"), text_at(old, "expires_at"));
  }
}

TEST_F(Credentials, the_label_and_the_end_of_one_are_changed_and_nothing_else) {
  const auto made = body_of(post({{"type", "secret"}, {"label", "ci"}}));
  const auto one = path + "/" + text_at(made, "id");
  const auto patch = [&](const json::object& body, http::Headers headers = {}) {
    return call(admin_token(), "PATCH", one, json::serialize(body), std::move(headers));
  };
  const auto ends = rfc3339(clock.now() + Seconds(600));
  const auto changed = patch({{"label", "nightly"}, {"expires_at", ends}}, {{"If-Match", "\"1\""}});
  ASSERT_EQ(changed.status, 200) << changed.body;
  EXPECT_EQ(header_at(changed, "ETag"), "\"2\"");
  EXPECT_EQ(text_at(body_of(changed), "label"), "nightly");
  EXPECT_EQ(text_at(body_of(changed), "expires_at"), ends);
  EXPECT_EQ(body_of(call(admin_token(), "GET", one)), body_of(changed));
  EXPECT_EQ(changed.body.find("secret_hash"), std::string::npos);
  EXPECT_EQ(problem_of(patch({{"label", "x"}}, {{"If-Match", "\"1\""}})), "412 version_mismatch");
  for (const auto* field : {"type", "jwks", "principal", "secret_hash", "replaced_by", "was_to_expire_at"})
    EXPECT_EQ(patch({{field, "jwks"}}).status, 400) << field;
  EXPECT_EQ(problem_of(patch({{"expires_at", rfc3339(clock.now())}})), "400 invalid_field");

  EXPECT_FALSE(body_of(patch({{"expires_at", nullptr}})).contains("expires_at"));
  ASSERT_EQ(patch({{"expires_at", ends}}).status, 200);
  clock.advance(Seconds(600));
  EXPECT_EQ(problem_of(patch({{"expires_at", nullptr}})), "409 wrong_state") << "what has expired stays so";
}

TEST_F(Credentials, a_retiring_secret_that_is_given_an_end_retires_no_more) {
  const auto made = body_of(post({{"type", "secret"}}));
  const auto one = path + "/" + text_at(made, "id");
  ASSERT_EQ(call(admin_token(), "POST", one + "/rotate", {{"overlap_s", 60}}).status, 201);
  const auto kept = call(admin_token(), "PATCH", one, json::serialize(json::object{{"expires_at", nullptr}}));
  ASSERT_EQ(kept.status, 200) << kept.body;
  for (const auto* gone : {"expires_at", "replaced_by", "was_to_expire_at"})
    EXPECT_FALSE(body_of(kept).contains(gone)) << gone;
  clock.advance(Seconds(61));
  EXPECT_EQ(call(admin_token(), "POST", one + "/rotate", {{"overlap_s", 60}}).status, 201);
}

TEST_F(Credentials, a_client_of_fapi2_gets_no_secret_that_could_never_work) {
  const auto secret = text_at(body_of(post({{"type", "secret"}})), "id");
  change(store::Kind::agent, agent.id, {{"profile", "fapi2"}});
  for (const auto& response : {post({{"type", "secret"}}), post({{"label", "ci"}})}) {
    EXPECT_EQ(problem_of(response), "400 invalid_field") << response.body;
    EXPECT_EQ(text_at(body_of(response), "field"), "type");
    EXPECT_NE(text_at(body_of(response), "detail").find("jwks"), std::string::npos);
  }
  EXPECT_EQ(problem_of(call(admin_token(), "POST", path + "/" + secret + "/rotate", {{"overlap_s", 60}})),
            "409 wrong_state");
  EXPECT_EQ(problem_of(post({{"type", "jwks_uri"}, {"jwks_uri", "https://keys.example/set"}})), "201");
}

TEST_F(Credentials, a_client_takes_on_fapi2_once_no_secret_of_it_lives) {
  const auto refused = [&](const std::string& client) {
    const auto response = call(admin_token(), "PATCH", client, {{"name", "strict"}, {"profile", "fapi2"}});
    EXPECT_EQ(problem_of(response), "409 wrong_state") << response.body;
    EXPECT_EQ(text_at(body_of(response), "field"), "profile");
    EXPECT_NE(text_at(body_of(response), "detail").find("remove the secrets"), std::string::npos) << response.body;
  };
  const auto client = "/v1/agents/" + agent.id;
  refused(client);
  EXPECT_EQ(authenticates(agent.secret), "200") << "it is as it was";
  ASSERT_EQ(post({{"type", "jwks"}, {"jwks", public_set()}}).status, 201);
  refused(client);
  const auto secrets = items_of(call(admin_token(), "GET", path));
  ASSERT_EQ(call(admin_token(), "DELETE", path + "/" + secrets.at(0)).status, 204);
  EXPECT_EQ(problem_of(call(admin_token(), "PATCH", client, {{"profile", "fapi2"}})), "200");

  const auto application = "applications/" + create_id("applications", {{"name", "app"}});
  create(application + "/credentials", {{"type", "secret"}, {"expires_at", rfc3339(clock.now() + Seconds(60))}});
  refused("/v1/" + application);
  clock.advance(Seconds(60));
  EXPECT_EQ(problem_of(call(admin_token(), "PATCH", "/v1/" + application, {{"profile", "fapi2"}})), "200")
      << "what has expired opens nothing anyway";
  const auto earlier = given_agent("from an earlier version", {{"profile", "fapi2"}});
  EXPECT_EQ(problem_of(call(admin_token(), "PATCH", "/v1/agents/" + earlier.id, {{"profile", "fapi2"}, {"name", "n"}})),
            "200") << "what it has is not taken on";
}

TEST_F(Credentials, a_client_that_can_keep_no_secret_is_given_none_and_becomes_so_once_none_lives) {
  const auto client = "/v1/agents/" + agent.id;
  const auto becomes_public = [&] { return call(admin_token(), "PATCH", client, {{"public", true}}); };
  const auto refused = becomes_public();
  EXPECT_EQ(problem_of(refused), "409 wrong_state") << refused.body;
  EXPECT_EQ(text_at(body_of(refused), "field"), "public");
  const auto secrets = items_of(call(admin_token(), "GET", path));
  ASSERT_EQ(secrets.size(), 1u);
  ASSERT_EQ(call(admin_token(), "DELETE", path + "/" + secrets.at(0)).status, 204);
  EXPECT_EQ(problem_of(becomes_public()), "200");

  const auto application = "applications/" + create_id("applications", {{"name", "app"}, {"public", true}});
  for (const auto& of : {std::string("agents/" + agent.id), application}) {
    const auto response = call(admin_token(), "POST", "/v1/" + of + "/credentials", {{"type", "secret"}});
    EXPECT_EQ(problem_of(response), "400 invalid_field") << of;
    EXPECT_EQ(text_at(body_of(response), "field"), "type");
  }
  EXPECT_EQ(problem_of(post({{"type", "jwks"}, {"jwks", public_set()}})), "201") << "keys sign its requests";
  // One that was given a secret by an earlier version.
  const auto earlier = given_agent("earlier");
  change(store::Kind::agent, earlier.id, {{"public", true}});
  const auto of_earlier = "/v1/agents/" + earlier.id;
  const auto old = items_of(call(admin_token(), "GET", of_earlier + "/credentials"));
  EXPECT_EQ(problem_of(call(admin_token(), "POST", of_earlier + "/credentials/" + old.at(0) + "/rotate")),
            "409 wrong_state");
  EXPECT_EQ(problem_of(call(admin_token(), "PATCH", of_earlier, {{"public", true}, {"name", "n"}})), "200");
}

TEST_F(Credentials, rotations_go_on_for_ever_and_dead_credentials_do_not_pile_up) {
  auto current = body_of(post({{"type", "secret"}}));
  const auto records = [&] { return items_of(call(admin_token(), "GET", path + "?limit=200")).size(); };
  for (int i = 0; i < 45; ++i) {
    clock.advance(Seconds(86'400));
    const auto rotated =
        call(admin_token(), "POST", path + "/" + text_at(current, "id") + "/rotate", {{"overlap_s", 3600}});
    ASSERT_EQ(rotated.status, 201) << i << rotated.body;
    current = body_of(rotated);
  }
  EXPECT_EQ(records(), 47u);
  ASSERT_TRUE(store->purge(clock.now(), 1000));
  EXPECT_EQ(records(), 2u + 31u) << "those that are live, and what ended in the last thirty days";
  EXPECT_EQ(authenticates(text_at(current, "secret")), "200");
}
