// POST /v1/explain held against the exchange itself: over random worlds both say the same.
#include <gtest/gtest.h>

#include <random>

#include "tests/kit/family.h"

using namespace deputy;
using directory::Kind;
using test::body_of;
using test::Family;
using test::Given;
using test::text_at;

namespace {

constexpr auto jwt = "urn:ietf:params:oauth:token-type:jwt";
const std::vector<std::string> all_scopes{"read", "write", "approve"};

// A family with something taken away from everybody, by the numbers of one seed.
struct Chance {
  explicit Chance(unsigned seed) : numbers(seed) {
    const auto kinds = std::uniform_int_distribution<>(0, 3);
    for (const auto* one : {&f.orchestrator, &f.worker, &f.other}) line.push_back(one);
    std::shuffle(line.begin(), line.end(), numbers);
    line.resize(1 + numbers() % 3);
    bound(f.user, "self");
    for (const auto* one : line) {
      if (numbers() % 4 == 0) f.world.change(Kind::agent, one->id, {{"delegation", "any"}});
      bound(one->id, "others");
    }
    for (std::size_t i = 0; i + 1 < line.size(); ++i)
      f.world.change(Kind::agent, line[i]->id,
                     {{"delegates", numbers() % 6 == 0 ? json::array() : json::array{line[i + 1]->id}}});
    f.world.change(Kind::resource, f.invoices_id, {{"delegation_depth_max", 1 + numbers() % 4},
                                                   {"token_lifetime_s", 60 + numbers() % 600}});
    if (numbers() % 5 == 0)
      f.world.change(Kind::agent, line[numbers() % line.size()]->id,
                     {{"expires_at", rfc3339(f.world.clock.now() + Seconds(30 + numbers() % 300))}});
  }

  // Its only role at the invoices gives a random few of the scopes.
  void bound(const std::string& principal, std::string_view acts) {
    const auto records = f.world.store->under("default", principal);
    for (const auto& record : *records) {
      if (record.kind != Kind::assignment) continue;
      EXPECT_TRUE(f.world.store->commit_now({store::Remove{"default", Kind::assignment, record.id, record.version}}));
    }
    const auto few = some(numbers() % 8 == 0 ? 0 : 2);
    if (few.empty()) return;
    const auto role = f.world.given_role("some of " + principal, f.invoices_id, few);
    f.world.given_assignment(role, principal, {{"acts", acts}});
  }
  std::vector<std::string> some(std::size_t at_least) {
    auto scopes = all_scopes;
    std::shuffle(scopes.begin(), scopes.end(), numbers);
    scopes.resize(std::min(scopes.size(), at_least + numbers() % 2));
    return scopes;
  }

  std::mt19937 numbers;
  Family f;
  std::vector<const Given*> line;  // nearest to the user first
};

struct Said {
  bool issued;
  std::string scope, chain;
  std::int64_t expires_in;
  friend bool operator==(const Said&, const Said&) = default;
  friend void PrintTo(const Said& said, std::ostream* out) {
    *out << (said.issued ? "issued " : "not issued ") << said.scope << " " << said.chain << " " << said.expires_in;
  }
};

Said explained(Chance& chance, const std::string& scope) {
  auto& f = chance.f;
  json::array through;
  for (std::size_t i = 0; i + 1 < chance.line.size(); ++i) through.emplace_back(chance.line[i]->id);
  json::object body{{"actor", chance.line.back()->id},
                    {"subject", f.user},
                    {"through", std::move(through)},
                    {"resource", Family::invoices}};
  if (!scope.empty()) body["scope"] = scope;
  const auto answer = body_of(f.world.admin_call("POST", "/v1/explain", body));
  Said said{answer.at("issued").as_bool(), text_at(answer, "scope"), "", answer.at("expires_in").as_int64()};
  if (said.issued)
    for (const auto& one : answer.at("chain").as_array())
      said.chain += (said.chain.empty() ? "" : ">") + std::string(one.as_string());
  return said;
}

// The whole way in earnest: each asks for all there is, the last for what is wanted.
Said exchanged(Chance& chance, const std::string& scope) {
  auto& f = chance.f;
  std::string token = f.upstream();
  http::Response response;
  for (std::size_t i = 0; i < chance.line.size(); ++i) {
    std::vector<std::pair<std::string, std::string>> more{{"resource", Family::invoices}};
    if (i == 0) more.emplace_back("subject_token_type", jwt);
    if (i > 0) more.emplace_back("requested_actor", chance.line[i]->id);
    if (i + 1 == chance.line.size() && !scope.empty()) more.emplace_back("scope", scope);
    response = f.world.exchange(*chance.line[i == 0 ? 0 : i - 1], token, more);
    if (response.status != 200) return {false, "", "", 0};
    token = text_at(body_of(response), "access_token");
  }
  const auto body = body_of(response);
  return {true, text_at(body, "scope"), Family::chain_of(token), body.at("expires_in").as_int64()};
}

}  // namespace

TEST(Explain, holds_an_application_to_its_ceiling_as_the_exchange_does) {
  Family f;
  const auto app = f.world.given_application("desk");
  const auto ask = [&] {
    return body_of(f.world.admin_call("POST", "/v1/explain",
                                      {{"actor", app.id}, {"subject", f.user}, {"resource", Family::invoices}}));
  };
  const auto take = [&] {
    return f.world.exchange(app, f.upstream(), {{"subject_token_type", jwt}, {"resource", Family::invoices}});
  };
  EXPECT_FALSE(ask().at("issued").as_bool());
  EXPECT_EQ(test::error_of(take()), "400 invalid_scope");
  f.world.given_assignment(f.world.given_role("reads", f.invoices_id, {"read"}), app.id, {{"acts", "others"}});
  EXPECT_EQ(text_at(ask(), "scope"), "read");
  EXPECT_EQ(ask().at("chain"), json::array());
  EXPECT_EQ(text_at(body_of(take()), "scope"), "read");
}

TEST(Explain, agrees_with_the_exchange_in_random_worlds) {
  int issued = 0, refused = 0;
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    Chance chance(seed);
    std::string scope;
    if (chance.numbers() % 2 == 0)
      for (const auto& one : chance.some(1)) scope += (scope.empty() ? "" : " ") + one;
    const auto before = explained(chance, scope);
    const auto done = exchanged(chance, scope);
    EXPECT_EQ(before, done);
    // Nothing changed by asking, nor by the exchange: the answer stays.
    EXPECT_EQ(explained(chance, scope), before);
    ++(done.issued ? issued : refused);
  }
  EXPECT_GT(issued, 10);
  EXPECT_GT(refused, 10);
}
