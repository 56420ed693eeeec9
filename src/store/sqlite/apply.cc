// What each kind of write does to the tables: first its condition, then its change.
#include <algorithm>

#include "base/pack.h"
#include "store/sqlite/writer.h"

namespace deputy::store::sqlite {
namespace {

using Why = Refused::Why;
using View = std::string_view;

std::string packed(const std::vector<Index>& indexes) {
  std::string out;
  for (const auto& index : indexes) {
    pack(out, index.name);
    pack(out, index.value);
  }
  return out;
}

}  // namespace

Result<std::optional<Writer::Stored>, Fault> Writer::stored(View tenant, Kind kind, View id) {
  auto rows = stored_.run(tenant, kind, id);
  TRY(bool row, rows.next());
  if (!row) return std::optional<Stored>();
  return std::optional(
      Stored{rows.integer(0), rows.number(1), std::string(rows.text(2)), std::string(rows.text(3))});
}

Writer::Step Writer::apply(const Put& put, Progress& progress) {
  const auto& record = put.record;
  TRY(auto before, stored(record.tenant, record.kind, record.id));
  if (put.expected_version == 0 && before) return std::optional(Refusal{Why::exists});
  if (put.expected_version != 0 && !before) return std::optional(Refusal{Why::missing});
  if (before && before->version != put.expected_version) return std::optional(Refusal{Why::version});
  TRY(auto held, held_by_another(put));
  if (held) return held;

  const auto lookups = packed(put.indexes);
  if (before) {
    TRY(auto replaced, replace(put, *before, lookups));
    if (before->under != record.under)
      progress.changes.records.push_back({record.tenant, record.kind, record.id, before->under});
  } else {
    TRY(auto created, create(put, lookups));
  }
  progress.changes.records.push_back({record.tenant, record.kind, record.id, record.under});
  return std::optional<Refusal>();
}

Writer::Step Writer::held_by_another(const Put& put) {
  for (const auto& index : put.indexes) {
    if (!index.unique) continue;
    auto rows = holder_.run(View(put.record.tenant), put.record.kind, View(index.name), View(index.value),
                            View(put.record.id));
    TRY(bool held, rows.next());
    if (held) return std::optional(Refusal{Why::unique, index.name});
  }
  return std::optional<Refusal>();
}

Result<Done, Fault> Writer::create(const Put& put, View lookups) {
  const auto& record = put.record;
  TRY(auto created, create_.execute(View(record.tenant), View(record.under), record.kind, View(record.id),
                                    record.created_at, record.updated_at, record.touched_at, lookups,
                                    View(record.body), record.until));
  return look_up(record.tenant, record.kind, record.id, database_.last_rowid(), {}, lookups);
}

Result<Done, Fault> Writer::replace(const Put& put, const Stored& before, View lookups) {
  const auto& record = put.record;
  TRY(auto replaced, replace_.execute(before.n, View(record.under), before.version + 1, record.updated_at, lookups,
                                      View(record.body), record.until));
  return look_up(record.tenant, record.kind, record.id, before.n, before.lookups, lookups);
}

Result<Done, Fault> Writer::look_up(View tenant, Kind kind, View id, std::int64_t n, View before, View after) {
  if (before == after) return Done{};
  const auto old = unpack(before), now = unpack(after);
  if (!old || !now) return Fail{Fault{Fault::Kind::corrupt, "a record's list of lookups cannot be read"}};
  const auto among = [](const std::vector<View>& list, View name, View value) {
    for (std::size_t i = 0; i + 1 < list.size(); i += 2)
      if (list[i] == name && list[i + 1] == value) return true;
    return false;
  };
  for (std::size_t i = 0; i + 1 < old->size(); i += 2) {
    if (among(*now, (*old)[i], (*old)[i + 1])) continue;
    TRY(auto dropped, drop_lookup_.execute(tenant, kind, (*old)[i], (*old)[i + 1], id));
  }
  for (std::size_t i = 0; i + 1 < now->size(); i += 2) {
    if (among(*old, (*now)[i], (*now)[i + 1])) continue;
    TRY(auto added, add_lookup_.execute(tenant, kind, (*now)[i], (*now)[i + 1], id, n));
  }
  return Done{};
}

Writer::Step Writer::apply(const Revise& revise, Progress& progress) {
  TRY(const auto before, stored(revise.tenant, revise.kind, revise.id));
  if (!before) return std::optional(Refusal{Why::missing});
  Record record;
  record.kind = revise.kind;
  record.tenant = revise.tenant;
  record.id = revise.id;
  record.under = before->under;
  record.version = before->version;
  {
    auto rows = body_.run(before->n);
    TRY(const bool row, rows.next());
    if (!row) return std::optional(Refusal{Why::missing});
    record.body = rows.text(0);
  }
  const auto lookups = unpack(before->lookups);
  if (!lookups) return Fail{Fault{Fault::Kind::corrupt, "a record's list of lookups cannot be read"}};
  std::vector<Index> indexes;
  for (std::size_t i = 0; i + 1 < lookups->size(); i += 2)
    indexes.push_back({std::string((*lookups)[i]), std::string((*lookups)[i + 1]), false});
  const auto put = revise.make(record, indexes);
  if (!put) return std::optional(Refusal{Why::version});
  return apply(*put, progress);
}

Writer::Step Writer::apply(const Remove& remove, Progress& progress) {
  TRY(auto before, stored(remove.tenant, remove.kind, remove.id));
  if (!before) return std::optional(Refusal{Why::missing});
  if (before->version != remove.expected_version) return std::optional(Refusal{Why::version});
  TRY(auto removed, remove_.execute(before->n));
  TRY(auto dropped, look_up(remove.tenant, remove.kind, remove.id, before->n, before->lookups, {}));
  progress.changes.records.push_back({remove.tenant, remove.kind, remove.id, before->under});
  return std::optional<Refusal>();
}

Writer::Step Writer::apply(const Require& require, Progress&) {
  TRY(auto before, stored(require.tenant, require.kind, require.id));
  if (!before) return std::optional(Refusal{Why::missing});
  if (require.expected_version != 0 && before->version != require.expected_version)
    return std::optional(Refusal{Why::version});
  return std::optional<Refusal>();
}

Writer::Step Writer::apply(const RequireNone& require, Progress&) {
  auto rows = holders_.run(View(require.tenant), require.kind, View(require.name), View(require.value));
  for (;;) {
    TRY(bool held, rows.next());
    if (!held) return std::optional<Refusal>();
    if (!require.but.contains(rows.text(0))) return std::optional(Refusal{Why::in_use, require.name});
  }
}

Writer::Step Writer::apply(const Touch& touch, Progress&) {
  TRY(auto touched, touch_.execute(View(touch.tenant), touch.kind, View(touch.id), touch.at,
                                   touch.at + set_back_max));
  return std::optional<Refusal>();
}

Writer::Step Writer::apply(const Append& append, Progress& progress) {
  const auto& event = *progress.event++;
  for (const auto& id : append.live) {
    TRY(const bool live, delegations_.is_live(event.tenant, id));
    if (!live) return std::optional<Refusal>();
  }
  TRY(auto appended, log_.append(event));
  return std::optional<Refusal>();
}

Writer::Step Writer::apply(const Keep& keep, Progress&) {
  TRY(auto kept, keep_.execute(keep.use, View(keep.tenant), View(keep.key), keep.until, View(keep.body)));
  if (database_.changes() == 0) return std::optional(Refusal{Why::used});
  return std::optional<Refusal>();
}

Writer::Step Writer::apply(const Drop& drop, Progress&) {
  TRY(auto dropped, drop_.execute(drop.use, View(drop.tenant), View(drop.key)));
  return std::optional<Refusal>();
}

Writer::Step Writer::apply(const Mark& mark, Progress&) {
  TRY(auto marked, mark_.execute(mark.until, mark.once, View(mark.tenant), View(mark.key)));
  if (database_.changes() == 0) return std::optional(Refusal{Why::used});
  return std::optional<Refusal>();
}

Result<std::uint64_t, Fault> Writer::last_revocation(View tenant) {
  auto rows = revocation_head_.run(tenant);
  TRY(bool row, rows.next());
  return row ? rows.number(0) : 0;
}

Writer::Step Writer::apply(const Revoke& revoke, Progress& progress) {
  auto revocation = revoke.revocation;
  delegation::cover(revocation, log_.newest());
  std::string scopes;
  for (const auto& scope : revocation.scopes) pack(scopes, scope);
  TRY(auto previous, last_revocation(revocation.tenant));
  revocation.previous = previous;
  revocation.tag = make_tag();
  TRY(auto revoked, revoke_.execute(View(revocation.tenant), revocation.kind, View(revocation.target),
                                    revocation.issued_before, revocation.until, revocation.at,
                                    View(revocation.reason), View(scopes), View(revocation.resource), previous,
                                    revocation.tag));
  revocation.seq = static_cast<std::uint64_t>(database_.last_rowid());
  newest_revocation_ = revocation.seq;
  TRY(auto moved, move_head_.execute(View(revocation.tenant), revocation.seq, revocation.tag));
  progress.changes.revocations.push_back(std::move(revocation));
  return std::optional<Refusal>();
}

// The end of the sequence, looked at once a transaction. A batch that is taken back may leave it too high, which costs
// a look and no more.
Result<std::uint64_t, Fault> Writer::newest_revocation() {
  if (!newest_revocation_) {
    auto rows = newest_revocation_of_all_.run();
    TRY(bool row, rows.next());
    newest_revocation_ = row ? rows.number(0) : 0;
  }
  return *newest_revocation_;
}

// Almost always there is nothing after `seen`.
Writer::Step Writer::apply(const Unrevoked& unrevoked, Progress&) {
  TRY(const auto newest, newest_revocation());
  if (unrevoked.seen >= newest) return std::optional<Refusal>();
  const auto& names = unrevoked.names;
  auto rows = revoked_since_.run(unrevoked.seen);
  for (;;) {
    TRY(bool row, rows.next());
    if (!row) return std::optional<Refusal>();
    const auto target = rows.text(1);
    if (rows.text(0) != unrevoked.tenant) continue;
    // Of an entry that is about a resource, where one is asked for: of that one alone, whomever it names.
    const auto about = rows.text(2);
    if (!unrevoked.resource.empty() && about != unrevoked.resource && (target.empty() || !about.empty())) continue;
    if (target.empty() || std::find(names.begin(), names.end(), target) != names.end())
      return std::optional(Refusal{Why::revoked});
  }
}

Writer::Step Writer::apply(const NoneEnded& none, Progress&) {
  TRY(auto refusal, delegations_.check(none));
  return refusal ? std::optional(Refusal{*refusal}) : std::nullopt;
}

Writer::Step Writer::apply(const NoneHandedOn& none, Progress&) {
  TRY(auto who, delegations_.check(none));
  return who ? std::optional(Refusal{Why::version, std::move(*who)}) : std::nullopt;
}

Writer::Step Writer::apply(const Delegate& delegate, Progress&) {
  TRY(auto refusal, delegations_.add(delegate.delegation));
  return refusal ? std::optional(Refusal{*refusal}) : std::nullopt;
}

Writer::Step Writer::apply(const Draw& draw, Progress&) {
  TRY(auto refusal, delegations_.draw(draw));
  return refusal ? std::optional(Refusal{*refusal}) : std::nullopt;
}

Writer::Step Writer::apply(const EndDelegation& end, Progress&) {
  TRY(auto refusal, delegations_.end(end));
  return refusal ? std::optional(Refusal{*refusal}) : std::nullopt;
}

Writer::Step Writer::apply(const EndConsents& end, Progress&) {
  TRY(auto refusal, delegations_.end(end));
  return refusal ? std::optional(Refusal{*refusal}) : std::nullopt;
}

}  // namespace deputy::store::sqlite
