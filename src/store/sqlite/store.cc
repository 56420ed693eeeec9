// SqliteStore: one writer with its thread, and as many readers as there are reads at one time.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <numeric>

#include "base/bounded_cache.h"
#include "store/commit_health.h"
#include "store/group_commit.h"
#include "store/sqlite/checkpoint.h"
#include "store/sqlite/lately.h"
#include "store/sqlite/migrations.h"
#include "store/sqlite/reader_pool.h"
#include "store/sqlite/recent_leaves.h"
#include "store/sqlite/writer.h"
#include "store/store.h"

namespace deputy::store {
namespace sqlite {
namespace {

class SqliteLog final : public Log {
 public:
  SqliteLog(ReaderPool& readers, const RecentLeaves& recent) : readers_(readers), recent_(recent) {}

  Result<State, Fault> state() override {
    return readers_.read([](Reader& reader) { return reader.tree().state(); });
  }
  Result<audit::Tile, Fault> tile(audit::TileId id) override {
    return readers_.read([&](Reader& reader) { return reader.tree().tile(id); });
  }
  Result<std::vector<audit::Hash>, Fault> leaves(std::uint64_t after, std::size_t limit) override {
    if (auto known = recent_.after(after, limit)) return std::move(*known);
    return readers_.read([&](Reader& reader) { return reader.tree().leaves(after, limit); });
  }
  Result<std::vector<StoredEvent>, Fault> entries(std::uint64_t after, std::size_t limit) override {
    return readers_.read([&](Reader& reader) { return reader.tree().entries(after, limit); });
  }
  Result<Instant, Fault> newest(std::uint64_t first, std::uint64_t last) override {
    return readers_.read([&](Reader& reader) { return reader.tree().newest(first, last); });
  }
  Result<std::optional<std::string>, Fault> latest_checkpoint(Which which) override {
    return readers_.read([&](Reader& reader) { return reader.tree().latest_checkpoint(which); });
  }
  Result<std::optional<std::string>, Fault> checkpoint(std::uint64_t size) override {
    return readers_.read([&](Reader& reader) { return reader.tree().checkpoint(size); });
  }

 private:
  ReaderPool& readers_;
  const RecentLeaves& recent_;
};

std::string live_key(std::string_view tenant, std::string_view id) {
  return std::string(tenant).append("/").append(id);
}

std::size_t cost_of(const Delegation& one) {
  constexpr std::size_t text = sizeof(std::string) + 32;
  return sizeof(Delegation) +
         text * (6 + one.path.size() + one.chain.size() + one.budgets.size() + 3 * one.authority.size()) +
         std::accumulate(one.details.begin(), one.details.end(), std::size_t{0},
                         [](std::size_t sum, const auto& detail) { return sum + 2 * text + detail.object.size(); });
}

// Whether something is not as a snapshot shows it after this: not so where something is only added, or counted.
bool outdates(const Batch& batch) {
  return batch.purge != nullptr || std::any_of(batch.writes.begin(), batch.writes.end(), [](const Write& write) {
           return std::holds_alternative<Put>(write) || std::holds_alternative<Revise>(write) ||
                  std::holds_alternative<Remove>(write) || std::holds_alternative<Touch>(write) ||
                  std::holds_alternative<Drop>(write) ||
                  std::holds_alternative<EndDelegation>(write) || std::holds_alternative<EndConsents>(write);
         });
}

// Whether the group's transaction put something on the disk: an empty one ends well on a full disk too.
bool wrote(std::span<const Batch> group) {
  return std::any_of(group.begin(), group.end(), [](const Batch& batch) {
    return !batch.writes.empty() && batch.outcome && std::holds_alternative<Done>(*batch.outcome);
  });
}

class SqliteStore final : public Store {
 public:
  SqliteStore(const SqliteConfig& config, CommitHealth& health, std::unique_ptr<Writer> writer,
              std::unique_ptr<Checkpointer> checkpointer)
      : health_(health),
        writer_(std::move(writer)),
        live_(config.cache_mib << 21),
        readers_(config.file, config.cache_mib * 1024),
        snapshots_(config.file, config.cache_mib * 1024),
        log_(readers_, recent_),
        checkpointer_(std::move(checkpointer)),
        commits_(std::in_place, config.queue_max, [this](std::span<Batch> group) { write(group); },
                 [this] {
                   if (!lost_) checkpointer_->after_group();
                 }) {
    checkpointer_->before_moving([this] { snapshots_.let_go(); });
    checkpointer_->when_lost([this] {
      lost_ = true;
      health_.lost();
    });
  }
  ~SqliteStore() override {
    commits_.reset();
    checkpointer_.reset();
    snapshots_.let_go();
    if (lost_)
      writer_->keep_log();
    else
      writer_->checkpoint_all();
  }

  void commit(Writes writes, Committed committed) override {
    commits_->add(make_batch(std::move(writes), std::move(committed)));
  }
  void flush() override { commits_->flush(); }
  void at_rest() override { commits_->at_rest(); }
  void observe(Observer observer) override { observers_.push_back(std::move(observer)); }
  Result<std::size_t, Fault> purge(Instant now, std::size_t limit) override { return commits_->purge(now, limit); }

  // Records: after one was added, no snapshot of before is read (outdates()).
  Result<std::optional<Record>, Fault> get(std::string_view tenant, Kind kind, std::string_view id) override {
    return snapshots_.read([&](Reader& reader) { return reader.get(tenant, kind, id); }, Snapshots::Empty::final);
  }
  Result<std::vector<Record>, Fault> under(std::string_view tenant, std::string_view principal) override {
    return snapshots_.read([&](Reader& reader) { return reader.under(tenant, principal); }, Snapshots::Empty::final);
  }
  Result<std::optional<Record>, Fault> find(std::string_view tenant, Kind kind, std::string_view index,
                                            std::string_view value) override {
    return snapshots_.read([&](Reader& reader) { return reader.find(tenant, kind, index, value); },
                           Snapshots::Empty::final);
  }
  Result<std::vector<Record>, Fault> list(std::string_view tenant, Kind kind, const Page& page) override {
    return readers_.read([&](Reader& reader) { return reader.list(tenant, kind, page); });
  }
  Result<std::optional<Kept>, Fault> kept(Use use, std::string_view tenant, std::string_view key,
                                          Instant now) override {
    return snapshots_.read([&](Reader& reader) { return reader.kept(use, tenant, key, now); });
  }
  Result<std::vector<std::string>, Fault> kept_keys(Use use, std::string_view tenant, std::string_view prefix,
                                                    Instant now, std::size_t limit) override {
    return readers_.read([&](Reader& reader) { return reader.kept_keys(use, tenant, prefix, now, limit); });
  }
  Result<EventPage, Fault> events(std::string_view tenant, const EventFilter& filter,
                                  const EventRange& range) override {
    return readers_.read([&](Reader& reader) { return reader.events(tenant, filter, range); });
  }
  Result<std::optional<StoredEvent>, Fault> event(std::string_view tenant, std::string_view id_or_jti) override {
    return readers_.read([&](Reader& reader) { return reader.event(tenant, id_or_jti); });
  }
  Result<std::uint64_t, Fault> last_event() override {
    return readers_.read([](Reader& reader) { return reader.last_event(); });
  }
  Result<std::vector<Revocation>, Fault> revocations(std::uint64_t after, std::size_t limit) override {
    return readers_.read([&](Reader& reader) { return reader.revocations(after, limit); });
  }
  Result<std::optional<Delegation>, Fault> delegation(std::string_view tenant, std::string_view id,
                                                      Counts counts) override {
    const auto get = [&](Reader& reader) { return reader.delegations().get(tenant, id); };
    if (counts == Counts::current) return readers_.read(get);
    const auto key = live_key(tenant, id);
    if (const auto known = live_.find(key)) return std::optional(*known);
    const auto began = snapshots_.version();
    TRY(auto one, snapshots_.read(get));
    if (!one || one->revoked_at || Snapshots::changing(began)) return one;
    live_.put(key, std::make_shared<const Delegation>(*one), cost_of(*one));
    if (snapshots_.version() != began) live_.erase(key);  // its end came in between
    return one;
  }
  Result<std::vector<Delegation>, Fault> delegations(std::string_view tenant, const DelegationPage& page) override {
    return readers_.read([&](Reader& reader) { return reader.delegations().list(tenant, page); });
  }
  Result<std::vector<Delegation>, Fault> consents(const ConsentsOf& of, Instant now, std::size_t limit) override {
    return readers_.read([&](Reader& reader) { return reader.delegations().consents(of, now, limit); });
  }
  Result<std::vector<Delegation>, Fault> consents_to(std::string_view tenant, std::string_view client, Instant now,
                                                     std::size_t limit) override {
    return readers_.read([&](Reader& reader) { return reader.delegations().consents_to(tenant, client, now, limit); });
  }
  Result<std::optional<Instant>, Fault> first_end(const BegunWith& of, Instant since, Instant until) override {
    return readers_.read([&](Reader& reader) { return reader.delegations().first_end(of, since, until); });
  }
  Result<std::vector<Delegation>, Fault> begun(const BegunWith& of, Instant made_by, Instant now) override {
    return readers_.read([&](Reader& reader) { return reader.delegations().begun(of, made_by, now); });
  }
  // Mostly there is none, and it is known that none was added since the snapshot began.
  Result<std::optional<Delegation>, Fault> identical_delegation(const Delegation& like) override {
    const auto fingerprint = delegation::fingerprint(like);
    const auto read = [&](Reader& reader) { return reader.delegations().identical(like, fingerprint); };
    if (lately_.since(Snapshots::tick(), fingerprint)) return readers_.read(read);
    return snapshots_.read(read, Snapshots::Empty::final);
  }
  Log& log() override { return log_; }
  Result<RevocationPage, Fault> revocations_of(std::string_view tenant, std::uint64_t after,
                                               std::size_t limit) override {
    return readers_.read([&](Reader& reader) { return reader.revocations_of(tenant, after, limit); });
  }

 private:
  // Observers hear of a group when it is durable and before its callbacks: who is answered sees no stale copy.
  void write(std::span<Batch> group) {
    if (lost_) return refuse(group);
    const bool outdating = std::any_of(group.begin(), group.end(), outdates);
    if (outdating) snapshots_.begin_change();
    const auto changes = writer_->write(group);
    if (outdating) forget_ended(group);
    lately_.add(writer_->fingerprints(), Snapshots::tick());
    if (changes) recent_.add(writer_->log().first_leaf(), writer_->log().leaves());
    if (outdating) snapshots_.end_change();
    if (!changes) return health_.failed();
    if (wrote(group)) health_.succeeded();
    if (changes->records.empty() && changes->revocations.empty()) return;
    for (const auto& observer : observers_) observer(*changes);
  }

  void refuse(std::span<Batch> group) {
    for (auto& batch : group)
      batch.outcome = Fail{Fault{Fault::Kind::unavailable, "a sync of the store failed: start the server anew"}};
    health_.failed();
  }

  void forget_ended(std::span<const Batch> group) {
    for (const auto& batch : group)
      for (const auto& write : batch.writes)
        if (const auto* end = std::get_if<EndDelegation>(&write)) live_.erase(live_key(end->tenant, end->id));
        else if (std::holds_alternative<EndConsents>(write)) live_.clear();  // it is rare, and they may be many
  }

  CommitHealth& health_;
  std::unique_ptr<Writer> writer_;  // the last connection that closes: what it leaves is what is left
  BoundedCache<Delegation> live_;  // delegations that nothing but their end will change, apart from their counts
  ReaderPool readers_;
  Snapshots snapshots_;
  Lately lately_;  // delegations, by their fingerprints
  RecentLeaves recent_;
  SqliteLog log_;
  std::atomic<bool> lost_ = false;  // the log must stay as it is: see Checkpointer::when_lost()
  std::unique_ptr<Checkpointer> checkpointer_;
  std::vector<Observer> observers_;
  std::optional<GroupCommit> commits_;
};

// SQLite would make the file by the umask; what is in it is nobody else's to read. Its log takes the file's mode.
Result<Done, Fault> make_file(const std::string& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0) return Fail{cannot_open(file)};
  ::close(descriptor);
  return Done{};
}

// The writer appends to the log and changes the directory now and then: a quarter of a reader's cache will do.
constexpr std::size_t writer_cache_kib(std::size_t cache_mib) { return std::max<std::size_t>(cache_mib * 256, 2048); }

}  // namespace
}  // namespace sqlite

Result<std::unique_ptr<Store>, Fault> open_sqlite_store(const SqliteConfig& config) {
  static CommitHealth nobody_asks;
  return open_sqlite_store(config, nobody_asks);
}

Result<std::unique_ptr<Store>, Fault> open_sqlite_store(const SqliteConfig& named, CommitHealth& health) {
  using namespace sqlite;
  auto config = named;
  config.file = resolved(named.file);
  TRY(auto made, make_file(config.file));
  TRY(auto database, Database::open(config.file, Database::Use::write, writer_cache_kib(config.cache_mib)));
  TRY(auto migrated, migrate(database));
  TRY(auto logged, database.log_ahead());
  TRY(auto writer, Writer::prepare(std::move(database)));
  TRY(auto checkpointer, Checkpointer::start(config.file, writer->handle()));
  return std::unique_ptr<Store>(
      std::make_unique<SqliteStore>(config, health, std::move(writer), std::move(checkpointer)));
}

}  // namespace deputy::store
