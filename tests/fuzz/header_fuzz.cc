// Property: what is read from the headers of a stranger is what stands there: no tag, no type and no cookie is found
// that was not sent, a stronger comparison finds no more than a weaker, and of a cookie that stands twice none counts.
#include <cstdint>

#include "base/encoding.h"
#include "base/result.h"
#include "flows/session.h"
#include "http/cache_control.h"
#include "http/entity_tag.h"
#include "http/media_type.h"
#include "http/text.h"

using namespace deputy;

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out) c = http::lower(c);
  return out;
}

http::Request sent(std::string name, std::string value) {
  return {.method = "GET", .path = "/", .headers = {{std::move(name), std::move(value)}}};
}

// RFC 9110 §8.8.3.2, §13.1
void check_tags(std::string_view input) {
  constexpr std::string_view field = "If-None-Match", tag = "\"a,b\"";
  const auto request = sent("if-none-match", std::string(input));
  const bool strong = http::names_tag(request, field, tag, http::TagComparison::strong);
  const bool weak = http::names_tag(request, field, tag, http::TagComparison::weak);
  CHECK(weak || !strong);
  CHECK(!weak || http::trim(input) == "*" || input.find(tag) != std::string_view::npos);
  const auto first = sent("If-None-Match", std::string(tag).append(", ").append(input));
  CHECK(http::names_tag(first, field, tag, http::TagComparison::strong));
}

void check_types(std::string_view input) {
  constexpr std::string_view json = "application/json", jwt = "application/token-introspection+jwt";
  if (http::is_media_type(input, json)) {
    CHECK(lower(http::trim(input)).starts_with(json));
    CHECK(http::is_media_type(std::string(input) + "; charset=utf-8", json));
  }
  if (http::prefers(sent("Accept", std::string(input)), jwt, json)) CHECK(lower(input).find(jwt) != std::string::npos);
}

void check_age(std::string_view input) {
  const auto age = http::max_age(input);
  CHECK(!age || (*age >= Seconds(0) && *age <= Seconds(1LL << 31)));
  CHECK(http::max_age(std::string("no-store, ").append(input)) == Seconds(0));
}

bool brought(std::string cookies) { return flows::brought_cookie(sent("Cookie", std::move(cookies)), "default"); }

void check_cookie(std::string_view input) {
  if (!brought(std::string(input))) return;
  CHECK(input.find("deputy_session=") != std::string_view::npos);
  CHECK(brought(std::string("theme=dark; ").append(input)) && brought(std::string(input) + "; theme=dark"));
  // One of the two was planted.
  CHECK(!brought(std::string("deputy_session=planted; ").append(input)));
  CHECK(!brought(std::string(input) + ";deputy_session=planted"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = as_text({data, size});
  check_tags(input);
  check_types(input);
  check_age(input);
  check_cookie(input);
  return 0;
}
