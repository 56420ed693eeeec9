// One write(2) a line, so that lines of several threads never mix; by whoever logs, or behind a queue.
#include "base/log.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "base/encoding.h"
#include "base/json.h"
#include "base/metrics.h"
#include "base/this_thread.h"

namespace deputy::log {
namespace {

std::atomic<Level> threshold{Level::info};
constexpr std::array<std::string_view, 4> names{"debug", "info", "warn", "error"};

constexpr std::size_t queue_bytes_max = 1 << 20;
constexpr Seconds flush_time{2};  // what the end of the process waits for a reader at most

// A path and a file that somebody wrote may hold any octets; JSON is UTF-8 (RFC 8259 §8.1).
void append_text(std::string& out, std::string_view text) {
  if (is_utf8(text))
    append_json_string(out, text);
  else
    append_json_string(out, as_utf8(text));
}

std::string text_of(Level level, std::string_view event, std::initializer_list<Field> fields) {
  std::string out = R"({"at":")" + rfc3339(SystemClock().now()) + R"(","level":")";
  out.append(names[static_cast<std::size_t>(level)]).append(R"(","event":)");
  append_json_string(out, event);
  for (const auto& field : fields) {
    out.push_back(',');
    append_json_string(out, field.name);
    out.push_back(':');
    if (const auto* text = std::get_if<std::string_view>(&field.value))
      append_text(out, *text);
    else
      out.append(std::to_string(std::get<std::int64_t>(field.value)));
  }
  return out.append("}\n");
}

// As long as it takes. A line is whole, but where there is nobody to write to.
void write_whole(std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {  // whoever we share it with made it so
      pollfd writable{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
      (void)::poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      return;
    }
  }
}

// Lines that wait for their reader. Once one does not fit, all are dropped until those before it are written: so there
// is one gap, and the line that counts it stands in it.
class Queue {
 public:
  // True: it was taken, or dropped. False: the caller writes it.
  bool put(std::string& text) {
    if (!open_.load(std::memory_order_acquire)) return false;
    std::lock_guard lock(mutex_);
    if (!open_.load(std::memory_order_relaxed)) return false;
    if (dropped_ > 0 || bytes_ + text.size() > queue_bytes_max) {
      ++dropped_;
      dropped_total_.add();
      return true;
    }
    bytes_ += text.size();
    lines_.push_back(std::move(text));
    wake_.notify_one();
    return true;
  }

  void open() {
    std::lock_guard lock(mutex_);
    open_ = true;
    if (std::exchange(has_writer_, true)) return;
    // It may wait in a write for good, so nobody waits for it; all that it touches lives as long as the process.
    std::thread([this] { run(); }).detach();
  }

  // With all lines written, or else left open: who logs after that waits for no reader either.
  void close() {
    std::unique_lock lock(mutex_);
    if (empty_.wait_for(lock, flush_time, [&] { return lines_.empty() && dropped_ == 0; })) open_ = false;
  }

 private:
  void run() {
    begin_thread("log");
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [&] { return !lines_.empty(); });
      // It stays in front while it is written: what is empty is written.
      const auto& text = lines_.front();
      lock.unlock();
      write_whole(text);
      lock.lock();
      bytes_ -= text.size();
      lines_.pop_front();
      if (!lines_.empty()) continue;
      if (dropped_ > 0) {
        lines_.push_back(text_of(Level::warn, "log_lines_dropped", {{"count", std::exchange(dropped_, 0)}}));
        bytes_ += lines_.back().size();
      } else {
        empty_.notify_all();
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_, empty_;
  std::deque<std::string> lines_;
  std::size_t bytes_ = 0;
  std::int64_t dropped_ = 0;  // since the last line that was taken
  std::atomic<bool> open_{false};
  bool has_writer_ = false;
  metrics::Counter dropped_total_ = metrics::counter(
      "deputy_log_dropped_total", "Log lines dropped, because whoever reads standard error had stopped.");
};

// Never destroyed: its thread outlives main().
Queue& queue() {
  static auto& one = *new Queue;
  return one;
}

}  // namespace

void set_level(Level level) { threshold = level; }

Behind::Behind() { queue().open(); }
Behind::~Behind() { queue().close(); }

void line(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (level >= threshold.load(std::memory_order_relaxed)) answer(level, event, fields);
}

void answer(Level level, std::string_view event, std::initializer_list<Field> fields) {
  auto text = text_of(level, event, fields);
  if (!queue().put(text)) write_whole(text);
}

bool Bound::allows(Instant now) {
  std::int64_t left_out = 0;
  bool allowed = false;
  {
    std::lock_guard lock(mutex_);
    const auto second = std::chrono::floor<Seconds>(now);
    if (second != second_) {
      second_ = second;
      lines_ = 0;
      left_out = std::exchange(left_out_, 0);
    }
    allowed = lines_ < lines_max;
    if (allowed)
      ++lines_;
    else
      ++left_out_;
  }
  if (left_out > 0) line(Level::warn, event_, {{"count", left_out}});
  return allowed;
}

}  // namespace deputy::log
