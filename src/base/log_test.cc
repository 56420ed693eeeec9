// The log: what a line is; and while nobody reads it who logs goes on, and what was lost is counted where it was lost.
#include "base/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <string>

#include "base/json.h"
#include "base/metrics.h"

namespace deputy::log {
namespace {

// Standard error is a pipe, as small as pipes are, until it is put back.
class Pipe {
 public:
  Pipe() {
    ::signal(SIGPIPE, SIG_IGN);
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    EXPECT_GT(::fcntl(ends[1], F_SETPIPE_SZ, 4096), 0);
    kept_ = ::dup(STDERR_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[1]);
    reading_ = ends[0];
  }
  ~Pipe() {
    put_back();
    ::close(reading_);
  }
  void put_back() {
    if (kept_ < 0) return;
    ::dup2(kept_, STDERR_FILENO);
    ::close(kept_);
    kept_ = -1;
  }
  // The next line, without its end; empty at the end of all.
  std::string line() {
    std::string text;
    for (char c = 0; ::read(reading_, &c, 1) == 1 && c != '\n';) text.push_back(c);
    return text;
  }

 private:
  int kept_ = -1, reading_ = -1;
};

std::int64_t number_in(const std::string& line, const char* name) {
  return json::parse(line).as_object().at(name).as_int64();
}
std::string event_in(const std::string& line) {
  return std::string(json::parse(line).as_object().at("event").as_string());
}

double dropped_in_all() {
  const auto text = metrics::text();
  constexpr std::string_view name = "\ndeputy_log_dropped_total ";
  const auto at = text.find(name);
  return at == std::string::npos ? 0 : std::stod(text.substr(at + name.size()));
}

TEST(LogBehind, nobody_waits_for_a_reader_that_has_stopped_and_what_is_lost_is_counted_in_its_place) {
  constexpr std::int64_t lines = 30'000;
  Pipe pipe;
  auto behind = std::make_unique<Behind>();
  const auto before = dropped_in_all();
  for (std::int64_t i = 0; i < lines; ++i) line(Level::info, "counted", {{"i", i}});
  std::int64_t next = 0, dropped = 0;
  while (dropped == 0) {
    const auto text = pipe.line();
    if (event_in(text) == "log_lines_dropped")
      dropped = number_in(text, "count");
    else
      ASSERT_EQ(number_in(text, "i"), next++);
  }
  EXPECT_EQ(next + dropped, lines) << "one gap, at the end";
  EXPECT_EQ(dropped_in_all() - before, static_cast<double>(dropped));
  line(Level::info, "goes on", {});
  EXPECT_EQ(event_in(pipe.line()), "goes on");
}

TEST(LogBehind, what_waits_is_written_at_its_end_and_from_then_on_a_line_at_once) {
  Pipe pipe;
  { const Behind behind; line(Level::info, "last", {}); }
  line(Level::info, "after", {});
  pipe.put_back();
  EXPECT_EQ(event_in(pipe.line()), "last");
  EXPECT_EQ(event_in(pipe.line()), "after");
}

TEST(LogBehind, its_end_does_not_wait_for_good) {
  Pipe pipe;
  {
    const Behind behind;
    for (int i = 0; i < 1'000; ++i) line(Level::info, "unread", {});
  }
  line(Level::info, "nobody waits after it either", {});
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(event_in(pipe.line()), "unread");
  EXPECT_EQ(event_in(pipe.line()), "nobody waits after it either");
  { const Behind again; }  // with nothing left to write, the next line is written at once
}

TEST(Log, a_line_is_json_whatever_octets_are_in_a_text) {
  testing::internal::CaptureStderr();
  line(Level::info, "read", {{"detail", "/a\xff\xc3\x28\xc3\xa9\xed\xa0\x80"}});
  const auto said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::string(json::parse(said).as_object().at("detail").as_string()),
            "/a\xef\xbf\xbd\xef\xbf\xbd(\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(Log, an_answer_is_written_whatever_the_level) {
  testing::internal::CaptureStderr();
  set_level(Level::error);
  line(Level::warn, "below", {});
  answer(Level::info, "reloaded", {});
  set_level(Level::info);
  const auto said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(event_in(said), "reloaded") << "and nothing else";
}

TEST(LogBound, a_flood_is_counted_by_the_first_line_of_another_second) {
  const auto at = [](int second, int millis) { return from_unix_seconds(1'800'000'000 + second) + Millis(millis); };
  testing::internal::CaptureStderr();
  Bound bound("more");
  int allowed = 0;
  for (int i = 0; i < 1'000; ++i) allowed += bound.allows(at(0, i)) ? 1 : 0;
  EXPECT_EQ(allowed, Bound::lines_max);
  EXPECT_TRUE(bound.allows(at(1, 0)));
  EXPECT_TRUE(bound.allows(at(2, 0)));
  const auto said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(number_in(said, "count"), 900) << "once";
}

}  // namespace
}  // namespace deputy::log
