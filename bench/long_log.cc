// Events go straight into the store, one a batch, as tokens at twenty thousand a second would have left them.
#include "bench/long_log.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iostream>

#include "base/id.h"
#include "bench/batches.h"
#include "server/init.h"
#include "server/world.h"

namespace deputy::bench {
namespace {

namespace files = std::filesystem;

constexpr std::uint64_t events_a_second = 20'000, sample_every = 499;
constexpr std::size_t events_a_batch = 1, batches_a_turn = 1024;
constexpr std::string_view sample_file = "sample.txt";

audit::Event event_at(Instant at, Random& random) {
  audit::Event event;
  event.id = make_id("evt", at, random);
  event.at = at;
  event.tenant = "default";
  event.correlation_id = "req" + event.id.substr(3);
  event.action = "token.issue";
  event.decision = audit::Decision::granted;
  event.actor = event.client = event.subject = "agt_01jd0000000000000000000000";
  event.owner = "usr_01jd0000000000000000000001";
  event.resource = es256_resource;
  event.scope_asked = event.scope_given = "contacts:read invoices:read";
  event.jti = "jti" + event.id.substr(3);
  event.chain = {event.actor};
  return event;
}

Result<Done, Fault> append(store::Store& store, std::uint64_t events, std::ostream& sample) {
  SystemRandom random;
  const auto start = SystemClock().now() - Seconds(events / events_a_second + 60);
  for (std::uint64_t made = 0; made < events;) {
    std::vector<store::Writes> batches;
    while (batches.size() < batches_a_turn && made < events) {
      store::Writes batch;
      for (; batch.size() < events_a_batch && made < events; ++made) {
        auto event = event_at(start + Millis(made * 1000 / events_a_second), random);
        if (made % sample_every == 0) sample << event.jti << '\n';
        batch.push_back(store::Append{std::move(event)});
      }
      batches.push_back(std::move(batch));
    }
    TRY(auto written, write_all(store, std::move(batches)));
  }
  return Done{};
}

Result<Done, Fault> make(const std::string& folder, std::uint64_t events) {
  std::error_code error;
  files::remove_all(folder, error);
  files::create_directories(files::path(folder).parent_path(), error);
  std::cerr << "recording " << events << " events in " << folder << '\n';
  TRY(auto config, server::build({{{"data", folder}, {"origin", std::string(origin)}}}));
  TRY(auto made, server::init(config));
  std::ofstream sample(folder + "/sample.part");
  sample << made.client_id << ' ' << made.secret << '\n';
  {
    TRY(auto store, store::open_sqlite_store(config.sqlite));
    TRY(auto appended, append(*store, events, sample));
  }
  TRY(auto world, server::World::open(config));
  world.reset();  // going, it seals all there is
  sample.close();
  files::rename(folder + "/sample.part", folder + "/" + std::string(sample_file), error);
  if (error) return Fail{Fault{Fault::Kind::unavailable, "cannot write " + folder}};
  return Done{};
}

std::string data_folder() {
  std::error_code error;
  const auto binary = files::read_symlink("/proc/self/exe", error);
  return binary.parent_path().parent_path().parent_path().string() + "/bench-data";
}

}  // namespace

Result<LongLog, Fault> long_log(std::uint64_t events) {
  LongLog log{.data = data_folder() + "/log-" + std::to_string(events), .admin = {}, .jtis = {}};
  if (!files::exists(log.data + "/" + std::string(sample_file))) {
    TRY(auto made, make(log.data, events));
  }
  std::ifstream sample(log.data + "/" + std::string(sample_file));
  sample >> log.admin.id >> log.admin.proof;
  for (std::string jti; sample >> jti;) log.jtis.push_back(jti);
  return log;
}

}  // namespace deputy::bench
