// What tests read in answers: their bodies, their headers, the fields of pages, and tokens.
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "tests/kit/world.h"

namespace deputy::test {

json::object body_of(const http::Response& response) {
  auto body = parse_json_object(response.body, {.depth_max = 16, .bytes_max = 1u << 20});
  EXPECT_TRUE(body) << response.status << " " << response.body;
  return body ? std::move(body).take() : json::object();
}

std::string text_at(const json::object& object, std::string_view name) {
  return std::string(json_text(object, name).value_or(""));
}

std::string between(std::string_view text, std::string_view before, std::string_view after) {
  const auto at = text.find(before);
  EXPECT_NE(at, std::string_view::npos) << before << "\n" << text;
  if (at == std::string_view::npos) return "";
  const auto start = at + before.size();
  return std::string(text.substr(start, text.find(after, start) - start));
}

std::string value_of(const http::Response& page, std::string_view name) {
  return between(page.body, "name=\"" + std::string(name) + "\" value=\"", "\"");
}

std::string done_at(const http::Response& response) {
  auto location = header_at(response, "Location");
  return location.substr(0, location.find("&mark="));
}

std::string header_at(const http::Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers)
    if (key == name) return value;
  return "";
}

std::string all_headers(const http::Response& response, std::string_view name) {
  std::string text;
  for (const auto& [key, value] : response.headers)
    if (key == name) text.append(text.empty() ? "" : ", ").append(value);
  return text;
}

std::string error_of(const http::Response& response) {
  if (response.status < 300) return std::to_string(response.status);
  return std::to_string(response.status) + " " + text_at(body_of(response), "error");
}

namespace {
json::object part_of(std::string_view jwt, int index) {
  for (; index > 0; --index) jwt.remove_prefix(std::min(jwt.find('.') + 1, jwt.size()));
  const auto text = base64url_decode(jwt.substr(0, jwt.find('.')));
  EXPECT_TRUE(text);
  auto parsed = parse_json_object(text.value_or("{}"));
  EXPECT_TRUE(parsed);
  return parsed ? std::move(parsed).take() : json::object();
}
}  // namespace

json::object header_of(std::string_view jwt) { return part_of(jwt, 0); }
json::object claims_of(std::string_view jwt) { return part_of(jwt, 1); }

std::vector<std::string> actors_of(const json::object& claims) {
  std::vector<std::string> actors;
  for (const auto* act = json_member_object(claims, "act"); act != nullptr; act = json_member_object(*act, "act"))
    actors.push_back(text_at(*act, "sub"));
  return actors;
}

}  // namespace deputy::test
