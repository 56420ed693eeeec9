// Race: requests that are all decided before any of them is durable.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "endpoints/routing.h"
#include "tests/kit/person.h"

namespace deputy::test {

struct Race {
  World& world;

  // What the endpoint decides now; `later` is done at once.
  endpoints::Answer decided(const Person& person, const std::string& method, const Person::Filled& filled) {
    return decided(method, filled.target, form_of(filled.fields), {{"Cookie", person.cookies()}});
  }
  // The same of a client, or at /v1.
  endpoints::Answer decided(const std::string& method, const std::string& target, std::string body,
                            http::Headers headers) {
    auto answer = asked(method, target, std::move(body), std::move(headers));
    return answer.later ? answer.later->work() : answer;
  }
  // What the endpoint says at once: `later` waits for a thread of its pool.
  endpoints::Answer asked(const Person& person, const std::string& method, const Person::Filled& filled) {
    return asked(method, filled.target, form_of(filled.fields), {{"Cookie", person.cookies()}});
  }
  endpoints::Answer asked(const std::string& method, const std::string& target, std::string body,
                          http::Headers headers) {
    http::Request request{.method = method,
                          .path = target.substr(0, target.find('?')),
                          .query = "",
                          .headers = std::move(headers),
                          .body = std::move(body),
                          .peer = world.peer,
                          .secure = true,
                          .correlation_id = "req_race"};
    if (const auto mark = target.find('?'); mark != std::string::npos) request.query = target.substr(mark + 1);
    const auto match = endpoints::find_route(method, request.path);
    EXPECT_NE(match.route, nullptr) << request.path;
    if (match.route == nullptr) return {};
    return match.route->endpoint({request, "default", world.issuer, match.params, world.clock.now()}, world.app());
  }
  static std::string form_of(const Person::Fields& fields) {
    std::string body;
    for (const auto& [name, value] : fields)
      body.append(body.empty() ? "" : "&").append(name).append("=").append(percent_encode(value));
    return body;
  }
  // It becomes durable, or what is to be answered instead does. Gives what leaves.
  http::Response settled(endpoints::Answer answer) {
    while (!answer.writes.empty()) {
      const auto outcome = world.store->commit_now(std::move(answer.writes));
      EXPECT_TRUE(outcome);
      if (!outcome) break;
      const auto* refusal = std::get_if<store::Refused>(&*outcome);
      if (refusal == nullptr) break;
      EXPECT_TRUE(answer.refused) << "write " << refusal->write << " was refused, and nothing is to be answered then";
      if (!answer.refused) return {.status = 503};
      auto next = answer.refused(*refusal);
      answer = next.later ? next.later->work() : std::move(next);
    }
    return answer.response;
  }
};

}  // namespace deputy::test
