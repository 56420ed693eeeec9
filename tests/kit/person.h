// Person: somebody with a browser: cookies are kept, forms are read from the page and posted back, redirects are seen.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "signin/password/reset_code.h"
#include "tests/kit/world.h"

namespace deputy::test {

class Person {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  explicit Person(World& world) : world_(world) {}

  http::Response get(const std::string& target, http::Headers headers = {}) {
    return took(world_.ask("GET", target, "", with_cookies(std::move(headers))));
  }
  http::Response post(const std::string& target, const Fields& fields, http::Headers headers = {}) {
    return took(world_.form(target, fields, with_cookies(std::move(headers))));
  }
  // The form of a page that posts to `action`, with the fields given; hidden ones come from the page.
  http::Response submit(const http::Response& page, const std::string& action, Fields fields,
                        http::Headers headers = {}) {
    const auto form = filled(page, action, std::move(fields));
    return form.target.empty() ? http::Response() : post(form.target, form.fields, std::move(headers));
  }
  // The same, before it is sent.
  struct Filled {
    std::string target;
    Fields fields;
  };
  static Filled filled(const http::Response& page, const std::string& action, Fields fields) {
    // Of this path: another may begin with it.
    const auto there = [&](char end) { return page.body.find("action=\"" + action + end); };
    const auto start = std::min(there('"'), there('?'));
    EXPECT_NE(start, std::string::npos) << action << "\n" << page.body;
    if (start == std::string::npos) return {};
    const auto form = page.body.substr(start, page.body.find("</form>", start) - start);
    const auto target = form.substr(8, form.find('"', 8) - 8);
    const std::regex hidden(R"re(<input type="hidden" name="([^"]*)" value="([^"]*)">)re");
    for (std::sregex_iterator at(form.begin(), form.end(), hidden), end; at != end; ++at) {
      const auto name = (*at)[1].str();
      const auto same = [&](const auto& field) { return field.first == name; };
      if (std::none_of(fields.begin(), fields.end(), same)) fields.emplace_back(name, (*at)[2].str());
    }
    return {target, std::move(fields)};
  }
  // By username and password, from wherever the browser is sent to; where a second factor is due, on to its page.
  http::Response sign_in(const std::string& username, std::string_view password = secret_words,
                         const std::string& at = "/sign-in") {
    const auto answer = submit(get(at), "/sign-in", {{"username", username}, {"password", std::string(password)}});
    const auto to = header_at(answer, "Location");
    return to.find("/sign-in/code?") == std::string::npos ? answer : get(to);  // a second factor is due
  }

  // What a browser keeps of an answer: its cookies.
  http::Response took(http::Response response) {
    for (const auto& [key, value] : response.headers) {
      if (key != "Set-Cookie") continue;
      const auto equals = value.find('='), end = value.find(';');
      const auto name = value.substr(0, equals), text = value.substr(equals + 1, end - equals - 1);
      if (text.empty())
        jar_.erase(name);
      else
        jar_[name] = text;
    }
    return response;
  }

  std::string cookies() const {
    std::string all;
    for (const auto& [name, value] : jar_) all += (all.empty() ? "" : "; ") + name + "=" + value;
    return all;
  }
  static constexpr std::string_view secret_words = "seven quiet herons at dusk";

 private:
  http::Headers with_cookies(http::Headers headers) const {
    if (!jar_.empty()) headers.emplace_back("Cookie", cookies());
    return headers;
  }

  World& world_;
  std::map<std::string, std::string> jar_;
};

// Sets a user's password as a person does: by a code from an administrator.
inline void given_password(World& world, std::string_view user, const std::string& username,
                           std::string_view password = Person::secret_words) {
  auto code = signin::make_reset_code(world.app().sign_in, "default", user, world.clock.now());
  ASSERT_TRUE(code);
  ASSERT_TRUE(world.store->commit_now({std::move(code->write)}));
  Person person(world);
  const auto set = person.submit(person.get("/sign-in/reset"), "/sign-in/reset",
                                 {{"username", username}, {"code", code->code}, {"password", std::string(password)}});
  ASSERT_EQ(set.status, 303) << set.body;
}

}  // namespace deputy::test
