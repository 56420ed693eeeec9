// The world as it is: getenv, the network, and a terminal whose echo can be turned off.
#include "cli/world.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

namespace deputy::cli {
namespace {

// Echo off for as long as this lives.
class Quiet {
 public:
  explicit Quiet(int terminal) : terminal_(terminal) {
    known_ = tcgetattr(terminal_, &before_) == 0;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    if (known_) tcsetattr(terminal_, TCSAFLUSH, &quiet);
  }
  ~Quiet() {
    if (known_) tcsetattr(terminal_, TCSAFLUSH, &before_);
  }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;

 private:
  int terminal_;
  termios before_{};
  bool known_ = false;
};

void say(int terminal, std::string_view text) {
  [[maybe_unused]] const auto written = ::write(terminal, text.data(), text.size());
}

std::optional<Secret> ask(const std::string& prompt) {
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal < 0) return std::nullopt;
  say(terminal, prompt);
  Secret secret;
  {
    const Quiet quiet(terminal);
    char line[1024];  // a terminal gives whole lines, and no longer ones
    const auto size = ::read(terminal, line, sizeof line);
    std::string_view text(line, size > 0 ? static_cast<std::size_t>(size) : 0);
    secret = Secret(text.substr(0, text.find_first_of("\r\n")));
    for (volatile char& letter : line) letter = 0;
  }
  say(terminal, "\n");
  ::close(terminal);
  return secret;
}

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

}  // namespace

World this_machine(Streams streams) {
  streams.in_is_terminal = &streams.in == &std::cin && ::isatty(STDIN_FILENO) == 1;
  streams.err_is_terminal = &streams.err == &std::cerr && ::isatty(STDERR_FILENO) == 1;
  static const SystemClock clock;
  static SystemRandom random;
  return {.streams = streams,
          .environment = environment,
          .transport = [](const http::FetchLimits& limits) { return std::make_unique<client::HttpTransport>(limits); },
          .ask_secret = ask,
          .clock = clock,
          .random = random};
}

}  // namespace deputy::cli
