// Property: the parameters of a form that is accepted are text and stand once each, but for those that may be repeated;
// an empty one is none; and written again they are the same (RFC 6749 §3.1, §3.2).
#include <algorithm>
#include <cstdint>

#include "base/encoding.h"
#include "oauth/form.h"

using namespace deputy;

namespace {

constexpr std::string_view repeatable[] = {"resource"};

bool is_text(std::string_view text) {
  return is_utf8(text) &&
         std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto once = oauth::Form::parse(as_text({data, size}), repeatable);
  if (!once) return 0;
  const auto& parameters = once->parameters();
  CHECK(parameters.size() <= oauth::Form::usual_max);
  std::string again;
  for (const auto& [name, value] : parameters) {
    CHECK(is_text(name) && is_text(value));
    if (name != repeatable[0]) {
      const auto same = [&](const auto& other) { return other.first == name; };
      CHECK(std::count_if(parameters.begin(), parameters.end(), same) == 1);
      CHECK(once->get(name) == (value.empty() ? std::nullopt : std::optional<std::string_view>(value)));
    }
    again.append(again.empty() ? "" : "&").append(percent_encode(name)).append("=").append(percent_encode(value));
  }
  const auto twice = oauth::Form::parse(again, repeatable);
  CHECK(twice);
  CHECK(twice->parameters() == parameters);
  return 0;
}
