// Openid: a Flow whose agent signs its person in, and what userinfo says of them.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "tests/kit/flow.h"

namespace deputy::test {

struct Openid : Flow {
  static std::string at(const http::Response& response, std::string_view name) {
    return text_at(body_of(response), name);
  }
  http::Response tokens(Pairs change = {}) {
    const Pairs usual{{"scope", "openid profile"}, {"resource", ""}};
    for (const auto& one : usual)
      if (std::none_of(change.begin(), change.end(), [&](const auto& other) { return other.first == one.first; }))
        change.push_back(one);
    return redeem(agent, code(agent, std::move(change)));
  }
  http::Response userinfo(const std::string& token, std::string_view method = "GET") {
    return world.ask(method, "/oauth2/userinfo", "", {{"Authorization", "Bearer " + token}});
  }
};

}  // namespace deputy::test
