// tree_10m: what exchanges and reads of the tree cost when ten million delegations are in the store, against ten
// thousand.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>

#include "base/id.h"
#include "bench/batches.h"
#include "bench/exchange.h"
#include "bench/figure.h"
#include "bench/measure.h"
#include "bench/requests.h"
#include "server/world.h"

namespace deputy::bench {
namespace {

namespace files = std::filesystem;
using delegation::Delegation;

constexpr std::size_t agents = 10'000, children = 9;  // of each root
constexpr std::size_t nodes_a_batch = 100, batches_a_turn = 64;
constexpr std::string_view tenant = "default", sample_file = "delegations.txt";

Delegation node(const DataSet& set, const std::string& resource, std::size_t from, std::size_t to, Instant at,
                Random& random, const Delegation* parent) {
  Delegation one{.id = make_id("dlg", at, random),
                 .tenant = std::string(tenant),
                 .subject = parent != nullptr ? parent->subject : set.agents[from % set.agents.size()].id,
                 .actor = set.agents[to % set.agents.size()].id,
                 .authority = {{resource, "invoices:read", ""}},
                 .origin = parent != nullptr ? delegation::Origin::exchange : delegation::Origin::own,
                 .created_at = at};
  one.chain = parent != nullptr ? std::vector{one.actor, parent->actor} : std::vector{one.actor};
  if (parent != nullptr) {
    one.parent = parent->id;
    one.path = parent->path;
  }
  one.path.push_back(one.id);
  return one;
}

// Trees of a root and its children, between agents at random; the ids of some are kept as a sample.
Result<Done, Fault> grow(const DataSet& set, std::size_t count) {
  TRY(auto config, config_of(set.data));
  TRY(auto store, store::open_sqlite_store(config.sqlite));
  TRY(auto resource, store->find(tenant, directory::Kind::resource, "identifier", es256_resource));
  CHECK(resource);
  std::ofstream sample(set.data + "/" + std::string(sample_file));
  SystemRandom random;
  std::mt19937_64 pick(20260102);
  const auto start = SystemClock().now() - Seconds(86'400);
  for (std::size_t made = 0; made < count;) {
    std::vector<store::Writes> batches;
    for (std::size_t b = 0; b < batches_a_turn && made < count; ++b) {
      store::Writes batch;
      while (batch.size() < nodes_a_batch) {
        const auto at = start + Millis(made / 200);
        const auto root = node(set, resource->id, pick(), pick(), at, random, nullptr);
        if (pick() % 100 == 0) sample << root.id << '\n';
        for (std::size_t i = 0; i < children; ++i)
          batch.emplace_back(store::Delegate{node(set, resource->id, 0, pick(), at, random, &root)});
        batch.insert(batch.begin(), store::Delegate{root});
        made += children + 1;
      }
      batches.push_back(std::move(batch));
    }
    TRY(auto written, write_all(*store, std::move(batches)));
    if (made % 1'000'000 < nodes_a_batch * batches_a_turn) std::cerr << made << " delegations\n";
  }
  return Done{};
}

// The data set with so many delegations in it: made once and copied.
Result<DataSet, Fault> set_with(std::size_t count) {
  const auto kept = data_sets_folder() + "/tree-" + std::to_string(count) + "-" + std::string(data_format);
  std::error_code error;
  TRY(auto set, data_set(Proof::delegation, agents));
  if (!files::exists(kept + "/" + std::string(sample_file))) {
    files::remove_all(kept, error);
    TRY(auto grown, grow(set, count));
    files::copy(set.data, kept, error);
  } else {
    files::remove_all(set.data, error);
    files::copy(kept, set.data, error);
  }
  if (error) return Fail{Fault{Fault::Kind::unavailable, "cannot copy " + kept + ": " + error.message()}};
  files::permissions(set.data, files::perms::owner_all, error);
  return set;
}

// Roots, in no order.
std::vector<std::string> sample_of(const DataSet& set) {
  std::vector<std::string> sample;
  std::ifstream in(set.data + "/" + std::string(sample_file));
  for (std::string id; in >> id;) sample.push_back(std::move(id));
  std::shuffle(sample.begin(), sample.end(), std::mt19937_64(20260103));
  return sample;
}

// What an administrator asks: a root and all below it, at random places.
Result<double, Fault> queries_per_second(const ServerProcess& server, const DataSet& set) {
  TRY(const auto token, admin_token(server.port(), set.admin));
  Pool queries;
  for (const auto& id : sample_of(set)) queries.add(get_as(token, "/v1/delegations/" + id + "/tree"));
  TRY(const auto measured, run({.port = server.port(),
                                .requests = &queries,
                                .connections = 8,
                                .expect = R"("truncated":false)",
                                .warm_up = Millis(1000),
                                .window = Millis(5000)}));
  return measured.per_second();
}

// Of that what the store does, in this process: reads of a node and its children, at random places.
Result<double, Fault> reads_per_second(const DataSet& set) {
  TRY(auto config, config_of(set.data));
  TRY(auto store, store::open_sqlite_store(config.sqlite));
  const auto sample = sample_of(set);
  constexpr auto window = Seconds(5);
  const auto begin = std::chrono::steady_clock::now();
  std::size_t done = 0;
  for (; std::chrono::steady_clock::now() - begin < window; ++done) {
    const auto& id = sample[done % sample.size()];
    TRY(auto one, store->delegation(tenant, id));
    TRY(auto below, store->delegations(tenant, {.under = id, .limit = children + 1}));
    if (!one || below.size() != children) return Fail{Fault{Fault::Kind::invalid, "a tree is not as it was made"}};
  }
  return static_cast<double>(done) / std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

struct AtSize {
  double exchanges = 0, queries = 0, reads = 0, limit = 0;
};

Result<AtSize, Fault> at_size(std::size_t count) {
  constexpr Seconds window{8};
  constexpr std::size_t subject_tokens = 80'000;
  TRY(auto set, set_with(count));
  AtSize rates;
  TRY(const auto reads, reads_per_second(set));
  rates.reads = reads;
  TRY(auto server, ServerProcess::start(set.data));
  TRY(const auto queries, queries_per_second(*server, set));
  rates.queries = queries;
  Limits limits;
  TRY(auto exchanged, exchange_all(*server, set, subject_tokens, window, limits));
  TRY(auto stopped, server->stop());
  rates.exchanges = exchanged.measured.per_second();
  rates.limit = limits.es256_pairs();
  print_figure(fmt::format("tree_10m.exchanges.{}", count), rates.exchanges, "tokens/s", limits.es256_pairs());
  print_figure(fmt::format("tree_10m.exchanges.{}.p99", count), exchanged.measured.latency_ms(0.99), "ms");
  print_figure(fmt::format("tree_10m.queries.{}", count), rates.queries, "trees/s");
  print_figure(fmt::format("tree_10m.reads.{}", count), rates.reads, "trees/s");
  return rates;
}

}  // namespace

Result<Done, Fault> tree_10m() {
  TRY(const auto few, at_size(10'000));
  TRY(const auto many, at_size(10'000'000));
  print_figure("tree_10m.reads", many.reads, "trees/s", few.reads);
  print_figure("tree_10m.queries", many.queries, "trees/s", few.queries);
  // Against what a small tree would get of the machine as it was then.
  print_figure("tree_10m", many.exchanges, "tokens/s", few.exchanges * many.limit / few.limit);
  return Done{};
}

}  // namespace deputy::bench
