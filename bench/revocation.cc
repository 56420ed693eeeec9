// revocation: from the answer to "revoke this agent" to the refusal of its descendants by 200 followers elsewhere.
#include "bench/revocation.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <thread>

#include "bench/data_set.h"
#include "bench/figure.h"
#include "bench/measure.h"
#include "bench/server_process.h"
#include "client/api.h"
#include "server/init.h"

namespace deputy::bench {
namespace {

constexpr int rounds = 220;
constexpr double limit_ms = 1000;

Fail<Fault> failed(std::string why) { return Fail{Fault{Fault::Kind::invalid, std::move(why)}}; }

// A process of followers, and the pipes to it.
class Followers {
 public:
  static Result<Followers, Fault> start(std::uint16_t port, const std::string& roots_file,
                                        const server::Initialized& admin) {
    int in[2], out[2];
    if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) return failed("no pipe");
    const pid_t pid = ::fork();
    if (pid < 0) return failed("no process");
    if (pid == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::dup2(in[0], STDIN_FILENO);
      ::dup2(out[1], STDOUT_FILENO);
      ::execl("/proc/self/exe", "bench_measure", "--followers", std::to_string(port).c_str(), roots_file.c_str(),
              admin.client_id.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    const auto line = admin.secret + "\n";
    const bool told = ::write(in[1], line.data(), line.size()) == static_cast<ssize_t>(line.size());
    ::close(in[1]);
    if (!told) return failed("a follower process does not listen");
    return Followers(pid, ::fdopen(out[0], "r"));
  }
  Followers(Followers&& other) noexcept
      : pid_(std::exchange(other.pid_, 0)), out_(std::exchange(other.out_, nullptr)) {}
  Followers& operator=(Followers&&) = delete;
  ~Followers() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    if (out_ != nullptr) std::fclose(out_);
  }

  Result<Done, Fault> await_ready() {
    char text[16] = {};
    if (std::fgets(text, sizeof text, out_) == nullptr || std::string_view(text) != "ready\n")
      return failed("a follower process did not become ready");
    return Done{};
  }
  // The instants of refusal by round, of all its followers.
  Result<Done, Fault> collect(std::vector<std::vector<std::int64_t>>& refusals) {
    std::size_t round = 0;
    long long at = 0;
    while (std::fscanf(out_, "%zu %lld", &round, &at) == 2)
      if (round < refusals.size()) refusals[round].push_back(at);
    int status = 0;
    ::waitpid(std::exchange(pid_, 0), &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
      return failed("a follower let a dead token pass, or refused a live one");
    return Done{};
  }

 private:
  Followers(pid_t pid, FILE* out) : pid_(pid), out_(out) {}
  pid_t pid_;
  FILE* out_;
};

Result<Done, Fault> lift(Result<Done, client::Refusal> result) {
  if (!result) return failed(result.error().sentence);
  return Done{};
}
Result<json::object, Fault> lift(Result<json::object, client::Refusal> result) {
  if (!result) return failed(result.error().sentence);
  return std::move(result).take();
}

void print(std::string_view name, std::vector<double> times, std::optional<double> limit = {}) {
  std::sort(times.begin(), times.end());
  const auto at = [&](double part) { return times[static_cast<std::size_t>(part * double(times.size() - 1))]; };
  print_figure(fmt::format("{}.min", name), at(0), "ms");
  print_figure(fmt::format("{}.p50", name), at(0.5), "ms");
  print_figure(fmt::format("{}.p90", name), at(0.9), "ms");
  print_figure(fmt::format("{}.p99", name), at(0.99), "ms", limit);
  print_figure(fmt::format("{}.p999", name), at(0.999), "ms");
  print_figure(fmt::format("{}.max", name), at(1), "ms", limit);
}

struct Instants {
  std::int64_t sent, answered;
};

// One root after the other is revoked, at moments that no rhythm of the server's is in step with.
Result<std::vector<Instants>, Fault> revoke_all(client::Api& api, LocalTransport& transport,
                                                const std::vector<std::string>& roots) {
  std::mt19937 chance(std::random_device{}());
  std::vector<Instants> instants;
  for (const auto& root : roots) {
    std::this_thread::sleep_for(Millis(20 + chance() % 60));
    TRY(auto revoked, lift(api.post("/agents/" + root + "/revoke", {})));
    instants.push_back({transport.sent_ns, transport.answered_ns});
  }
  return instants;
}

}  // namespace

Result<Done, Fault> revocation() {
  namespace files = std::filesystem;
  std::error_code error;
  const auto folder = files::read_symlink("/proc/self/exe", error).parent_path().parent_path().parent_path() /
                      "bench-data" / "revocation";
  files::remove_all(folder, error);
  files::create_directories(folder, error);
  const auto data = (folder / "data").string();
  TRY(auto config, server::build({{{"data", data}, {"origin", std::string(origin)}}}));
  TRY(auto admin, server::init(config));
  TRY(auto server, ServerProcess::start(data));

  SystemClock clock;
  SystemRandom random;
  LocalTransport transport(server->port());
  client::Api api(transport, clock, random, std::string(origin), {admin.client_id, Secret(admin.secret)});
  TRY(auto owner, lift(api.post("/users", {{"username", "owner"}})));
  std::vector<std::string> roots;
  const auto roots_file = (folder / "roots.txt").string();
  std::ofstream file(roots_file);
  for (int i = 0; i < rounds; ++i) {
    TRY(auto agent, lift(api.post("/agents", {{"name", "a root"}, {"owner", owner.at("id")}})));
    roots.emplace_back(json_text(agent, "id").value_or(""));
    file << roots.back() << '\n';
  }
  file.close();

  std::vector<Followers> processes;
  for (int i = 0; i < follower_processes; ++i) {
    TRY(auto one, Followers::start(server->port(), roots_file, admin));
    processes.push_back(std::move(one));
  }
  for (auto& one : processes) {
    TRY(auto ready, one.await_ready());
  }
  TRY(auto instants, revoke_all(api, transport, roots));
  std::vector<std::vector<std::int64_t>> refusals(roots.size());
  for (auto& one : processes) {
    TRY(auto collected, one.collect(refusals));
  }
  TRY(auto stopped, server->stop());

  std::vector<double> from_answer, from_sending, worst;
  for (std::size_t i = 0; i < roots.size(); ++i) {
    if (refusals[i].size() != static_cast<std::size_t>(follower_processes * followers_a_process))
      return failed("a follower missed a revocation");
    for (const auto at : refusals[i]) {
      from_answer.push_back(double(at - instants[i].answered) / 1e6);
      from_sending.push_back(double(at - instants[i].sent) / 1e6);
    }
    worst.push_back(double(*std::max_element(refusals[i].begin(), refusals[i].end()) - instants[i].answered) / 1e6);
  }
  print_figure("revocation.refusals", static_cast<double>(from_answer.size()), "refusals");
  print("revocation.from_sending", from_sending, limit_ms);
  print("revocation.last_follower", worst, limit_ms);
  print("revocation.from_answer", from_answer, limit_ms);
  std::sort(from_answer.begin(), from_answer.end());
  print_figure("revocation", from_answer[static_cast<std::size_t>(0.99 * double(from_answer.size() - 1))], "ms",
               limit_ms);
  return Done{};
}

}  // namespace deputy::bench
