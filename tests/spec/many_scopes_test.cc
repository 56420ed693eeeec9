// Resources of more scopes than one reads at a glance: what is asked has a bound, what was given is read whole, and no
// token is issued that cannot be.
#include <gtest/gtest.h>

#include "directory/noun.h"
#include "tests/kit/family.h"
#include "tests/kit/flow.h"

using namespace deputy;
using namespace deputy::test;

namespace {

using directory::Kind;

constexpr auto big = "https://big.example/";

// A name for each number, as long as is asked.
std::vector<std::string> names(int count, std::size_t length = 4, char first = 's') {
  std::vector<std::string> out;
  for (int i = 0; i < count; ++i) {
    auto number = std::to_string(i);
    out.push_back(first + std::string(length - 1 - number.size(), '0') + number);
  }
  return out;
}

std::string words(const std::vector<std::string>& all) {
  std::string out;
  for (const auto& one : all) out.append(out.empty() ? "" : " ").append(one);
  return out;
}

// A family that may do everything at a resource of 120 scopes.
struct ManyScopes : testing::Test, Family {
  ManyScopes() {
    const auto id = world.given_resource(big, names(120), {{"principal", payments_api.id}});
    const auto all = world.given_role("all of it", id, {"*"});
    for (const auto& one : {user, orchestrator.id}) world.given_assignment(all, one);
    for (const auto& one : {orchestrator, worker}) world.given_assignment(all, one.id, {{"acts", "others"}});
    world.change(Kind::trusted_issuer, trusted,
                 {{"permissions", json::array{json::object{{"resource", id}, {"scopes", json::array{"*"}}}}}});
  }
  static std::string scope_of(std::string_view token) { return text_at(claims_of(token), "scope"); }
};

// A person at a browser, who holds everything at the resources; the agent may use the first two scopes of each.
struct ManyAsked : testing::Test, Flow {
  ManyAsked() { sign_in(); }
  void resource(std::string_view identifier, const std::vector<std::string>& scopes) {
    const auto id = world.given_resource(identifier, scopes);
    world.given_assignment(world.given_role(std::string(identifier) + " all", id, {"*"}), user);
    world.given_assignment(world.given_role(std::string(identifier) + " some", id, {scopes[0], scopes[1]}), agent.id,
                           {{"acts", "others"}});
  }
};

}  // namespace

TEST_F(ManyScopes, what_is_its_own_is_narrowed_and_handed_on_whole) {
  const auto own = world.access_token(orchestrator, big);
  EXPECT_EQ(scope_of(own), words(names(120)));
  EXPECT_EQ(scope_of(world.exchanged(orchestrator, own)), words(names(120)));
  EXPECT_EQ(scope_of(world.exchanged(orchestrator, own, {{"scope", "s001"}})), "s001");
  const auto handed = handed_on(orchestrator, own, worker);
  EXPECT_EQ(scope_of(handed), words(names(120)));
  EXPECT_TRUE(active(handed));
}

TEST_F(ManyScopes, a_delegate_draws_on_all_that_it_received) {
  const auto begun = world.exchanged(
      orchestrator, upstream(), {{"subject_token_type", "urn:ietf:params:oauth:token-type:jwt"}, {"resource", big}});
  EXPECT_EQ(scope_of(begun), words(names(120)));
  EXPECT_EQ(scope_of(world.exchanged(worker, begun)), words(names(120)));
}

TEST_F(ManyScopes, rfc6749_s3_3_what_a_token_has_may_be_named_again) {
  EXPECT_EQ(scope_of(world.access_token(orchestrator, big, words(names(120)))), words(names(120)));
  const auto too_many = world.token(orchestrator, {{"resource", big}, {"scope", words(names(257))}});
  EXPECT_EQ(error_of(too_many), "400 invalid_scope");
  EXPECT_EQ(text_at(body_of(too_many), "error_description"), "name at most 256 scopes at once");
  const auto& scopes = *directory::noun(Kind::resource).field("scopes");
  EXPECT_LE(static_cast<std::size_t>(scopes.max), oauth::ScopeSet::asked_max) << "else a resource's would be too many";
  EXPECT_TRUE(oauth::ScopeSet::parse(words(names(81, 100)))) << "8,180 bytes";
  EXPECT_FALSE(oauth::ScopeSet::parse(words(names(82, 100))));
}

TEST_F(ManyAsked, who_names_a_resource_alone_is_given_what_its_person_allows_of_it) {
  resource(big, names(120));
  const Pairs asked{{"scope", ""}, {"resource", big}};
  ASSERT_EQ(outcome_of(allow(authorize(agent, asked))), "code");
  // And again, when nobody need be asked any more.
  const auto given = body_of(redeem(agent, code(agent, asked)));
  EXPECT_EQ(text_at(given, "scope"), "s000 s001");
  const auto again = refresh(agent, text_at(given, "refresh_token"));
  EXPECT_EQ(text_at(body_of(again), "scope"), "s000 s001") << again.body;
}

TEST_F(ManyAsked, the_scopes_of_several_resources_are_asked_for_together_up_to_a_bound) {
  const Pairs two{{"scope", ""}, {"resource", "https://a.example"}, {"resource", "https://b.example"}};
  auto three = two;
  three.emplace_back("resource", "https://c.example");
  resource("https://a.example", names(90, 4, 'a'));
  resource("https://b.example", names(90, 4, 'b'));
  resource("https://c.example", names(90, 4, 'c'));
  ASSERT_EQ(outcome_of(allow(authorize(agent, two))), "code");
  EXPECT_EQ(error_of(redeem(agent, code(agent, two), {{"resource", "https://b.example"}})), "200");
  const auto refused = redirected(authorize(agent, three));
  EXPECT_EQ(refused.at("error"), "invalid_scope");
  EXPECT_EQ(refused.at("error_description"), "the resources define more than 256 scopes: name those you need");
}

// RFC 7009 §2.2, RFC 7662 §2.2: a token that its own server cannot read could be withdrawn by nobody.
TEST(LongTokens, rfc7009_s2_what_is_issued_is_read_and_may_be_given_up) {
  World world;
  const auto api = world.given_application("api");
  const auto scopes = names(200, 98);
  const auto agent = world.given_agent_at(big, scopes, {{"principal", api.id}});
  const auto all = world.token(agent, {{"resource", big}});
  EXPECT_EQ(error_of(all), "400 invalid_scope") << "it would be read by nobody";
  EXPECT_TRUE(text_at(body_of(all), "error_description").starts_with("the token would be longer")) << all.body;
  for (std::size_t count = 10; count <= 80; count += 10) {
    const std::vector<std::string> some(scopes.begin(), scopes.begin() + static_cast<std::ptrdiff_t>(count));
    const auto response = world.token(agent, {{"resource", big}, {"scope", words(some)}});
    ASSERT_EQ(response.status, 200) << count << response.body;
    const auto token = text_at(body_of(response), "access_token");
    const auto active = [&] { return *json_boolean(body_of(world.introspect(api, token)), "active"); };
    EXPECT_TRUE(active()) << count;
    EXPECT_EQ(error_of(world.exchange(agent, token, {{"scope", scopes[0]}})), "200") << count;
    EXPECT_EQ(world.form("/oauth2/revoke", {{"token", token}}, {{"Authorization", world.basic(agent)}}).status, 200);
    EXPECT_FALSE(active()) << count;
  }
}

TEST(LongTokens, what_is_opaque_is_as_short_as_ever) {
  World world;
  const auto api = world.given_application("api");
  const auto agent = world.given_agent_at(big, names(200, 98), {{"principal", api.id}, {"token_format", "opaque"}});
  const auto token = world.access_token(agent, big);
  EXPECT_EQ(text_at(body_of(world.introspect(api, token)), "scope"), words(names(200, 98)));
}
