// The schema, as the steps that lead to it. Steps are only ever added: step n makes a file of version n.
#pragma once

#include <array>

#include "base/result.h"
#include "store/sqlite/database.h"

namespace deputy::store::sqlite {

// "Dpty", in the file's header: this SQLite file is one of ours.
inline constexpr std::int64_t application_id = 0x44707479;

// Keys decide the cost of a row, so every table that grows with the traffic grows at its end:
// - records have a number, handed out in order: what a principal is created with lies together.
// - delegations are numbered in order too: an index's entries of one value are in the order they were made.
// - events have no index on anything random. A span is what a run of consecutive events has in common (its least and
//   greatest id and instant): by id or by time, an event is found by passing over spans, whatever the clocks did.
inline constexpr std::array<const char*, 17> migrations{
    R"sql(
    CREATE TABLE records (
      n INTEGER PRIMARY KEY, tenant TEXT NOT NULL, under TEXT NOT NULL, kind INTEGER NOT NULL, id TEXT NOT NULL,
      version INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, touched_at INTEGER,
      lookups TEXT NOT NULL, body TEXT NOT NULL);
    CREATE UNIQUE INDEX records_under ON records (tenant, under, kind, id);
    CREATE UNIQUE INDEX records_id ON records (tenant, kind, id);

    CREATE TABLE lookups (
      tenant TEXT NOT NULL, kind INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, id TEXT NOT NULL,
      n INTEGER NOT NULL, PRIMARY KEY (tenant, kind, name, value, id)) WITHOUT ROWID;

    CREATE TABLE events (
      seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, tenant TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL);
    CREATE TABLE spans (
      first INTEGER PRIMARY KEY, last INTEGER NOT NULL, at_min INTEGER NOT NULL, at_max INTEGER NOT NULL,
      id_min TEXT NOT NULL, id_max TEXT NOT NULL);

    CREATE TABLE kept (
      n INTEGER PRIMARY KEY, use INTEGER NOT NULL, tenant TEXT NOT NULL, key TEXT NOT NULL,
      until INTEGER NOT NULL, body TEXT NOT NULL);
    CREATE UNIQUE INDEX kept_key ON kept (use, tenant, key);
    CREATE INDEX kept_until ON kept (until);

    CREATE TABLE revocations (
      seq INTEGER PRIMARY KEY AUTOINCREMENT, tenant TEXT NOT NULL, kind INTEGER NOT NULL, target TEXT NOT NULL,
      issued_before INTEGER NOT NULL, until INTEGER NOT NULL, at INTEGER NOT NULL, reason TEXT NOT NULL,
      scopes TEXT NOT NULL);
    CREATE INDEX revocations_until ON revocations (until);
    )sql",
    R"sql(
    CREATE TABLE delegations (
      n INTEGER PRIMARY KEY, id TEXT NOT NULL, tenant TEXT NOT NULL, parent TEXT NOT NULL, path TEXT NOT NULL,
      subject TEXT NOT NULL, actor TEXT NOT NULL, chain TEXT NOT NULL, authority TEXT NOT NULL, not_after INTEGER,
      max_depth INTEGER NOT NULL, uses_max INTEGER NOT NULL, budgets TEXT NOT NULL, origin INTEGER NOT NULL,
      created_at INTEGER NOT NULL, revoked_at INTEGER, reason TEXT NOT NULL, used_at INTEGER, live_until INTEGER,
      tokens INTEGER NOT NULL, uses INTEGER NOT NULL, under TEXT NOT NULL, fingerprint INTEGER NOT NULL);
    CREATE UNIQUE INDEX delegations_id ON delegations (tenant, id);
    CREATE INDEX delegations_under ON delegations (tenant, under);
    CREATE INDEX delegations_actor ON delegations (tenant, actor);
    CREATE INDEX delegations_fingerprint ON delegations (fingerprint);
    )sql",
    // The tree over the events. A tile's key is its level and its place in it (tree.h); `tree` is one row. Of spans
    // that could hold an id, the one that begins last before it nearly always does: it is looked at first.
    R"sql(
    CREATE INDEX spans_id ON spans (id_min, id_max, last);
    CREATE TABLE tiles (key INTEGER PRIMARY KEY, hashes BLOB NOT NULL);
    CREATE TABLE tree (
      one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, bodies_from INTEGER NOT NULL);
    INSERT INTO tree VALUES (1, 0, 1);
    CREATE TABLE checkpoints (
      size INTEGER PRIMARY KEY, at INTEGER NOT NULL, cosigned INTEGER NOT NULL, note TEXT NOT NULL);
    CREATE INDEX checkpoints_plain ON checkpoints (at) WHERE cosigned = 0;
    CREATE INDEX checkpoints_cosigned ON checkpoints (size) WHERE cosigned = 1;
    )sql",
    // Who follows one tenant's revocations sees a gap by `previous`, and by the head what was purged meanwhile. A head
    // outlives its entries.
    R"sql(
    ALTER TABLE revocations ADD COLUMN previous INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE revocations ADD COLUMN resource TEXT NOT NULL DEFAULT '';
    UPDATE revocations SET previous = coalesce(
      (SELECT max(seq) FROM revocations AS earlier
       WHERE earlier.tenant = revocations.tenant AND earlier.seq < revocations.seq), 0);
    CREATE INDEX revocations_tenant ON revocations (tenant, seq);
    CREATE TABLE revocation_heads (
      tenant TEXT PRIMARY KEY, last INTEGER NOT NULL, purged INTEGER NOT NULL) WITHOUT ROWID;
    INSERT INTO revocation_heads (tenant, last, purged)
      SELECT tenant, max(seq), min(seq) - 1 FROM revocations GROUP BY tenant;
    )sql",
    // Few records have an end: the index holds those alone.
    R"sql(
    ALTER TABLE records ADD COLUMN until INTEGER;
    CREATE INDEX records_until ON records (until) WHERE until IS NOT NULL;
    )sql",
    // authorization_details of registered types, packed: resource, object.
    R"sql(
    ALTER TABLE delegations ADD COLUMN details TEXT NOT NULL DEFAULT '';
    )sql",
    // What is only good once is one entry of one tree. It was three: a kept key's row, its key and its time.
    R"sql(
    CREATE TABLE marks (
      until INTEGER NOT NULL, once INTEGER NOT NULL, tenant TEXT NOT NULL, key TEXT NOT NULL,
      PRIMARY KEY (until, once, tenant, key)) WITHOUT ROWID;
    INSERT INTO marks SELECT until, CASE use WHEN 0 THEN 0 WHEN 3 THEN 1 ELSE 2 END, tenant,
      CASE use WHEN 12 THEN key ELSE substr(key, instr(key, '.') + 1) END FROM kept WHERE use IN (0, 3, 12);
    DELETE FROM kept WHERE use IN (0, 3, 12);
    )sql",
    // The trusted issuer that a path began with. Of those from before it is not known: none of their tokens outlives
    // the issuer's own that it was made of.
    R"sql(
    ALTER TABLE delegations ADD COLUMN issuer TEXT NOT NULL DEFAULT '';
    )sql",
    // What is revoked is not looked for: an agent can give up the same hand-on any number of times, and have it again.
    R"sql(
    DROP INDEX delegations_fingerprint;
    CREATE INDEX delegations_fingerprint ON delegations (fingerprint) WHERE revoked_at IS NULL;
    )sql",
    // A person's consents to one client that go on, found among whatever else hangs from the person.
    R"sql(
    CREATE INDEX delegations_consents
      ON delegations (tenant, under, actor, ifnull(not_after, 9223372036854775807))
      WHERE origin = 0 AND revoked_at IS NULL;
    )sql",
    // A tenant's delegations in the order they were made. What is added is added at the tenant's end: 18 bytes a row.
    R"sql(
    CREATE INDEX delegations_tenant ON delegations (tenant);
    )sql",
    // Usernames without their letters' case, which new ones are held against. In a record's own list each text has its
    // length before it.
    R"sql(
    INSERT OR IGNORE INTO lookups SELECT tenant, kind, 'username_folded', lower(value), id, n FROM lookups
      WHERE kind = 2 AND name = 'username';
    UPDATE records SET lookups = lookups || '15:username_folded' || length(name.value) || ':' || name.value
      FROM (SELECT n, value FROM lookups WHERE kind = 2 AND name = 'username_folded') AS name
      WHERE records.n = name.n;
    )sql",
    // What people agreed to with one client and goes on: it ends all at once.
    R"sql(
    CREATE INDEX delegations_agreed ON delegations (tenant, actor, ifnull(not_after, 9223372036854775807))
      WHERE origin = 0 AND revoked_at IS NULL;
    )sql",
    // What an entry is told by from another of its seq. A copy from before this tags its entries anew.
    R"sql(
    ALTER TABLE revocations ADD COLUMN tag INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE revocation_heads ADD COLUMN last_tag INTEGER NOT NULL DEFAULT 0;
    UPDATE revocations SET tag = (random() & 0x7fffffffffffffff) | 1;
    UPDATE revocation_heads SET last_tag = coalesce(
      (SELECT tag FROM revocations WHERE seq = last), (random() & 0x7fffffffffffffff) | 1);
    )sql",
    // What a person's tokens of a trusted issuer began for one client: what ended, by when; what did not has no such
    // instant, and is in the order in which it was made.
    R"sql(
    CREATE INDEX delegations_begun ON delegations (tenant, under, actor, issuer, max(created_at, revoked_at),
      created_at) WHERE parent = '' AND issuer <> '';
    )sql",
    // Logouts that clients are still to be told of, by when they are due (tokens/logout_delivery.h).
    R"sql(
    INSERT OR IGNORE INTO lookups
      SELECT tenant, kind, 'due', '8' || printf('%015x', json_extract(body, '$.due')), id, n FROM records
      WHERE tenant = '' AND kind = 18 AND CASE WHEN json_valid(body) THEN json_type(body, '$.due') = 'integer' END;
    UPDATE records SET lookups = lookups || '3:due16:' || due.value
      FROM (SELECT n, value FROM lookups WHERE tenant = '' AND kind = 18 AND name = 'due') AS due
      WHERE records.n = due.n;
    )sql",
    // That all consents to a client have ended up to the row of this number: the rest of very many, before it stands in
    // each row.
    R"sql(
    CREATE TABLE consent_ends (
      tenant TEXT NOT NULL, client TEXT NOT NULL, last INTEGER NOT NULL, at INTEGER NOT NULL, reason TEXT NOT NULL,
      PRIMARY KEY (tenant, client, last)) WITHOUT ROWID;
    )sql"};

// The version of the file's schema. Refuses a newer Deputy's file, and a file of something else.
Result<std::int64_t, Fault> version_of(Database& database);
// Brings the file to the newest version, one transaction a step, in little memory: what is sorted meanwhile is in a
// file of no name in the same folder. Refuses what version_of() does.
Result<Done, Fault> migrate(Database& database);

}  // namespace deputy::store::sqlite
