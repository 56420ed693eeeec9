// Starting, watching and stopping the server under measurement.
#include "bench/server_process.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "bench/data_set.h"
#include "bench/load.h"

namespace deputy::bench {
namespace {

Fail<Fault> failed(std::string why) { return Fail{Fault{Fault::Kind::unavailable, std::move(why)}}; }

// The binary stands beside ours, in the folder above: build/release/deputy and build/release/bench/bench_measure.
std::string deputy_binary() {
  std::error_code error;
  return (std::filesystem::read_symlink("/proc/self/exe", error).parent_path().parent_path() / "deputy").string();
}

[[noreturn]] void become_server(const std::string& binary, const std::string& data,
                                const std::vector<std::string>& more, int log) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  move_to(cores().server);
  ::dup2(log, STDERR_FILENO);
  std::vector<std::string> words{"deputy",      "serve",          "--data", data, "--origin", std::string(origin),
                                 "--http.port", "0", "--http.threads", "1"};
  words.insert(words.end(), more.begin(), more.end());
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execv(binary.c_str(), arguments.data());
  ::_exit(127);
}

void relay(int fd) {
  std::array<char, 4096> chunk;
  std::string text;
  for (ssize_t got = 0; (got = ::read(fd, chunk.data(), chunk.size())) > 0;) {
    text.append(chunk.data(), static_cast<std::size_t>(got));
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
      const auto line = text.substr(0, end + 1);
      if (line.find(R"("level":"info")") == std::string::npos) std::cerr << line;
      text.erase(0, end + 1);
    }
  }
  std::cerr << text;
}

}  // namespace

Cores cores() {
  static const Cores found = [] {
    cpu_set_t set;
    CPU_ZERO(&set);
    ::sched_getaffinity(0, sizeof set, &set);
    Cores cores{-1, 0};
    for (int core = 0; core < CPU_SETSIZE; ++core) {
      if (!CPU_ISSET(core, &set)) continue;
      if (cores.server < 0) cores.server = core;
      cores.load = core;
    }
    return cores;
  }();
  return found;
}

void move_to(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  CHECK(::sched_setaffinity(0, sizeof set, &set) == 0);
}

Result<std::unique_ptr<ServerProcess>, Fault> ServerProcess::start(const std::string& data,
                                                            const std::vector<std::string>& more) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return failed("no pipe");
  cores();  // before the fork: the child must not see what move_to() left of the choice
  const auto binary = deputy_binary();
  const auto began = std::chrono::steady_clock::now();
  const pid_t pid = ::fork();
  if (pid < 0) return failed("no process");
  if (pid == 0) become_server(binary, data, more, ends[1]);
  ::close(ends[1]);
  std::unique_ptr<ServerProcess> server(new ServerProcess(pid, ends[0]));
  TRY(auto serving, server->await_serving());
  constexpr std::string_view ready = "GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  while (!ask(server->port_, ready)) {
    if (std::chrono::steady_clock::now() - began > std::chrono::seconds(60)) return failed("the server is not ready");
  }
  server->startup_ms_ = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
  server->relay_ = std::thread(relay, server->log_);
  return server;
}

// The first line of its log that names a port.
Result<Done, Fault> ServerProcess::await_serving() {
  std::string text;
  std::array<char, 4096> chunk;
  constexpr std::string_view name = "\"port\":";
  for (;;) {
    const auto got = ::read(log_, chunk.data(), chunk.size());
    if (got <= 0) return failed("the server did not start: " + text);
    text.append(chunk.data(), static_cast<std::size_t>(got));
    const auto at = text.find(name);
    if (at == std::string::npos || text.find('\n', at) == std::string::npos) continue;
    std::from_chars(text.data() + at + name.size(), text.data() + text.size(), port_);
    return Done{};
  }
}

Result<Done, Fault> ServerProcess::stop() {
  if (pid_ == 0) return Done{};
  ::kill(pid_, SIGTERM);
  int status = 0;
  ::waitpid(std::exchange(pid_, 0), &status, 0);
  if (relay_.joinable()) relay_.join();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return Fail{Fault{Fault::Kind::invalid, "the server did not end well: status " + std::to_string(status)}};
  return Done{};
}

ServerProcess::~ServerProcess() {
  if (const auto stopped = stop(); !stopped) std::cerr << stopped.error().detail << '\n';
  ::close(log_);
}

double ServerProcess::resident_mib() const {
  std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::atof(line.c_str() + 6) / 1024;
  return 0;
}

}  // namespace deputy::bench
