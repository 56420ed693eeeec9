// The log: one JSON object a line, on standard error. A secret has no way in: fields are text or numbers that the
// caller names one by one, and Secret converts to neither.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <variant>

namespace deputy::log {

enum class Level { debug, info, warn, error };

struct Field {
  std::string_view name;
  std::variant<std::string_view, std::int64_t> value;
};

// Lines below this level are dropped. The default is info.
void set_level(Level level);

// {"at":"…","level":"warn","event":"refused","correlation_id":"…",…}
void line(Level level, std::string_view event, std::initializer_list<Field> fields);

}  // namespace deputy::log
