// Late: a request that is decided now, and becomes durable when the test says so.
#pragma once

#include <gtest/gtest.h>

#include <functional>

#include "base/encoding.h"
#include "base/id.h"
#include "endpoints/endpoint.h"
#include "grants/all.h"
#include "tests/kit/world.h"
#include "tokens/issue.h"

namespace deputy::test {

// What is answered in the end, where the store refuses what was decided: it may be decided anew, elsewhere and again.
// `before` goes before each commit.
inline http::Response answered_at_last(World& world, endpoints::Answer answer,
                                       const std::function<void(const endpoints::Answer&)>& before = {}) {
  for (;;) {
    if (before) before(answer);
    const auto outcome = world.store->commit_now(std::move(answer.writes));
    EXPECT_TRUE(outcome);
    const auto* refused = std::get_if<store::Refused>(&*outcome);
    if (refused == nullptr) return answer.response;
    auto next = answer.refused(*refused);
    answer = next.later ? next.later->work() : std::move(next);
  }
}

struct Late {
  World& world;
  std::uint64_t seen = world.app().reader.revocations_seen();

  store::Writes decided(const grants::Grant& grant, const Given& client,
                        const std::vector<std::pair<std::string, std::string>>& parameters) {
    std::string text;
    for (const auto& [name, value] : parameters) text += (text.empty() ? "" : "&") + name + "=" + percent_encode(value);
    const auto form = oauth::Form::parse(text);
    auto& app = world.app();
    grants::World seams{"default", world.issuer, world.clock.now(), app.directory, app.reader, app.trusted_issuers,
                        app.store, app.random};
    const auto principal = app.directory.principal("default", client.id);
    auto authorization = grant.authorize({*principal, *form, {}, ""}, seams);
    EXPECT_TRUE(authorization) << authorization.error().description;
    authorization->revocations_seen = seen;
    audit::Event event{.id = make_id("evt", world.clock.now(), world.random), .tenant = "default"};
    auto issued = tokens::issue(*authorization, world.issuer, app.keyring, app.random, world.clock.now(), event);
    EXPECT_TRUE(issued);
    return std::move(issued->writes);
  }
  // What is answered by an endpoint that decides before `meanwhile`, and whose writes become durable after it.
  http::Response settled(endpoints::Endpoint endpoint, http::Request request, const std::function<void()>& meanwhile,
                         std::vector<std::string> params = {}) {
    request.correlation_id = "req";
    request.peer = world.peer;
    request.secure = true;
    auto answer = endpoint({request, "default", world.issuer, std::move(params), world.clock.now()}, world.app());
    meanwhile();
    return answered_at_last(world, std::move(answer));
  }
  void compromise(std::string_view kid) {
    auto writes = world.app().keyring.compromise_writes("default", kid);
    ASSERT_TRUE(writes);
    EXPECT_TRUE(becomes_durable(std::move(*writes)));
  }
  bool becomes_durable(store::Writes writes) {
    const auto outcome = world.store->commit_now(std::move(writes));
    return outcome && std::holds_alternative<Done>(*outcome);
  }
};

}  // namespace deputy::test
