// One write(2) a line, so that lines of several threads never mix.
#include "base/log.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <string>

#include "base/clock.h"
#include "base/json.h"

namespace deputy::log {
namespace {
std::atomic<Level> threshold{Level::info};
constexpr std::array<std::string_view, 4> names{"debug", "info", "warn", "error"};
}  // namespace

void set_level(Level level) { threshold = level; }

void line(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (level < threshold.load(std::memory_order_relaxed)) return;
  std::string out = R"({"at":")" + rfc3339(SystemClock().now()) + R"(","level":")";
  out.append(names[static_cast<std::size_t>(level)]).append(R"(","event":)");
  append_json_string(out, event);
  for (const auto& field : fields) {
    out.push_back(',');
    append_json_string(out, field.name);
    out.push_back(':');
    if (const auto* text = std::get_if<std::string_view>(&field.value))
      append_json_string(out, *text);
    else
      out.append(std::to_string(std::get<std::int64_t>(field.value)));
  }
  out.append("}\n");
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, out.data(), out.size());
}

}  // namespace deputy::log
