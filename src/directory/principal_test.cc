// Principals: what a record says, when a damaged one is refused, and the life of an agent.
#include "directory/principal.h"

#include <gtest/gtest.h>

using namespace deputy;
using namespace deputy::directory;

namespace {

json::object parsed(std::string_view text) {
  auto object = parse_json_object(text);
  EXPECT_TRUE(object) << text;
  return object ? std::move(object).take() : json::object();
}

const Instant now = from_unix_seconds(1'800'000'000);

}  // namespace

TEST(Principal, reads_an_agent) {
  const auto agent = Principal::from(Kind::agent, "agt_1", parsed(R"({
      "name": "worker", "owner": "usr_1", "organization": "org_1", "type": "aty_1", "default_resource": "res_1",
      "delegation": "any", "delegates": ["agt_2", "grp_1"], "client_id": "imported", "state": "suspended",
      "expires_at": "2027-01-15T08:00:01Z"})"));
  ASSERT_TRUE(agent);
  EXPECT_EQ(agent->id, "agt_1");
  EXPECT_EQ(agent->client_id, "imported");
  EXPECT_EQ(agent->name, "worker");
  EXPECT_EQ(agent->owner, "usr_1");
  EXPECT_EQ(agent->organization, "org_1");
  EXPECT_EQ(agent->type, "aty_1");
  EXPECT_EQ(agent->default_resource, "res_1");
  EXPECT_TRUE(agent->delegation_any);
  EXPECT_EQ(agent->delegates, (std::vector<std::string>{"agt_2", "grp_1"}));
  EXPECT_EQ(agent->state(now), State::suspended);
  EXPECT_EQ(agent->state(now + Seconds(1)), State::expired);
}

TEST(Principal, has_its_id_as_client_id_and_a_ceiling_unless_said_otherwise) {
  const auto agent = Principal::from(Kind::agent, "agt_1", parsed(R"({"name": "worker"})"));
  ASSERT_TRUE(agent);
  EXPECT_EQ(agent->client_id, "agt_1");
  EXPECT_FALSE(agent->delegation_any);
  EXPECT_EQ(agent->state(now), State::active);
}

TEST(Principal, a_user_goes_by_its_username) {
  const auto user = Principal::from(Kind::user, "usr_1", parsed(R"({"username": "ada", "name": "Ada L."})"));
  ASSERT_TRUE(user);
  EXPECT_EQ(user->name, "ada");
}

TEST(Principal, a28_a_damaged_record_is_none_and_never_an_active_one) {
  for (const auto* bad : {R"({"state": "alive"})", R"({"expires_at": "soon"})", R"({"expires_at": 5})",
                          R"({"expires_at": null})"})
    EXPECT_FALSE(Principal::from(Kind::agent, "agt_1", parsed(bad))) << bad;
}

TEST(Principal, a4_none_but_a_confidential_application_without_a_profile_is_excused_from_pkce) {
  const auto required = [](Kind kind, std::string_view body) {
    const auto principal = Principal::from(kind, "x_1", parsed(body));
    EXPECT_TRUE(principal) << body;
    return !principal || principal->registration.pkce_required;
  };
  EXPECT_FALSE(required(Kind::application, R"({"pkce_required": false, "public": false, "profile": "plain"})"));
  EXPECT_TRUE(required(Kind::application, R"({"pkce_required": true})"));
  EXPECT_TRUE(required(Kind::application, "{}")) << "a record from before it could be said";
  EXPECT_TRUE(required(Kind::application, R"({"pkce_required": false, "public": true})"));
  EXPECT_TRUE(required(Kind::application, R"({"pkce_required": false, "profile": "fapi2"})"));
  EXPECT_TRUE(required(Kind::agent, R"({"pkce_required": false})"));
  EXPECT_TRUE(required(Kind::user, R"({"pkce_required": false})"));
}

TEST(State, is_expired_from_the_instant_on_but_revoked_for_good) {
  EXPECT_EQ(state_at(State::active, now, now - Millis(1)), State::active);
  EXPECT_EQ(state_at(State::active, now, now), State::expired);
  EXPECT_EQ(state_at(State::suspended, now, now), State::expired);
  EXPECT_EQ(state_at(State::revoked, now, now), State::revoked);
  EXPECT_EQ(state_at(State::active, std::nullopt, now), State::active);
}

TEST(State, a28_nothing_leads_back_from_revoked) {
  const std::set<std::pair<State, State>> allowed{
      {State::active, State::suspended},  {State::suspended, State::active}, {State::active, State::revoked},
      {State::suspended, State::revoked}, {State::expired, State::suspended},   {State::expired, State::revoked},
  };
  const State all[] = {State::active, State::suspended, State::expired, State::revoked, State::disabled};
  for (const auto from : all)
    for (const auto to : all)
      EXPECT_EQ(may_become(from, to), allowed.contains({from, to})) << name_of(from) << " to " << name_of(to);
  for (const auto state : all) EXPECT_EQ(state_named(name_of(state)), state);
  EXPECT_FALSE(state_named("Active"));
}

TEST(Credential, reads_a_secret_by_its_hash) {
  const std::string hash = "00ff" + std::string(60, '1');
  const auto secret = Credential::from(
      "crd_1", parsed(R"({"type": "secret", "label": "ci", "expires_at": "2027-01-15T08:00:00Z", "secret_hash": ")" +
                      hash + "\"}"));
  ASSERT_TRUE(secret);
  EXPECT_EQ(secret->label, "ci");
  EXPECT_EQ(secret->secret_hash[0], 0x00);
  EXPECT_EQ(secret->secret_hash[1], 0xff);
  EXPECT_EQ(secret->secret_hash[31], 0x11);
  EXPECT_TRUE(secret->live(now - Millis(1)));
  EXPECT_FALSE(secret->live(now));
}

TEST(Credential, reads_keys) {
  const auto keys = Credential::from("crd_1", parsed(R"({"type": "jwks", "jwks": {"keys": []}})"));
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->jwks, R"({"keys":[]})");
  const auto url = Credential::from("crd_1", parsed(R"({"type": "jwks_uri", "jwks_uri": "https://a.example/k"})"));
  ASSERT_TRUE(url);
  EXPECT_EQ(url->jwks_uri, "https://a.example/k");
}

// An all-zero hash would be a secret that somebody can look for.
TEST(Credential, a_damaged_one_is_none) {
  const std::string hash(64, 'a');
  for (const auto& bad :
       {std::string("{}"), std::string(R"({"type": "password"})"), std::string(R"({"type": "secret"})"),
        R"({"type": "secret", "secret_hash": ")" + hash.substr(1) + "\"}",
        R"({"type": "secret", "secret_hash": ")" + std::string(64, 'g') + "\"}",
        R"({"type": "secret", "expires_at": 1, "secret_hash": ")" + hash + "\"}", std::string(R"({"type": "jwks"})"),
        std::string(R"({"type": "jwks_uri"})")})
    EXPECT_FALSE(Credential::from("crd_1", parsed(bad))) << bad;
}

TEST(Assignment, acts_for_itself_unless_it_says_for_others) {
  const auto own = Assignment::from("asn_1", parsed(R"({"role": "rol_1", "principal": "agt_1"})"));
  ASSERT_TRUE(own);
  EXPECT_EQ(own->acts, Acts::self);
  const auto ceiling = Assignment::from(
      "asn_1", parsed(R"({"role": "rol_1", "principal": "agt_1", "acts": "others", "organization": "org_1"})"));
  ASSERT_TRUE(ceiling);
  EXPECT_EQ(ceiling->acts, Acts::others);
  EXPECT_EQ(ceiling->organization, "org_1");
  EXPECT_FALSE(Assignment::from("asn_1", parsed(R"({"role": "rol_1", "principal": "agt_1", "acts": "all"})")));
  EXPECT_FALSE(Assignment::from("asn_1", parsed(R"({"role": "rol_1"})")));
  EXPECT_FALSE(Assignment::from("asn_1", parsed(R"({"principal": "agt_1"})")));
}
