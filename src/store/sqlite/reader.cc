// Reads of records, kept keys and revocations.
#include "store/sqlite/reader.h"

#include "base/pack.h"

#define RECORD "r.kind, r.tenant, r.id, r.under, r.version, r.created_at, r.updated_at, r.touched_at, r.body, r.until"
#define REVOCATION "seq, tenant, kind, target, issued_before, until, at, reason, scopes, resource, previous, tag"

namespace deputy::store::sqlite {
namespace {

using View = std::string_view;

Record record_of(const Rows& rows) {
  Record record;
  record.kind = static_cast<Kind>(rows.integer(0));
  record.tenant = rows.text(1);
  record.id = rows.text(2);
  record.under = rows.text(3);
  record.version = rows.number(4);
  record.created_at = rows.instant(5);
  record.updated_at = rows.instant(6);
  if (!rows.null(7)) record.touched_at = rows.instant(7);
  record.body = rows.text(8);
  if (!rows.null(9)) record.until = rows.instant(9);
  return record;
}

Result<std::vector<Record>, Fault> all_of(Rows rows) {
  std::vector<Record> records;
  for (;;) {
    TRY(bool row, rows.next());
    if (!row) return records;
    records.push_back(record_of(rows));
  }
}

Result<std::optional<Record>, Fault> one_of(Rows rows) {
  TRY(bool row, rows.next());
  if (!row) return std::optional<Record>();
  return std::optional(record_of(rows));
}

Result<std::vector<Revocation>, Fault> all_revocations(Rows rows) {
  std::vector<Revocation> revocations;
  for (;;) {
    TRY(bool row, rows.next());
    if (!row) return revocations;
    const auto scopes = unpack(rows.text(8));
    if (!scopes) return Fail{Fault{Fault::Kind::corrupt, "a revocation's scopes cannot be read"}};
    revocations.push_back({.seq = rows.number(0),
                           .previous = rows.number(10),
                           .tag = rows.number(11),
                           .tenant = std::string(rows.text(1)),
                           .kind = static_cast<Kills>(rows.integer(2)),
                           .target = std::string(rows.text(3)),
                           .issued_before = rows.instant(4),
                           .until = rows.instant(5),
                           .at = rows.instant(6),
                           .reason = std::string(rows.text(7)),
                           .scopes = std::vector<std::string>(scopes->begin(), scopes->end()),
                           .resource = std::string(rows.text(9))});
  }
}

}  // namespace

const char* const records_through =
    "SELECT " RECORD " FROM lookups l CROSS JOIN records r ON r.n = l.n WHERE l.tenant = ?1 AND l.kind = ?2"
    " AND l.name = ?5 AND (l.value, l.id) > (?6, ?3) AND l.value <= ?7 ORDER BY l.value, l.id LIMIT ?4";

Result<std::unique_ptr<Reader>, Fault> Reader::prepare(Database database) {
  TRY(auto tree, TreeReader::prepare(database));
  std::unique_ptr<Reader> reader(new Reader(std::move(database), std::move(tree)));
  TRY(auto prepared, reader->prepare_statements());
  return reader;
}

Result<Done, Fault> Reader::prepare_statements() {
  TRY(auto delegations, delegations_.prepare(database_));
  return database_.prepare({
      {&begin_, "BEGIN"},
      {&end_, "COMMIT"},
      {&get_, "SELECT " RECORD " FROM records r WHERE tenant = ?1 AND kind = ?2 AND id = ?3"},
      {&under_, "SELECT " RECORD " FROM records r WHERE tenant = ?1 AND under = ?2 ORDER BY kind, id"},
      {&find_, "SELECT " RECORD " FROM lookups l CROSS JOIN records r ON r.n = l.n"
               " WHERE l.tenant = ?1 AND l.kind = ?2 AND l.name = ?3 AND l.value = ?4 LIMIT 1"},
      {&list_forward_, "SELECT " RECORD " FROM records r WHERE tenant = ?1 AND kind = ?2 AND id > ?3"
                       " ORDER BY id LIMIT ?4"},
      {&list_backward_, "SELECT " RECORD " FROM records r WHERE tenant = ?1 AND kind = ?2 AND id < ?3"
                        " ORDER BY id DESC LIMIT ?4"},
      {&where_forward_, "SELECT " RECORD " FROM lookups l CROSS JOIN records r ON r.n = l.n WHERE l.tenant = ?1"
                        " AND l.kind = ?2 AND l.id > ?3 AND l.name = ?5 AND l.value = ?6 ORDER BY l.id LIMIT ?4"},
      {&where_backward_, "SELECT " RECORD " FROM lookups l CROSS JOIN records r ON r.n = l.n WHERE l.tenant = ?1"
                         " AND l.kind = ?2 AND l.id < ?3 AND l.name = ?5 AND l.value = ?6"
                         " ORDER BY l.id DESC LIMIT ?4"},
      {&through_, records_through},
      {&kept_, "SELECT body, until FROM kept WHERE use = ?1 AND tenant = ?2 AND key = ?3 AND until > ?4"},
      {&kept_keys_, "SELECT key FROM kept WHERE use = ?1 AND tenant = ?2 AND key >= ?3 AND key < ?6"
                    " AND until > ?4 ORDER BY key LIMIT ?5"},
      {&events_forward_, "SELECT seq, at, tenant, id, body FROM events WHERE seq BETWEEN ?1 AND ?2 ORDER BY seq"},
      {&events_backward_, "SELECT seq, at, tenant, id, body FROM events WHERE seq BETWEEN ?1 AND ?2"
                          " ORDER BY seq DESC"},
      {&event_, "SELECT seq, at, tenant, id, body FROM events WHERE seq BETWEEN ?1 AND ?2 AND id = ?3 AND tenant = ?4"},
      {&last_event_, "SELECT max(seq) FROM events"},
      {&last_span_, "SELECT last FROM spans ORDER BY first DESC LIMIT 1"},
      {&spans_of_id_, "SELECT first, last FROM spans INDEXED BY spans_id WHERE id_min <= ?1 AND id_max >= ?1"
                      " ORDER BY id_min DESC"},
      {&spans_of_time_, "SELECT min(first), max(last) FROM spans WHERE at_max >= ?1 AND at_min <= ?2"},
      {&revocations_, "SELECT " REVOCATION " FROM revocations WHERE seq > ?1 ORDER BY seq LIMIT ?2"},
      {&revocations_of_, "SELECT " REVOCATION " FROM revocations WHERE tenant = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3"},
      {&revocation_head_, "SELECT last, purged, last_tag FROM revocation_heads WHERE tenant = ?1"},
  });
}

Result<Done, Fault> Reader::begin_snapshot(std::uint64_t number) {
  end_snapshot();
  TRY(auto begun, begin_.execute());
  snapshot_ = number;
  return Done{};
}

void Reader::end_snapshot() {
  if (snapshot_ == 0) return;
  snapshot_ = 0;
  (void)end_.execute();  // nothing was written in it: it can only succeed
}

Result<std::optional<Record>, Fault> Reader::get(View tenant, Kind kind, View id) {
  return one_of(get_.run(tenant, kind, id));
}

Result<std::vector<Record>, Fault> Reader::under(View tenant, View principal) {
  return all_of(under_.run(tenant, principal));
}

Result<std::optional<Record>, Fault> Reader::find(View tenant, Kind kind, View index, View value) {
  return one_of(find_.run(tenant, kind, index, value));
}

Result<std::vector<Record>, Fault> Reader::list(View tenant, Kind kind, const Page& page) {
  const auto limit = static_cast<std::uint64_t>(page.limit);
  const bool forward = page.order == Page::Order::oldest_first;
  // Going back from the end: from behind every id, for no text has this byte.
  const View after = forward || !page.after.empty() ? View(page.after) : View("\xff");
  if (page.where && !page.through.empty())
    return all_of(through_.run(tenant, kind, View(page.after), limit, View(page.where->name), View(page.where->value),
                               View(page.through)));
  if (page.where)
    return all_of((forward ? where_forward_ : where_backward_)
                      .run(tenant, kind, after, limit, View(page.where->name), View(page.where->value)));
  return all_of((forward ? list_forward_ : list_backward_).run(tenant, kind, after, limit));
}

Result<std::optional<Kept>, Fault> Reader::kept(Use use, View tenant, View key, Instant now) {
  auto rows = kept_.run(use, tenant, key, now);
  TRY(bool row, rows.next());
  if (!row) return std::optional<Kept>();
  return std::optional(Kept{std::string(rows.text(0)), rows.instant(1)});
}

Result<std::vector<std::string>, Fault> Reader::kept_keys(Use use, View tenant, View prefix, Instant now,
                                                          std::size_t limit) {
  const auto end = std::string(prefix) + "\xff";  // behind every key that begins so, for no text has this byte
  auto rows = kept_keys_.run(use, tenant, prefix, now, static_cast<std::uint64_t>(limit), View(end));
  std::vector<std::string> found;
  for (;;) {
    TRY(bool row, rows.next());
    if (!row) return found;
    found.emplace_back(rows.text(0));
  }
}

Result<std::vector<Revocation>, Fault> Reader::revocations(std::uint64_t after, std::size_t limit) {
  return all_revocations(revocations_.run(after, static_cast<std::uint64_t>(limit)));
}

// The head first: an entry that comes between the two reads is one too many in the page, never one too few.
Result<Store::RevocationPage, Fault> Reader::revocations_of(View tenant, std::uint64_t after, std::size_t limit) {
  Store::RevocationPage page;
  {
    auto head = revocation_head_.run(tenant);
    TRY(bool row, head.next());
    if (row) {
      page.last = head.number(0);
      page.purged = head.number(1);
      page.last_tag = head.number(2);
    }
  }
  TRY(auto entries, all_revocations(revocations_of_.run(tenant, after, static_cast<std::uint64_t>(limit))));
  page.entries = std::move(entries);
  return page;
}

}  // namespace deputy::store::sqlite
