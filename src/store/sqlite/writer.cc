// The group's transaction, and when a batch needs a savepoint of its own.
#include "store/sqlite/writer.h"

#include <algorithm>

#include "base/log.h"

namespace deputy::store::sqlite {
namespace {

bool conditional(const Write& write) {
  if (const auto* end = std::get_if<EndDelegation>(&write)) return end->uses.has_value();
  if (const auto* end = std::get_if<EndConsents>(&write)) return end->those.has_value();
  return std::holds_alternative<Put>(write) || std::holds_alternative<Revise>(write) ||
         std::holds_alternative<Remove>(write) || std::holds_alternative<Require>(write) ||
         std::holds_alternative<RequireNone>(write) || std::holds_alternative<Keep>(write) ||
         std::holds_alternative<Mark>(write) || std::holds_alternative<Delegate>(write) ||
         std::holds_alternative<Draw>(write) || std::holds_alternative<Unrevoked>(write) ||
         std::holds_alternative<NoneEnded>(write) || std::holds_alternative<NoneHandedOn>(write) ||
         std::holds_alternative<Seal>(write) || std::holds_alternative<Cosign>(write) ||
         std::holds_alternative<Retain>(write);
}
bool changing(const Write& write) {
  return !std::holds_alternative<Require>(write) && !std::holds_alternative<RequireNone>(write) &&
         !std::holds_alternative<Unrevoked>(write) && !std::holds_alternative<NoneEnded>(write) &&
         !std::holds_alternative<NoneHandedOn>(write);
}

// Each write checks before it changes, so a batch can only leave something half done if a condition comes after a
// change: a savepoint costs more than a row and is not opened for the rest (a mark and then events; events alone). Nor
// where all that would be left are kept keys and marks: take_back() undoes those (a code that is redeemed).
bool needs_savepoint(const Writes& writes) {
  bool changed = false;
  for (const auto& write : writes) {
    if (changed && conditional(write)) return true;
    changed = changed ||
              (changing(write) && !std::holds_alternative<Keep>(write) && !std::holds_alternative<Mark>(write));
  }
  return false;
}

}  // namespace

Result<std::unique_ptr<Writer>, Fault> Writer::prepare(Database database) {
  TRY(auto log, EventLog::prepare(database));
  TRY(auto tree, TreeWriter::prepare(database));
  std::unique_ptr<Writer> writer(new Writer(std::move(database), std::move(log), std::move(tree)));
  TRY(auto prepared, writer->prepare_statements());
  return writer;
}

Result<Done, Fault> Writer::prepare_statements() {
  TRY(auto delegations, delegations_.prepare(database_));
  return database_.prepare({
      {&begin_, "BEGIN IMMEDIATE"},
      {&commit_, "COMMIT"},
      {&rollback_, "ROLLBACK"},
      {&savepoint_, "SAVEPOINT batch"},
      {&release_, "RELEASE batch"},
      {&rollback_to_, "ROLLBACK TO batch"},
      {&stored_, "SELECT n, version, under, lookups FROM records WHERE tenant = ?1 AND kind = ?2 AND id = ?3"},
      {&body_, "SELECT body FROM records WHERE n = ?1"},
      {&create_, "INSERT INTO records (tenant, under, kind, id, version, created_at, updated_at, touched_at,"
                 " lookups, body, until) VALUES (?1, ?2, ?3, ?4, 1, ?5, ?6, ?7, ?8, ?9, ?10)"},
      {&replace_, "UPDATE records SET under = ?2, version = ?3, updated_at = ?4, lookups = ?5, body = ?6,"
                 " until = ?7 WHERE n = ?1"},
      {&remove_, "DELETE FROM records WHERE n = ?1"},
      {&touch_, "UPDATE records SET touched_at = ?4 WHERE tenant = ?1 AND kind = ?2 AND id = ?3"
                " AND (touched_at IS NULL OR touched_at < ?4 OR touched_at > ?5)"},
      {&holder_, "SELECT 1 FROM lookups WHERE tenant = ?1 AND kind = ?2 AND name = ?3 AND value = ?4 AND id <> ?5"
                 " LIMIT 1"},
      {&holders_, "SELECT id FROM lookups WHERE tenant = ?1 AND kind = ?2 AND name = ?3 AND value = ?4"},
      {&add_lookup_, "INSERT OR IGNORE INTO lookups (tenant, kind, name, value, id, n)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"},
      {&drop_lookup_, "DELETE FROM lookups WHERE tenant = ?1 AND kind = ?2 AND name = ?3 AND value = ?4 AND id = ?5"},
      {&keep_, "INSERT OR IGNORE INTO kept (use, tenant, key, until, body) VALUES (?1, ?2, ?3, ?4, ?5)"},
      {&drop_, "DELETE FROM kept WHERE use = ?1 AND tenant = ?2 AND key = ?3"},
      {&mark_, "INSERT OR IGNORE INTO marks (until, once, tenant, key) VALUES (?1, ?2, ?3, ?4)"},
      {&unmark_, "DELETE FROM marks WHERE until = ?1 AND once = ?2 AND tenant = ?3 AND key = ?4"},
      {&revoked_since_, "SELECT tenant, target, resource FROM revocations WHERE seq > ?1"},
      {&revoke_, "INSERT INTO revocations (tenant, kind, target, issued_before, until, at, reason, scopes, resource,"
                 " previous, tag) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"},
      {&revocation_head_, "SELECT last FROM revocation_heads WHERE tenant = ?1"},
      {&newest_revocation_of_all_, "SELECT seq FROM revocations ORDER BY seq DESC LIMIT 1"},
      {&move_head_, "INSERT INTO revocation_heads (tenant, last, purged, last_tag) VALUES (?1, ?2, 0, ?3)"
                    " ON CONFLICT (tenant) DO UPDATE SET last = ?2, last_tag = ?3"},
      {&note_purged_, "UPDATE revocation_heads SET purged = max(purged, gone.seq) FROM"
                      " (SELECT tenant, max(seq) AS seq FROM (SELECT tenant, seq FROM revocations WHERE until < ?1"
                      " ORDER BY until, seq LIMIT ?2) GROUP BY tenant) AS gone WHERE gone.tenant = revocation_heads.tenant"},
      {&ended_records_, "SELECT n, tenant, kind, id, under, lookups FROM records WHERE until <= ?1"
                        " ORDER BY until LIMIT ?2"},
      {&purge_kept_, "DELETE FROM kept WHERE n IN (SELECT n FROM kept WHERE until <= ?1 ORDER BY until LIMIT ?2)"},
      {&purge_marks_, "DELETE FROM marks WHERE (until, once, tenant, key) IN"
                      " (SELECT until, once, tenant, key FROM marks WHERE until <= ?1 ORDER BY until LIMIT ?2)"},
      {&purge_revocations_, "DELETE FROM revocations WHERE seq IN"
                            " (SELECT seq FROM revocations WHERE until < ?1 ORDER BY until, seq LIMIT ?2)"},
  });
}

std::optional<Changes> Writer::write(std::span<Batch> group) {
  bool file_damaged = false;
  for (;;) {
    Changes changes;
    Batch* at = nullptr;
    delegations_.begin();
    auto written = transact(group, changes, at);
    if (written) return changes;
    // SQLite may have rolled back by itself (a full disk); whatever is left open must not be seen by the next group.
    if (database_.in_transaction()) (void)rollback_.execute();
    log_.forget();
    auto& fault = written.error();
    log::line(log::Level::error, "store.commit_failed", {{"detail", fault.detail}});
    // A damaged row is the affair of who asks for it: the others begin again without them, while there are any. Where
    // none is left, nothing is changed, and no other would fail; unless it is SQLite that found its file damaged: then
    // others come upon the same page.
    if (at != nullptr && fault.kind == Fault::Kind::corrupt) {
      file_damaged = file_damaged || is_sqlites(fault);
      at->outcome = Fail{fault};
      if (std::any_of(group.begin(), group.end(), [](const Batch& batch) { return bool(batch.outcome); })) continue;
      return file_damaged ? std::nullopt : std::optional(Changes());
    }
    for (auto& batch : group)
      if (batch.outcome) batch.outcome = Fail{Fault{Fault::Kind::unavailable, fault.detail}};
    return std::nullopt;
  }
}

Result<Done, Fault> Writer::transact(std::span<Batch> group, Changes& changes, Batch*& at) {
  TRY(auto begun, begin_.execute());
  TRY(auto log_begun, log_.begin());
  newest_revocation_.reset();
  for (auto& batch : group) {
    if (!batch.outcome) continue;
    batch.outcome = Outcome(Done{});
    at = &batch;
    TRY(auto applied, apply(batch, changes));
  }
  at = nullptr;
  TRY(auto log_ended, log_.end());
  return commit_.execute();
}

Result<Done, Fault> Writer::apply(Batch& batch, Changes& changes) {
  if (batch.purge) return purge(*batch.purge, changes);
  const bool savepoint = needs_savepoint(batch.writes);
  EventLog::OpenSpan span_before;
  const auto records_before = changes.records.size(), revocations_before = changes.revocations.size();
  if (savepoint) {
    span_before = log_.open_span();
    TRY(auto saved, savepoint_.execute());
  }
  std::size_t at = 0;
  TRY(auto refusal, apply_all(batch, changes, at));
  if (refusal) {
    batch.outcome = Outcome(Refused{refusal->why, at, std::move(refusal->index)});
    changes.records.resize(records_before);
    changes.revocations.resize(revocations_before);
    if (savepoint) {
      TRY(auto undone, rollback_to_.execute());
      log_.restore(std::move(span_before));
    } else {
      TRY(auto taken_back, take_back(std::span(batch.writes).first(at)));
    }
  }
  if (savepoint) {
    TRY(auto released, release_.execute());
  }
  return Done{};
}

// Stops at the first refusal; `at` is then its place in the batch.
Writer::Step Writer::apply_all(Batch& batch, Changes& changes, std::size_t& at) {
  Progress progress{changes, batch.events.data()};
  for (at = 0; at < batch.writes.size(); ++at) {
    TRY(auto refusal, std::visit([&](const auto& write) { return apply(write, progress); }, batch.writes[at]));
    if (refusal) return refusal;
  }
  return std::optional<Refusal>();
}

// Undoes a refused batch that has no savepoint: keys and marks are all that it can have changed, and it made them
// itself.
Result<Done, Fault> Writer::take_back(std::span<const Write> done) {
  for (const auto& write : done) {
    if (const auto* keep = std::get_if<Keep>(&write)) {
      TRY(auto dropped, drop_.execute(keep->use, std::string_view(keep->tenant), std::string_view(keep->key)));
    } else if (const auto* mark = std::get_if<Mark>(&write)) {
      TRY(auto unmarked, unmark_.execute(mark->until, mark->once, std::string_view(mark->tenant),
                                         std::string_view(mark->key)));
    }
  }
  return Done{};
}

Result<Done, Fault> Writer::purge(Purge& purge, Changes& changes) {
  TRY(auto kept, purge_kept_.execute(purge.now, static_cast<std::uint64_t>(purge.limit)));
  purge.deleted = database_.changes();
  if (purge.deleted < purge.limit) {
    TRY(auto marks, purge_marks_.execute(purge.now, static_cast<std::uint64_t>(purge.limit - purge.deleted)));
    purge.deleted += database_.changes();
  }
  if (purge.deleted < purge.limit) {
    TRY(const auto ends, delegations_.write_consent_ends(purge.limit - purge.deleted));
    purge.deleted += ends;
  }
  TRY(auto records, purge_records(purge, changes));
  if (purge.deleted >= purge.limit) return Done{};
  const auto rest = static_cast<std::uint64_t>(purge.limit - purge.deleted);
  TRY(auto noted, note_purged_.execute(purge.now, rest));
  if (database_.changes() == 0) return Done{};  // every entry has a head: there are none to purge
  TRY(auto revocations, purge_revocations_.execute(purge.now, rest));
  purge.deleted += database_.changes();
  return Done{};
}

// A record's lookups go with it, so each is removed by itself.
Result<Done, Fault> Writer::purge_records(Purge& purge, Changes& changes) {
  if (purge.deleted >= purge.limit) return Done{};
  struct Ended {
    std::int64_t n;
    Change change;
    std::string lookups;
  };
  std::vector<Ended> ended;
  auto rows = ended_records_.run(purge.now, static_cast<std::uint64_t>(purge.limit - purge.deleted));
  for (;;) {
    TRY(bool row, rows.next());
    if (!row) break;
    ended.push_back({rows.integer(0),
                     {std::string(rows.text(1)), static_cast<Kind>(rows.integer(2)), std::string(rows.text(3)),
                      std::string(rows.text(4))},
                     std::string(rows.text(5))});
  }
  for (auto& [n, change, lookups] : ended) {
    TRY(auto removed, remove_.execute(n));
    TRY(auto dropped, look_up(change.tenant, change.kind, change.id, n, lookups, {}));
    changes.records.push_back(std::move(change));
    ++purge.deleted;
  }
  return Done{};
}

// Closing the connection would try again, and after a sync that failed one that succeeds says nothing.
void Writer::checkpoint_all() {
  const int code =
      sqlite3_wal_checkpoint_v2(database_.handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  if (code == SQLITE_OK) return;
  log::line(log::Level::error, "store.checkpoint_failed", {{"detail", fault_of(code, database_.handle()).detail}});
  keep_log();
}

}  // namespace deputy::store::sqlite
