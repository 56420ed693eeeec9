// What an owner may do with its agents, and what is for those who oversee them.
#include <gtest/gtest.h>

#include "tests/kit/administration.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Owner : testing::Test, Administration {};

constexpr const char* refused = "403 exceeds_authority";

}  // namespace

TEST_F(Owner, a37_nobody_is_made_accountable_unasked_by_a_transfer) {
  const auto alice = user("alice"), bob = user("bob");
  const auto team = create_id("groups", {{"name", "team"}}), board = create_id("groups", {{"name", "board"}});
  ASSERT_EQ(call(admin_token(), "POST", "/v1/groups/" + team + "/members", {{"member", alice.id}}).status, 201);
  const auto mine = agent_of(alice.id);
  const auto hand = [&](const std::string& token, const std::string& owner) {
    return problem_of(call(token, "POST", "/v1/agents/" + mine + "/transfer", {{"owner", owner}}));
  };
  EXPECT_EQ(hand(token_of(alice), bob.id), refused);
  EXPECT_EQ(hand(token_of(alice), board), refused);
  EXPECT_EQ(hand(token_of(alice), "usr_" + std::string(26, '0')), refused) << "as if it were there";
  EXPECT_EQ(hand(token_of(alice), team), "200") << "a group of hers";
  EXPECT_EQ(hand(token_of(alice), alice.id), "200");
  EXPECT_EQ(hand(admin_token(), bob.id), "200");
}

TEST_F(Owner, a28_credentials_go_on_with_the_agent_unless_they_are_to_end) {
  const auto alice = user("alice"), bob = user("bob");
  const auto agent = given_agent_at("https://api.example/", {"read"});
  change(directory::Kind::agent, agent.id, {{"owner", alice.id}});
  const auto path = "/v1/agents/" + agent.id;
  const auto opens = [&] { return error_of(token(agent, {{"resource", "https://api.example/"}})); };
  const auto hand = [&](json::object body, const std::string& query = "") {
    const auto answer = call(admin_token(), "POST", path + "/transfer" + query, body);
    clock.advance(Seconds(2));
    return problem_of(answer);
  };
  EXPECT_EQ(hand({{"owner", bob.id}}), "200");
  EXPECT_EQ(opens(), "200");
  EXPECT_EQ(hand({{"owner", alice.id}, {"end_credentials", "yes"}}), "400 invalid_field");
  EXPECT_EQ(hand({{"owner", alice.id}, {"end_credentials", false}}), "200");
  EXPECT_EQ(opens(), "200");
  EXPECT_EQ(hand({{"owner", bob.id}, {"end_credentials", true}}, "?preview=true"), "200");
  EXPECT_EQ(opens(), "200");
  EXPECT_EQ(hand({{"owner", bob.id}, {"end_credentials", true}}), "200");
  EXPECT_EQ(opens(), "401 invalid_client");
  EXPECT_TRUE(items_of(call(admin_token(), "GET", path + "/credentials")).empty());
}

TEST_F(Owner, a37_an_application_is_not_put_on_somebodys_account_unasked) {
  const auto acme = create_id("organizations", {{"name", "Acme"}});
  const auto inside = create_id("users", {{"username", "inside"}, {"organization", acme}});
  const auto chief = create_id("users", {{"username", "chief"}});
  const auto token = token_of(officer("boss", {"applications:*", "users:*"}, acme));
  const auto made = [&](json::object more) {
    more["name"] = "Portal";
    more["organization"] = acme;
    return call(token, "POST", "/v1/applications", more);
  };
  EXPECT_EQ(problem_of(made({{"owner", chief}})), refused);
  const auto portal = made({{"owner", inside}});
  ASSERT_EQ(portal.status, 201) << portal.body;
  const auto path = "/v1/applications/" + text_at(body_of(portal), "id");
  const auto patch = [&](const std::string& by, const json::object& body) {
    return problem_of(call(by, "PATCH", path, body));
  };
  EXPECT_EQ(patch(token, {{"owner", chief}}), refused);
  EXPECT_EQ(patch(token, {{"owner", nullptr}}), "200");
  EXPECT_EQ(patch(admin_token(), {{"owner", chief}}), "200");
  EXPECT_EQ(patch(token, {{"description", "whoever answers for it"}}), "200") << "as it was";
}

TEST_F(Owner, a_patch_that_names_another_is_sent_to_the_transfer) {
  const auto alice = user("alice");
  const auto agent = agent_of(alice.id);
  const auto said = call(admin_token(), "PATCH", "/v1/agents/" + agent, {{"owner", admin.id}});
  EXPECT_EQ(problem_of(said), "400 invalid_field");
  EXPECT_EQ(text_at(body_of(said), "field"), "owner");
  EXPECT_EQ(text_at(body_of(said), "detail"), "owner is changed by POST …/transfer, never by PATCH.");
  EXPECT_EQ(call(admin_token(), "PATCH", "/v1/agents/" + agent, {{"owner", alice.id}}).status, 200) << "as it is";
  EXPECT_EQ(problem_of(call(admin_token(), "POST", "/v1/agents/" + agent + "/transfer", {{"owner", admin.id}})), "200");
}

TEST_F(Owner, a38_an_owner_takes_no_agent_out_from_under_those_who_oversee_it) {
  const auto acme = create_id("organizations", {{"name", "Acme"}});
  const auto labs = create_id("organizations", {{"name", "Labs"}, {"parent", acme}});
  const auto alice = user("alice", {{"organization", acme}});
  const auto mine = agent_of(alice.id, {{"organization", labs}}), nowhere = agent_of(alice.id);
  const auto move = [&](const std::string& token, const std::string& agent, const json::value& to) {
    return problem_of(call(token, "PATCH", "/v1/agents/" + agent, {{"organization", to}}));
  };
  EXPECT_EQ(move(token_of(alice), mine, nullptr), refused);
  EXPECT_EQ(move(token_of(alice), mine, json::value(acme)), refused);
  EXPECT_EQ(move(token_of(alice), nowhere, json::value(acme)), "200") << "into her own";
  EXPECT_EQ(move(token_of(alice), nowhere, nullptr), refused);
  EXPECT_EQ(move(token_of(officer("boss", {"agents:*"}, acme)), mine, json::value(acme)), "200");
  EXPECT_EQ(move(admin_token(), mine, nullptr), "200");
}

TEST_F(Owner, a28_what_an_administrator_suspended_its_owner_does_not_resume) {
  const auto acme = create_id("organizations", {{"name", "Acme"}});
  const auto alice = user("alice", {{"organization", acme}});
  const auto mine = "/v1/agents/" + agent_of(alice.id, {{"organization", acme}});
  const auto hers = token_of(alice), boss = token_of(officer("boss", {"agents:*"}, acme));
  const auto act = [&](const std::string& token, const std::string& verb) {
    return problem_of(call(token, "POST", mine + "/" + verb, json::object()));
  };
  EXPECT_EQ(act(hers, "suspend"), "200");
  EXPECT_EQ(act(hers, "resume"), "200") << "her own stop is hers to end";
  for (const auto& office : {boss, admin_token()}) {
    EXPECT_EQ(act(office, "suspend"), "200");
    EXPECT_EQ(act(hers, "resume"), refused);
    EXPECT_EQ(problem_of(call(hers, "PATCH", mine, {{"name", "renamed"}})), "200");
    EXPECT_EQ(act(hers, "resume"), refused);
    EXPECT_EQ(act(office, "suspend"), "409 wrong_state");
    EXPECT_EQ(act(office, "resume"), "200");
  }
  EXPECT_EQ(act(hers, "suspend"), "200");
  EXPECT_EQ(act(boss, "suspend"), "200") << "an owner that was first gains nothing by it";
  EXPECT_EQ(act(hers, "resume"), refused);
  EXPECT_EQ(call(hers, "GET", mine).body.find("office"), std::string::npos);
  EXPECT_EQ(act(admin_token(), "resume"), "200");
  EXPECT_EQ(act(hers, "suspend"), "200");
  EXPECT_EQ(act(hers, "resume"), "200");
}

TEST_F(Owner, a28_an_end_that_an_administrator_set_its_owner_does_not_put_off) {
  const auto acme = create_id("organizations", {{"name", "Acme"}});
  const auto alice = user("alice", {{"organization", acme}});
  const auto hers = token_of(alice), boss = token_of(officer("boss", {"agents:*"}, acme));
  const auto mine = agent_of(alice.id, {{"organization", acme}});
  const auto in = [&](int seconds) { return json::value(rfc3339(clock.now() + Seconds(seconds))); };
  const auto expires = [&](const std::string& token, const std::string& agent, const json::value& at) {
    return problem_of(call(token, "PATCH", "/v1/agents/" + agent, {{"expires_at", at}}));
  };
  for (const auto& office : {boss, admin_token()}) {
    EXPECT_EQ(expires(office, mine, in(100)), "200");
    EXPECT_EQ(problem_of(call(hers, "PATCH", "/v1/agents/" + mine, {{"name", "renamed"}})), "200");
    EXPECT_EQ(expires(hers, mine, in(200)), refused);
    EXPECT_EQ(expires(hers, mine, nullptr), refused);
    EXPECT_EQ(expires(hers, mine, in(50)), "200") << "less is hers to say";
    EXPECT_EQ(expires(hers, mine, in(60)), refused);
    EXPECT_EQ(call(hers, "GET", "/v1/agents/" + mine).body.find("office"), std::string::npos);
    EXPECT_EQ(expires(office, mine, in(60)), "200");
    EXPECT_EQ(expires(office, mine, nullptr), "200");
    EXPECT_EQ(expires(hers, mine, in(100)), "200") << "what she set is hers";
    EXPECT_EQ(expires(hers, mine, in(200)), "200");
    EXPECT_EQ(expires(hers, mine, nullptr), "200");
  }
  const auto made = agent_of(alice.id, {{"expires_at", in(60)}});
  EXPECT_EQ(expires(hers, made, nullptr), refused) << "made so by an administrator";
  const auto own = text_at(body_of(call(hers, "POST", "/v1/agents",
                                        {{"name", "own"}, {"owner", alice.id}, {"expires_at", in(60)}})), "id");
  EXPECT_EQ(expires(hers, own, in(90)), "200");
  EXPECT_EQ(expires(hers, own, in(90)), "200");
  EXPECT_EQ(expires(hers, own, in(95)), "200") << "said twice by her it is still hers";
  const auto last_reason = [&] { return text_of(events("agent.update").back().as_object(), "reason"); };
  EXPECT_EQ(last_reason(), "");
  EXPECT_EQ(expires(admin_token(), own, in(95)), "200");
  EXPECT_EQ(last_reason(), "its expires_at is an administrator's from now on") << "no field has changed";
  EXPECT_EQ(expires(hers, own, nullptr), refused) << "as it was, and an administrator's by now";
  EXPECT_EQ(expires(hers, own, in(95)), "200") << "it changes nothing";
  EXPECT_EQ(expires(hers, own, nullptr), refused);
  EXPECT_EQ(expires(admin_token(), own, in(94)), "200");
  EXPECT_EQ(last_reason(), "") << "it was an administrator's before";
  clock.advance(Seconds(60));
  EXPECT_EQ(expires(hers, made, in(60)), refused) << "it has come to its end";
}

TEST_F(Owner, a28_an_owner_brings_no_agent_that_is_held_to_where_the_owner_has_the_office) {
  const auto acme = create_id("organizations", {{"name", "Acme"}});
  const auto alice = officer("alice", {"agents:*"}, acme);
  const auto bot = "/v1/agents/" + agent_of(alice.id), brief = "/v1/agents/" + agent_of(alice.id);
  const auto act = [&](const std::string& token, const std::string& verb) {
    return problem_of(call(token, "POST", bot + "/" + verb, json::object()));
  };
  const auto set = [&](const std::string& token, const std::string& agent, json::object fields) {
    return problem_of(call(token, "PATCH", agent, std::move(fields)));
  };
  const auto end = rfc3339(clock.now() + Seconds(100));
  EXPECT_EQ(act(admin_token(), "suspend"), "200");
  EXPECT_EQ(set(admin_token(), brief, {{"expires_at", end}}), "200");
  for (const auto& agent : {bot, brief}) EXPECT_EQ(set(token_of(alice), agent, {{"organization", acme}}), refused);
  EXPECT_EQ(act(token_of(alice), "resume"), refused);
  EXPECT_EQ(set(token_of(alice), brief, {{"expires_at", nullptr}}), refused);
  EXPECT_EQ(set(token_of(alice), bot, {{"name", "renamed"}}), "200");
  EXPECT_EQ(set(admin_token(), bot, {{"organization", acme}}), "200") << "by who holds it";
  EXPECT_EQ(act(token_of(alice), "resume"), "200") << "of its organization by now";
  EXPECT_EQ(set(admin_token(), brief, {{"expires_at", nullptr}}), "200");
  EXPECT_EQ(set(token_of(alice), brief, {{"organization", acme}}), "200") << "nobody's but hers";
}

TEST_F(Owner, a28_what_has_expired_is_suspended_by_an_office_and_not_brought_back_by_its_owner) {
  const auto acme = create_id("organizations", {{"name", "Acme"}});
  const auto alice = user("alice", {{"organization", acme}});
  const auto boss = officer("boss", {"agents:*"}, acme);
  const auto made = call(token_of(alice), "POST", "/v1/agents",
                         {{"name", "own"}, {"owner", alice.id}, {"organization", acme},
                          {"expires_at", rfc3339(clock.now() + Seconds(60))}});
  const auto mine = "/v1/agents/" + text_at(body_of(made), "id");
  const auto act = [&](const Given& who, const std::string& verb) {
    return problem_of(call(token_of(who), "POST", mine + "/" + verb, json::object()));
  };
  const auto put_off = [&] {
    return text_at(body_of(call(token_of(alice), "PATCH", mine, {{"expires_at", rfc3339(clock.now() + Seconds(60))}})),
                   "state");
  };
  const auto state = [&] { return text_at(body_of(call(token_of(boss), "GET", mine)), "state"); };
  clock.advance(Seconds(60));
  EXPECT_EQ(act(boss, "suspend"), "200");
  EXPECT_EQ(state(), "expired") << "as long as it is";
  EXPECT_EQ(act(boss, "suspend"), "409 wrong_state");
  EXPECT_EQ(act(alice, "suspend"), "409 wrong_state") << "the office's stop does not become hers";
  EXPECT_EQ(act(boss, "resume"), "409 wrong_state") << "a later end comes first";
  EXPECT_EQ(put_off(), "suspended");
  EXPECT_EQ(act(alice, "resume"), refused);
  EXPECT_EQ(act(boss, "resume"), "200");
  EXPECT_EQ(state(), "active");
  clock.advance(Seconds(60));
  EXPECT_EQ(act(alice, "suspend"), "200");
  EXPECT_EQ(put_off(), "suspended");
  EXPECT_EQ(act(alice, "resume"), "200") << "her own stop is hers to end";
}

TEST_F(Owner, a37_whoever_vouched_for_a_client_vouched_for_it_with_its_owner) {
  const auto acme = create_id("organizations", {{"name", "Acme"}});
  const auto alice = user("alice", {{"organization", acme}}), bob = user("bob", {{"organization", acme}});
  const auto team = create_id("groups", {{"name", "team"}});
  ASSERT_EQ(call(admin_token(), "POST", "/v1/groups/" + team + "/members", {{"member", alice.id}}).status, 201);
  const auto boss = token_of(officer("boss", {"applications:*", "users:*"}, acme));
  const auto verified = [&](const http::Response& response) { return json_boolean(body_of(response), "verified"); };
  const auto mine = agent_of(alice.id, {{"verified", true}});
  const auto hand = [&](const std::string& token, const std::string& owner) {
    return verified(call(token, "POST", "/v1/agents/" + mine + "/transfer", {{"owner", owner}}));
  };
  EXPECT_EQ(hand(admin_token(), bob.id), true) << "who may vouch has seen it";
  EXPECT_EQ(hand(admin_token(), alice.id), true);
  EXPECT_EQ(hand(token_of(alice), team), false);
  const auto portal = "/v1/applications/" + create_id("applications", {{"name", "Portal"}, {"organization", acme},
                                                                       {"owner", alice.id}, {"verified", true}});
  EXPECT_EQ(verified(call(boss, "PATCH", portal, {{"backchannel_logout_uri", nullptr}})), true);
  EXPECT_EQ(verified(call(boss, "PATCH", portal, {{"owner", bob.id}})), false);
}

TEST_F(Owner, a_ceiling_is_lifted_by_those_who_oversee_the_agent_and_not_by_its_owner) {
  const auto acme = create_id("organizations", {{"name", "Acme"}});
  const auto alice = user("alice", {{"organization", acme}});
  const auto mine = "/v1/agents/" + agent_of(alice.id, {{"organization", acme}});
  const json::object lifted{{"delegation", "any"}}, back{{"delegation", "ceiling"}};
  const auto patch = [&](const std::string& token, const std::string& path, const json::object& body) {
    return problem_of(call(token, "PATCH", path, body));
  };
  EXPECT_EQ(patch(token_of(alice), mine, lifted), refused);
  EXPECT_EQ(problem_of(call(token_of(alice), "POST", "/v1/agents",
                            {{"name", "another"}, {"owner", alice.id}, {"delegation", "any"}})),
            refused);
  const auto boss = token_of(officer("boss", {"agents:*"}, acme));
  EXPECT_EQ(patch(boss, mine, lifted), "200");
  EXPECT_EQ(patch(token_of(alice), mine, {{"name", "renamed"}}), "200") << "it stays as it is";
  EXPECT_EQ(patch(token_of(alice), mine, back), "200") << "less is hers to say";
  EXPECT_EQ(patch(admin_token(), "/v1/agents/" + agent_of(alice.id), lifted), "200");
}
