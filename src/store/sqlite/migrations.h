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
// - events have no index on anything random. A span is what a run of consecutive events has in common (its least and
//   greatest id and instant): by id or by time, an event is found by passing over spans, whatever the clocks did.
inline constexpr std::array<const char*, 2> migrations{
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
    )sql"};

// Brings the file to the newest version, one transaction a step. Refuses a newer Deputy's file, and a file of
// something else.
Result<Done, Fault> migrate(Database& database);

}  // namespace deputy::store::sqlite
