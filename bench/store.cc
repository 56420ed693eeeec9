// bench_store: what the SQLite store does a second: durable rows as tokens write them, point reads, cold agents.
//   bench_store FOLDER [AGENTS] [SECONDS] [OUTSTANDING]: with the last, nothing but tokens, so many at once
#include <sys/resource.h>

#include <cstdio>
#include <filesystem>
#include <random>
#include <semaphore>

#include "base/id.h"
#include "store/store.h"

namespace {

using namespace deputy;
using directory::Kind;
using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point start) { return std::chrono::duration<double>(Steady::now() - start).count(); }

double cpu_seconds(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

long rss_kib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

struct Bench {
  SystemClock clock;
  SystemRandom random;
  std::unique_ptr<store::Store> store;
  std::vector<std::string> agents;

  std::string id(std::string_view prefix) { return make_id(prefix, clock.now(), random); }

  store::Writes token() {
    const auto event = id("evt");
    store::Writes writes;
    writes.push_back(store::Append{{.id = event,
                                    .at = clock.now(),
                                    .tenant = "acme",
                                    .correlation_id = id("cor"),
                                    .action = "token.issue",
                                    .decision = audit::Decision::granted,
                                    .actor = "agt_01jd0000000000000000000000",
                                    .client = "agt_01jd0000000000000000000000",
                                    .subject = "usr_01jd0000000000000000000001",
                                    .owner = "usr_01jd0000000000000000000001",
                                    .resource = "https://crm.example.com/mcp",
                                    .scope_asked = "contacts:read invoices:read invoices:write",
                                    .scope_given = "contacts:read invoices:read",
                                    .jti = "jti_" + event.substr(4),
                                    .chain = {"agt_01jd0000000000000000000000"},
                                    .delegations = {"dlg_01jd0000000000000000000003"}}});
    return writes;
  }

  store::Put record(Kind kind, std::string name, const std::string& under) {
    return {.record = {.kind = kind,
                       .tenant = "acme",
                       .id = std::move(name),
                       .under = under,
                       .created_at = clock.now(),
                       .updated_at = clock.now(),
                       .body = R"({"pad":")" + std::string(500, 'x') + "\"}"},
            .indexes = {}};
  }


  store::Writes agent() {
    const auto agent = id("agt"), credential = id("crd");
    store::Writes writes{record(Kind::agent, agent, agent), record(Kind::ownership, id("own"), agent),
                         record(Kind::credential, credential, agent)};
    std::get<store::Put>(writes[0]).indexes = {{"owner", "usr_" + std::to_string(agents.size() % 1000)}};
    std::get<store::Put>(writes[2]).indexes = {{"client_id", agent + "/1", true}};
    agents.push_back(agent);
    return writes;
  }

  // Queues `outstanding` batches, flushes once, waits for all: a turn of a reactor.
  template <class Make>
  void turn(std::size_t outstanding, Make make) {
    std::atomic<std::size_t> left = outstanding;
    std::binary_semaphore done(0);
    for (std::size_t i = 0; i < outstanding; ++i)
      store->commit(make(), [&](Result<store::Outcome, Fault> outcome) {
        CHECK(outcome && std::holds_alternative<Done>(*outcome));
        if (--left == 0) done.release();
      });
    store->flush();
    done.acquire();
  }

  void tokens(std::size_t outstanding, double seconds) {
    std::vector<double> turns;
    const auto start = Steady::now();
    const double all = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID), own = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
    std::size_t rows = 0;
    while (seconds_since(start) < seconds) {
      const auto began = Steady::now();
      turn(outstanding, [this] { return token(); });
      turns.push_back(seconds_since(began) * 1e6);
      rows += outstanding;
    }
    const double wall = seconds_since(start), count = static_cast<double>(rows);
    const double caller = cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - own;
    const double writer = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - all - caller;
    std::sort(turns.begin(), turns.end());
    const auto at = [&](double part) {
      return turns[static_cast<std::size_t>(part * static_cast<double>(turns.size() - 1))];
    };
    std::printf("tokens, %4zu at once: %7.0f rows/s, CPU a row: writer %5.2f caller %5.2f us; "
                "turn p50 %.0f p99 %.0f p99.9 %.0f max %.0f us\n",
                outstanding, count / wall, writer * 1e6 / count, caller * 1e6 / count, at(0.5), at(0.99), at(0.999),
                turns.back());
  }

  template <class Read>
  void reads(const char* what, double seconds, Read read) {
    std::mt19937_64 pick(7);
    std::size_t count = 0;
    const auto start = Steady::now();
    while (seconds_since(start) < seconds)
      for (int i = 0; i < 64; ++i, ++count) read(agents[pick() % agents.size()]);
    std::printf("%-20s %8.0f /s  %6.2f us each\n", what, static_cast<double>(count) / seconds_since(start),
                seconds_since(start) * 1e6 / static_cast<double>(count));
  }
};

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) return 2;
  const std::string file = std::string(arguments[1]) + "/bench.db";
  const std::size_t agents = count > 2 ? std::stoul(arguments[2]) : 10'000;
  const double seconds = count > 3 ? std::stod(arguments[3]) : 2;
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file + suffix);
  Bench bench;
  auto store = store::open_sqlite_store({.file = file});
  CHECK(store);
  bench.store = std::move(store).take();

  const auto start = Steady::now();
  while (bench.agents.size() < agents) bench.turn(200, [&] { return bench.agent(); });
  std::printf("%zu agents of 3 records: %.1f us each\n", bench.agents.size(),
              seconds_since(start) * 1e6 / static_cast<double>(bench.agents.size()));
  if (count > 4) {
    bench.tokens(std::stoul(arguments[4]), seconds);
    return 0;
  }
  for (const std::size_t outstanding : {1, 32, 256}) bench.tokens(outstanding, seconds);

  const auto check = [](bool held) { CHECK(held); };
  bench.reads("get", seconds, [&](const std::string& id) {
    const auto found = bench.store->get("acme", directory::Kind::agent, id);
    check(found && *found);
  });
  bench.reads("under", seconds, [&](const std::string& id) {
    const auto found = bench.store->under("acme", id);
    check(found && found->size() == 3);
  });
  bench.reads("find", seconds, [&](const std::string& id) {
    const auto found = bench.store->find("acme", directory::Kind::credential, "client_id", id + "/1");
    check(found && *found);
  });
  const auto middle = bench.store->events("acme", {}, {.after = *bench.store->last_event() / 2, .limit = 1});
  check(bool(middle));
  bench.reads("event by id", seconds, [&](const std::string&) {
    const auto found = bench.store->event("acme", middle->events[0].id);
    check(found && *found);
  });
  const auto closing = Steady::now();
  bench.store.reset();
  std::printf("closing %.0f ms, RSS at most %ld MiB\n", seconds_since(closing) * 1e3, rss_kib() / 1024);
}
