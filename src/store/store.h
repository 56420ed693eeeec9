// Store: what must be remembered. Reads are plain calls; writes are values, committed together or not at all.
//
// The contract, the same for every store (tests/store_contract):
// - A batch of writes is atomic and durable when its commit is called back; a crash before that loses all of it.
// - Conditions (versions, uniqueness, single use) are decided inside the commit, by the store, so that any number of
//   nodes may race and exactly one wins. There is deliberately no get() for what may be used only once.
// - Nothing here assumes one process, one writer or one clock: instants come from the caller, sequences from the store.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "audit/event.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/result.h"
#include "delegation/delegation.h"
#include "delegation/revocation.h"
#include "directory/kind.h"
#include "store/log.h"

namespace deputy::store {

using directory::Kind;

// One noun's record. `under` is the principal it belongs to (a credential's agent), or its own id: records under one
// principal lie together, so that all a decision needs of an agent is one read.
struct Record {
  Kind kind = Kind::agent;
  std::string tenant, id, under;
  std::uint64_t version = 0;  // 1 when created, +1 a change; the store sets it
  Instant created_at, updated_at;  // created_at is kept by the store on a change
  std::string body;                // a JSON object
  // Last use; of a principal, that of credentials it has no more; of a resource, by when the last token is over that
  // had a longer life than it gives now. Not part of the version.
  std::optional<Instant> touched_at;
  std::optional<Instant> until;       // from then on purge may remove it; readers must not count on that
};

struct Index {
  std::string name, value;
  bool unique = false;
};

// --- Writes -----------------------------------------------------------------------------------------------------

// Creates (expected_version 0: no such id may exist) or replaces (the stored version must be expected_version).
// `indexes` replace the record's earlier ones; a unique (tenant, kind, name, value) held by another record refuses.
// An empty `under` means the record's own id. created_at and touched_at count when creating, and are kept afterwards.
struct Put {
  Record record;
  std::uint64_t expected_version = 0;
  std::vector<Index> indexes;
};
// Replaces a record, whatever its version, by what `make` makes of what is stored by then (of the record: what it is,
// `under`, version and body). The writer calls it, which commits for all: it reads no more. None: refused (`version`).
struct Revise {
  std::string tenant, id;
  Kind kind;
  std::function<std::optional<Put>(const Record&, const std::vector<Index>&)> make;
};
// The stored version must be expected_version; there is no "whichever it is".
struct Remove {
  std::string tenant;
  Kind kind;
  std::string id;
  std::uint64_t expected_version;
};
// Changes nothing; refuses the batch unless the record exists (and, if not 0, has this version).
struct Require {
  std::string tenant;
  Kind kind;
  std::string id;
  std::uint64_t expected_version = 0;
};
// Changes nothing; refuses the batch if any record of the kind has this index value, apart from those with an id of
// `but`.
struct RequireNone {
  std::string tenant;
  Kind kind;
  std::string name, value;
  std::set<std::string, std::less<>> but = {};
};
// Last use; never goes backwards, but from an instant that a clock over set_back_max ahead told. Never refuses; a
// record that is gone is passed over. Observers are not told.
struct Touch {
  std::string tenant;
  Kind kind;
  std::string id;
  Instant at;
};
// Appends one event; the store gives it the next number of the log. With `live`, only where each of these delegations
// is there and not revoked, not by what stands before it in the batch either; never refuses. So of two batches that end
// a delegation, one tells of its end.
struct Append {
  audit::Event event;
  std::vector<std::string> live = {};
};

// What an expiring key is for. Every key is tagged with its type and tenant: one flat space would let a key of one type
// be spent as another (CVE-2026-4282).
enum class Use : std::uint8_t {
  idempotency = 1, opaque_token,
  code = 4, request_uri,
  code_used, request_uri_used,   // that they were, and what came of it
  interaction,                   // an authorization request that waits for a person
  refresh_token, refresh_used,
  session_client,                // that a session signed its person in to a client
  username_left = 13,            // since when a username names nobody, or somebody else
};
// Keeps `body` under a key until an instant. Refuses the batch (`used`) if the key is there already, even past its
// time and not yet purged: for a single-use mark that is the safe side.
struct Keep {
  Use use;
  std::string tenant, key;
  Instant until;
  std::string body;
};
struct Drop {
  Use use;
  std::string tenant, key;
};

// What is good once, and of which nothing need be known but that.
enum class Once : std::uint8_t { assertion_jti, dpop_jti, passkey_challenge };
// Marks that it was used. Refuses the batch (`used`) if the mark is there already, even past its time and not yet
// purged. Until when it is good is part of what it is: with another `until`, it is another.
struct Mark {
  Once once;
  std::string tenant;
  Instant until;
  std::string key;
};
// The key of an id that is its owner's to choose: the id's first letters, then a hash of both. What stands before the
// hash is order: marks of an owner that numbers its own lie together in the store; a random key costs a page.
std::string mark_key(std::string_view id, std::string_view owner);

// The revocation sequence (append-only, per store; readers filter by tenant).
using delegation::Delegation;
using delegation::Kills;
using delegation::Revocation;
// The store covers what was issued under a clock that has been set back since, by a day at most: see
// delegation::cover().
struct Revoke {
  Revocation revocation;
};
// Of one entry: random, from 1 to 2^63 - 1. A store that was put back from a copy numbers on from there, and gives the
// same seq to other entries: two histories that share an entry's tag are the same up to it.
std::uint64_t make_tag();

// Changes nothing; refuses the batch (`revoked`) if a revocation later than `seen` names one of these, or nobody in
// particular. What was decided by a set that ends at `seen` is still true when it is durable, or it is not written.
struct Unrevoked {
  std::string tenant;
  std::vector<std::string> names;  // principals, delegations, tokens
  std::uint64_t seen = 0;
  std::string resource = {};  // of those that name nobody, those of this one alone; empty: all
};

// What began with a trusted issuer's tokens: the roots of one user for one client.
struct BegunWith {
  std::string tenant, user, client, issuer;  // issuer: the id of its record
};
// Changes nothing; refuses the batch (`revoked`) if one of these roots ended from `since` to `until`.
struct NoneEnded {
  BegunWith of;
  Instant since, until;
};

// Changes nothing; refuses the batch (`version`) if something goes on that was handed on and was made after `after`
// (the id of a delegation; empty: any): one of `from` is its subject or in its chain, and its actor is none of those
// that are passed over for that one. Refused.index then says which one: of several, who stands nearest to the actor.
// What the actor has of one of `all_end`, or by way of it, does not count: all tokens end in which that one stands.
struct NoneHandedOn {
  std::string tenant, after;
  std::map<std::string, std::set<std::string, std::less<>>, std::less<>> from;
  std::set<std::string, std::less<>> all_end = {};
  // Which of `from` a delegation to this actor is about; none: it may be there.
  std::optional<std::string> who(const std::vector<std::string>& chain, std::string_view subject,
                                 std::string_view actor) const;
};

// A new node of the delegation tree. Refuses `exists` where the tenant has one with that id.
struct Delegate {
  delegation::Delegation delegation;
};
// One token more is drawn: counts in `id` (where there is one) and in every one of `budgets`. Refuses `spent` where one
// of these has no use left, `revoked` where one of them or `id` is revoked, `missing` where there is no such.
struct Draw {
  std::string tenant, id;
  std::vector<std::string> budgets;
  Instant at, expires_at;  // of the token
};
// The delegation is revoked; one that is revoked already stays as it is, and that never refuses. With `uses`, what else
// the batch says was decided by that many: it refuses `version` where another number was drawn, `revoked` where the
// delegation has ended, `missing` where there is no such.
struct EndDelegation {
  std::string tenant, id;
  Instant at;
  std::string reason;
  std::optional<std::uint64_t> uses = {};
};

// All consents to one client are revoked, whoever gave them, those too that were put together of others, or whose time
// is over. Whoever decides by one of them meanwhile names the client in an `Unrevoked`. With `those`, the rest of
// the batch tells of these ids alone: it is refused (`version`) where another goes on at `at`.
struct EndConsents {
  std::string tenant, client;
  Instant at;
  std::string reason;
  std::optional<std::vector<std::string>> those = {};
};

using Write = std::variant<Put, Revise, Remove, Require, RequireNone, Touch, Append, Keep, Drop, Mark, Revoke,
    Unrevoked, NoneEnded, NoneHandedOn, Delegate, Draw, EndDelegation, EndConsents, Seal, Cosign, Retain>;
using Writes = std::vector<Write>;

// Why a batch was refused: the first condition that did not hold. Nothing of the batch was written.
struct Refused {
  enum class Why { version, exists, missing, unique, in_use, used, revoked, spent } why;
  std::size_t write;  // which of the batch
  std::string index;  // of `unique` and `in_use`: the index's name; of NoneHandedOn: which of `from` it was
};
using Outcome = std::variant<Done, Refused>;
using Committed = std::function<void(Result<Outcome, Fault>)>;

// --- Reads ------------------------------------------------------------------------------------------------------

struct Page {
  std::string after;  // an id; empty: from the start (or, going back, from the end)
  std::size_t limit = 50;
  enum class Order { oldest_first, newest_first } order = Order::oldest_first;
  std::optional<Index> where;  // only records with this index value
  // With `where`, oldest_first: up to this value, by value and then by id; what `after` names has that of `where`.
  std::string through = {};
};

struct StoredEvent {
  std::uint64_t seq;
  std::string id, tenant;
  Instant at;
  std::string body;  // audit::encode(); empty when it has been dropped (Retain)
};
struct EventFilter {  // empty members match all
  std::string action;  // equal, or a prefix ending in '*': "agent.*"
  std::string decision, actor, client, subject, owner, target, jti, correlation_id;
  std::string resource;    // an identifier: the token's, or one of a request's or a consent's
  std::string chain;       // one of the agents in it
  std::string delegation;  // one of the path
  std::optional<Instant> from, to;  // from this instant on; before that one
};

// Keys of writes that a reader may hold copies of: told after each commit that changed records or revocations.
struct Change {
  std::string tenant;
  Kind kind;
  std::string id, under;
};
struct Changes {
  std::vector<Change> records;
  std::vector<Revocation> revocations;
};
using Observer = std::function<void(const Changes&)>;

// Which delegations: all of a tenant, or those of one actor, or what hangs from one (the children of a delegation,
// the roots of a subject).
struct DelegationPage {
  std::string actor, under;  // at most one of them
  std::string after;         // an id; empty: from the start (or, going back, from the end)
  std::size_t limit = 50;
  Page::Order order = Page::Order::oldest_first;
};

// Whose consents: what a person agreed to that a client may do for them.
struct ConsentsOf {
  std::string_view tenant, user, client;
};
struct Kept {
  std::string body;
  Instant until;
};

class Store {
 public:
  virtual ~Store() = default;

  // Queues a batch; `committed` is called once, when it is durable or refused, on a thread of the store's. Batches
  // queued together are made durable together (group commit). Never blocks; a full queue calls back `unavailable` at
  // once, on the caller's thread.
  virtual void commit(Writes writes, Committed committed) = 0;
  // What has been queued is written now. A store may also write sooner.
  virtual void flush() = 0;
  // The same, of a reactor that has nothing more to add at the moment; but while a group is being written, the rest
  // waits for what its answers will bring: fewer and larger groups.
  virtual void at_rest() = 0;
  // commit and flush, waiting for the outcome: for start-up, commands and tests; never on a reactor.
  Result<Outcome, Fault> commit_now(Writes writes);

  virtual Result<std::optional<Record>, Fault> get(std::string_view tenant, Kind kind, std::string_view id) = 0;
  // All records under one principal, itself among them, by kind and then id.
  virtual Result<std::vector<Record>, Fault> under(std::string_view tenant, std::string_view principal) = 0;
  // The record with this value of a unique index.
  virtual Result<std::optional<Record>, Fault> find(std::string_view tenant, Kind kind, std::string_view index,
                                                    std::string_view value) = 0;
  virtual Result<std::vector<Record>, Fault> list(std::string_view tenant, Kind kind, const Page& page) = 0;

  // What is kept under a key and still live at `now`: what it says, never that it may be used. Whether a thing was used
  // is decided by the mark that is kept in the same batch as what is given for it.
  virtual Result<std::optional<Kept>, Fault> kept(Use use, std::string_view tenant, std::string_view key,
                                                  Instant now) = 0;
  // The keys that begin with `prefix` and are live, in the order of their bytes, at most `limit`.
  virtual Result<std::vector<std::string>, Fault> kept_keys(Use use, std::string_view tenant, std::string_view prefix,
                                                            Instant now, std::size_t limit) = 0;

  // Events that have their body, with seq > after (or, newest first, < before), at most `limit`, reading at most
  // `scan` rows; `last` is the seq to go on from, 0 when there are no more.
  struct EventPage {
    std::vector<StoredEvent> events;
    std::uint64_t last = 0;
  };
  struct EventRange {
    std::uint64_t after = 0;
    std::size_t limit = 100, scan = 100'000;
    Page::Order order = Page::Order::oldest_first;
  };
  virtual Result<EventPage, Fault> events(std::string_view tenant, const EventFilter& filter,
                                          const EventRange& range) = 0;
  // By its id, or by the jti of the token it issued; also without its body.
  virtual Result<std::optional<StoredEvent>, Fault> event(std::string_view tenant, std::string_view id_or_jti) = 0;
  virtual Result<std::uint64_t, Fault> last_event() = 0;

  virtual Result<std::vector<Revocation>, Fault> revocations(std::uint64_t after, std::size_t limit) = 0;
  // One tenant's, with seq > after. Each names its `previous`; the head says where the tenant's sequence ends, with
  // the tag of that entry, purged or not; and up to where some of it may be purged. What is in the page but behind the
  // head came while it was read.
  struct RevocationPage {
    std::vector<Revocation> entries;
    std::uint64_t last = 0, last_tag = 0, purged = 0;
  };
  virtual Result<RevocationPage, Fault> revocations_of(std::string_view tenant, std::uint64_t after,
                                                       std::size_t limit) = 0;

  // `of_late`: what it says of its use may be old, for a decision that is never made by that.
  enum class Counts { current, of_late };
  virtual Result<std::optional<Delegation>, Fault> delegation(std::string_view tenant, std::string_view id,
                                                              Counts counts = Counts::current) = 0;
  virtual Result<std::vector<Delegation>, Fault> delegations(std::string_view tenant, const DelegationPage& page) = 0;
  // Those that are neither revoked nor over at `now`, newest first, at most `limit`, however many there have been.
  virtual Result<std::vector<Delegation>, Fault> consents(const ConsentsOf& of, Instant now, std::size_t limit) = 0;
  // Everybody's to one client, of those alike; in no order.
  virtual Result<std::vector<Delegation>, Fault> consents_to(std::string_view tenant, std::string_view client,
                                                             Instant now, std::size_t limit) = 0;
  // When the first of these ended that did from `since` to `until`: it was revoked then, or, where that was under a
  // clock that had been set back, made.
  virtual Result<std::optional<Instant>, Fault> first_end(const BegunWith& of, Instant since, Instant until) = 0;
  // Of those made by `made_by` that are not revoked, the ones that are neither over at `now` nor spent, newest first.
  // At most so many are looked at, for a client makes as many as it likes. What is passed over is not found: the token
  // that would draw on it is refused, and a newer one begins anew.
  static constexpr std::size_t begun_looked_at = 1000;
  virtual Result<std::vector<Delegation>, Fault> begun(const BegunWith& of, Instant made_by, Instant now) = 0;
  // The newest to which `like` would be identical(), of at most so many not revoked that share its fingerprint, for
  // somebody could make very many. One that is passed over is no harm: the hand-on has a node of its own.
  static constexpr std::size_t identical_looked_at = 64;
  virtual Result<std::optional<Delegation>, Fault> identical_delegation(const Delegation& like) = 0;

  // Deletes up to `limit` rows that ended (kept keys, marks, revocations, records), or writes into them what is true of
  // them already (the end of very many consents); gives how many. Each step is short.
  virtual Result<std::size_t, Fault> purge(Instant now, std::size_t limit) = 0;

  // The tree over all events.
  virtual Log& log() = 0;

  // Observers are added before the first commit and live as long as the store.
  virtual void observe(Observer observer) = 0;
};

// In memory, for tests and for trying things out: nothing survives the process.
std::unique_ptr<Store> open_memory_store();

struct SqliteConfig {
  std::string file;
  std::size_t cache_mib = 16;      // page cache of each read going on at one time; the writer has a quarter of it
  std::size_t queue_max = 65'536;  // batches waiting; beyond: unavailable
};
// Opens, or makes, the file and brings its schema to this version's. Faults: corrupt, unavailable, invalid (a newer
// version's file).
Result<std::unique_ptr<Store>, Fault> open_sqlite_store(const SqliteConfig& config);
// What opening would refuse of the file, as of the last commit: found without changing it, also while a server has it
// open, by the first row of each table and index. Damage that lies further behind is not seen.
Result<Done, Fault> check_sqlite_file(const SqliteConfig& config);

}  // namespace deputy::store
