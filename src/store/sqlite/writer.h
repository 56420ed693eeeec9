// Writer: applies groups of batches to the file. One transaction a group; a refused batch leaves no trace in it.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/group_commit.h"
#include "store/sqlite/database.h"
#include "store/sqlite/delegation_table.h"
#include "store/sqlite/event_log.h"
#include "store/sqlite/tree.h"
#include "store/store.h"

namespace deputy::store::sqlite {

class Writer {
 public:
  static Result<std::unique_ptr<Writer>, Fault> prepare(Database database);

  // Sets the outcome of each batch and gives what the group changed. A batch that comes upon something damaged has that
  // Fault, and the others, if any, are written without it. None: the transaction failed, or SQLite found its file
  // damaged and nobody is left; every outcome is a Fault, and nothing of the group was written.
  std::optional<Changes> write(std::span<Batch> group);
  // Of the delegations that the last group added, and of some that it would have.
  std::span<const std::uint64_t> fingerprints() const { return delegations_.fingerprints(); }
  // Its events: the number of the first and the hash of each.
  const EventLog& log() const { return log_; }

  sqlite3* handle() const { return database_.handle(); }
  // On closing: all of the log, and none is left; where that fails, all of it stays.
  void checkpoint_all();
  // On closing: the log stays, to be moved when the file is opened again.
  void keep_log() { database_.keep_log(); }

 private:
  Writer(Database database, EventLog log, TreeWriter tree)
      : database_(std::move(database)), log_(std::move(log)), tree_(std::move(tree)) {}

  // A condition that did not hold; none: the write was done.
  struct Refusal {
    Refused::Why why;
    std::string index = {};
  };
  using Step = Result<std::optional<Refusal>, Fault>;

  // What is stored of a record, apart from its body.
  struct Stored {
    std::int64_t n;
    std::uint64_t version;
    std::string under, lookups;
  };

  // A batch on its way: what it has changed so far, and its next encoded event.
  struct Progress {
    Changes& changes;
    const EncodedEvent* event;
  };

  Result<Done, Fault> prepare_statements();
  // `at` is, where it fails in one, the batch.
  Result<Done, Fault> transact(std::span<Batch> group, Changes& changes, Batch*& at);
  Result<Done, Fault> apply(Batch& batch, Changes& changes);
  Step apply_all(Batch& batch, Changes& changes, std::size_t& at);
  Result<Done, Fault> take_back(std::span<const Write> done);
  Step apply(const Put& put, Progress& progress);
  Step apply(const Revise& revise, Progress& progress);
  Step apply(const Remove& remove, Progress& progress);
  Step apply(const Require& require, Progress& progress);
  Step apply(const RequireNone& require, Progress& progress);
  Step apply(const Touch& touch, Progress& progress);
  Step apply(const Append& append, Progress& progress);
  Step apply(const Keep& keep, Progress& progress);
  Step apply(const Drop& drop, Progress& progress);
  Step apply(const Mark& mark, Progress& progress);
  Step apply(const Revoke& revoke, Progress& progress);
  Step apply(const Unrevoked& unrevoked, Progress& progress);
  Step apply(const NoneEnded& none, Progress& progress);
  Step apply(const NoneHandedOn& none, Progress& progress);
  Step apply(const Delegate& delegate, Progress& progress);
  Step apply(const Draw& draw, Progress& progress);
  Step apply(const EndDelegation& end, Progress& progress);
  Step apply(const EndConsents& end, Progress& progress);
  template <class OfTheTree>  // Seal, Cosign, Retain
  Step apply(const OfTheTree& write, Progress&) {
    TRY(auto why, tree_.apply(write));
    return why ? std::optional(Refusal{*why}) : std::nullopt;
  }

  Result<std::optional<Stored>, Fault> stored(std::string_view tenant, Kind kind, std::string_view id);
  Result<std::uint64_t, Fault> last_revocation(std::string_view tenant);
  Result<std::uint64_t, Fault> newest_revocation();  // of all tenants
  Step held_by_another(const Put& put);
  Result<Done, Fault> create(const Put& put, std::string_view lookups);
  Result<Done, Fault> replace(const Put& put, const Stored& before, std::string_view lookups);
  // Makes the lookups of record n what they are to be, leaving alone those that stay.
  Result<Done, Fault> look_up(std::string_view tenant, Kind kind, std::string_view id, std::int64_t n,
                              std::string_view before, std::string_view after);
  Result<Done, Fault> purge(Purge& purge, Changes& changes);
  Result<Done, Fault> purge_records(Purge& purge, Changes& changes);

  Database database_;
  EventLog log_;
  DelegationChanges delegations_;
  TreeWriter tree_;
  Statement begin_, commit_, rollback_, savepoint_, release_, rollback_to_;
  Statement stored_, body_, create_, replace_, remove_, touch_;
  Statement holder_, holders_, add_lookup_, drop_lookup_;
  Statement keep_, drop_, mark_, unmark_, revoke_, revoked_since_, purge_kept_, purge_marks_, purge_revocations_;
  Statement revocation_head_, newest_revocation_of_all_, move_head_, note_purged_, ended_records_;
  std::optional<std::uint64_t> newest_revocation_;  // none: not looked at in this transaction
};

}  // namespace deputy::store::sqlite
