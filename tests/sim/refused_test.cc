// A batch that the store refuses where nobody said what to answer then: one answer is lost, and never the server.
#include <gtest/gtest.h>

#include "base/json.h"
#include "tests/kit/person.h"
#include "tests/sim/sim_store.h"

namespace deputy::sim {
namespace {

// A store that takes no batch, whatever is in it.
struct TakesNone final : Between {
  void point() override {}
  bool read_fails() override { return false; }
  void queue(store::Writes, store::Committed committed) override {
    ++refused;
    committed(store::Outcome(store::Refused{store::Refused::Why::used, 0, ""}));
  }
  int refused = 0;
};

// The event of a refusal can always be written, so none of these says what to answer where it is not.
TEST(Refused, a42_an_answer_that_foresaw_no_refusal_is_503_of_its_paths_kind_and_the_server_goes_on) {
  auto store = std::make_unique<SimStore>();
  auto& timing = *store;
  test::World world(std::move(store));
  test::Person person(world);
  person.get("/sign-in");
  TakesNone none;
  timing.between = &none;
  const http::Headers browser{{"Accept", "text/html"}, {"Accept-Language", "zh"}, {"Cookie", person.cookies()},
                              {"Content-Type", "application/x-www-form-urlencoded"}};
  for (const auto* path : {"/sign-in", "/sign-in/reset", "/oauth2/authorize"}) {
    const auto page = world.ask("POST", path, "csrf=guess", browser);
    EXPECT_EQ(page.status, 503) << path << page.body;
    EXPECT_TRUE(page.content_type.starts_with("text/html")) << path;
    EXPECT_NE(page.body.find("请稍后重试"), std::string::npos) << page.body;
    EXPECT_EQ(test::header_at(page, "Retry-After"), "1");
  }
  const auto token = world.form("/oauth2/token", {{"grant_type", "client_credentials"}, {"client_id", "agt_nobody"}});
  EXPECT_EQ(test::error_of(token), "503 temporarily_unavailable");
  EXPECT_EQ(test::header_at(token, "Retry-After"), "1");
  const auto problem = world.ask("GET", "/v1/agents");
  EXPECT_EQ(problem.status, 503) << problem.body;
  EXPECT_EQ(problem.content_type, "application/problem+json");
  EXPECT_EQ(test::header_at(problem, "Retry-After"), "1");
  EXPECT_EQ(none.refused, 5);
  timing.between = nullptr;
  EXPECT_EQ(world.ask("GET", "/v1/agents").status, 401);
}

}  // namespace
}  // namespace deputy::sim
