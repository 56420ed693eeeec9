// The log: one JSON object a line, on standard error. A secret has no way in: fields are text or numbers that the
// caller names one by one, and Secret converts to neither.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <string_view>
#include <variant>

#include "base/clock.h"

namespace deputy::log {

enum class Level { debug, info, warn, error };

struct Field {
  std::string_view name;
  std::variant<std::string_view, std::int64_t> value;
};

// Lines below this level are dropped. The default is info.
void set_level(Level level);

// {"at":"…","level":"warn","event":"refused","correlation_id":"…",…}
// What is no UTF-8 in a text is replaced by U+FFFD.
void line(Level level, std::string_view event, std::initializer_list<Field> fields);
// The same, whatever the level set: what came of a signal, of which nobody is told otherwise.
void answer(Level level, std::string_view event, std::initializer_list<Field> fields);

// While one lives, lines go through a queue to a thread that writes them, and who logs never waits for a reader that
// has stopped. What does not fit any more is dropped and counted, in deputy_log_dropped_total and in the log itself
// (`log_lines_dropped`) when it goes on. At its end what waits is written, if it is read within two seconds.
class Behind {
 public:
  Behind();
  ~Behind();
  Behind(const Behind&) = delete;
};

// For lines that strangers cause: so many a second, and what is beyond is told by the first of a later second, as
// `event` with its count. A flood fills no disk.
class Bound {
 public:
  static constexpr int lines_max = 100;
  explicit Bound(std::string_view event) : event_(event) {}
  bool allows(Instant now);

 private:
  const std::string_view event_;
  std::mutex mutex_;
  std::chrono::sys_seconds second_{};
  int lines_ = 0;
  std::int64_t left_out_ = 0;
};

}  // namespace deputy::log
