// audit_proof: a proof from a log of ten million events. audit_cost: what the tree takes of token throughput.
#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>

#include "audit/merkle.h"
#include "base/encoding.h"
#include "bench/figure.h"
#include "bench/load.h"
#include "bench/long_log.h"
#include "bench/measure.h"
#include "bench/requests.h"
#include "bench/server_process.h"

namespace deputy::bench {
namespace {

constexpr std::uint64_t events = 10'000'000;
constexpr double proof_limit_ms = 5, cost_limit = 0.10;

// Seconds of processor time that a process's threads have taken, by their names.
std::map<std::string, double> thread_seconds(pid_t pid) {
  std::map<std::string, double> seconds;
  std::error_code error;
  for (const auto& task : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid), error)) {
    std::ifstream name_file(task.path() / "comm"), time_file(task.path() / "schedstat");
    std::string name;
    double nanoseconds = 0;
    std::getline(name_file, name);
    time_file >> nanoseconds;
    seconds[name] += nanoseconds * 1e-9;
  }
  return seconds;
}

}  // namespace

Result<Done, Fault> audit_proof() {
  TRY(auto log, long_log(events));
  TRY(auto server, ServerProcess::start(log.data));
  TRY(auto token, admin_token(server->port(), log.admin));
  Pool proofs;
  for (const auto& jti : log.jtis) proofs.add(get_as(token, "/v1/audit/inclusion?jti=" + jti));
  TRY(auto measured, run({.port = server->port(),
                          .requests = &proofs,
                          .connections = 1,
                          .expect = R"("path":[)",
                          .warm_up = Millis(1000),
                          .window = Millis(8000),
                          .server = server->pid()}));
  print_figure("audit_proof.events", static_cast<double>(events), "events");
  print_figure("audit_proof.startup", server->startup_ms(), "ms");
  print_figure("audit_proof.resident", server->resident_mib(), "MB");
  print_figure("audit_proof.per_second", measured.per_second(), "proofs/s");
  print_figure("audit_proof.p50", measured.latency_ms(0.5), "ms");
  print_figure("audit_proof.max", measured.latency_ms(1), "ms");
  TRY(auto stopped, server->stop());
  print_figure("audit_proof", measured.latency_ms(0.99), "ms", proof_limit_ms);
  return Done{};
}

// What the store's writer does for the tree with each event, beside what an event costs it anyway.
double seconds_a_leaf() {
  constexpr int leaves = 20'000;
  const std::string body(600, 'e');  // an event of a token
  move_to(cores().server);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < leaves; ++i) CHECK(audit::leaf_hash(body) != audit::Hash{});
  move_to(cores().load);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() / leaves;
}

// The server has one core, so a thread's part of the processor time is its part of the throughput.
Result<Done, Fault> audit_cost() {
  TRY(auto set, data_set(Proof::secret, 10'000));
  TRY(auto server, ServerProcess::start(set.data));
  const auto requests = token_requests(set, es256_resource);
  const auto before = thread_seconds(server->pid());
  TRY(auto measured, run({.port = server->port(),
                          .requests = &requests,
                          .expect = R"("access_token":")",
                          .warm_up = Millis(2000),
                          .window = Millis(10'000),
                          .server = server->pid()}));
  auto spent = thread_seconds(server->pid());
  TRY(auto stopped, server->stop());
  double all = 0;
  for (auto& [name, seconds] : spent) {
    const auto found = before.find(name);
    if (found != before.end()) seconds -= found->second;
    all += seconds;
  }
  for (const auto& [name, seconds] : spent)
    print_figure(fmt::format("audit_cost.thread.{}", name), seconds / all, "of processor time");
  print_figure("audit_cost.tokens", measured.per_second(), "tokens/s");
  const double hashing = seconds_a_leaf() * static_cast<double>(measured.answers) / all;
  print_figure("audit_cost.hashing", hashing, "of processor time");
  print_figure("audit_cost", spent["maintenance"] / all + hashing, "ratio", cost_limit);
  return Done{};
}

}  // namespace deputy::bench
