// MemoryStore: the contract on maps under one lock, with an undo list a batch.
#include <map>
#include <mutex>
#include <set>
#include <tuple>

#include "store/event_filter.h"
#include "store/group_commit.h"
#include "store/memory/delegation_table.h"
#include "store/memory/kept_table.h"
#include "store/memory/revocation_table.h"
#include "store/memory/tree.h"
#include "store/store.h"

namespace deputy::store {
namespace {

using Why = Refused::Why;
using View = std::string_view;

struct Entry {
  Record record;
  std::vector<Index> indexes;
};

class MemoryStore final : public Store {
 public:
  MemoryStore() : commits_(queue_max, [this](std::span<Batch> group) { write(group); }) {}

  void commit(Writes writes, Committed committed) override {
    commits_.add(make_batch(std::move(writes), std::move(committed)));
  }
  void flush() override { commits_.flush(); }
  void at_rest() override { commits_.at_rest(); }
  void observe(Observer observer) override { observers_.push_back(std::move(observer)); }
  Result<std::size_t, Fault> purge(Instant now, std::size_t limit) override { return commits_.purge(now, limit); }

  Result<std::optional<Record>, Fault> get(View tenant, Kind kind, View id) override {
    const std::lock_guard lock(mutex_);
    const auto found = records_.find({std::string(tenant), kind, std::string(id)});
    return found == records_.end() ? std::optional<Record>() : std::optional(found->second.record);
  }
  Result<std::vector<Record>, Fault> under(View tenant, View principal) override;
  Result<std::optional<Record>, Fault> find(View tenant, Kind kind, View index, View value) override;
  Result<std::vector<Record>, Fault> list(View tenant, Kind kind, const Page& page) override;
  Result<std::optional<Kept>, Fault> kept(Use use, View tenant, View key, Instant now) override {
    const std::lock_guard lock(mutex_);
    return kept_.get(use, tenant, key, now);
  }
  Result<std::vector<std::string>, Fault> kept_keys(Use use, View tenant, View prefix, Instant now,
                                                    std::size_t limit) override {
    const std::lock_guard lock(mutex_);
    return kept_.keys(use, tenant, prefix, now, limit);
  }
  Result<EventPage, Fault> events(View tenant, const EventFilter& filter, const EventRange& range) override;
  Result<std::optional<StoredEvent>, Fault> event(View tenant, View id) override;
  Result<std::uint64_t, Fault> last_event() override {
    const std::lock_guard lock(mutex_);
    return std::uint64_t{events_.size()};
  }
  Result<std::vector<Revocation>, Fault> revocations(std::uint64_t after, std::size_t limit) override {
    const std::lock_guard lock(mutex_);
    return revocations_.list(after, limit);
  }
  Result<std::optional<Delegation>, Fault> delegation(View tenant, View id, Counts) override {
    const std::lock_guard lock(mutex_);
    return delegations_.get(tenant, id);
  }
  Result<std::vector<Delegation>, Fault> delegations(View tenant, const DelegationPage& page) override {
    const std::lock_guard lock(mutex_);
    return delegations_.list(tenant, page);
  }
  Result<std::vector<Delegation>, Fault> consents(const ConsentsOf& of, Instant now, std::size_t limit) override {
    const std::lock_guard lock(mutex_);
    return delegations_.consents(of, now, limit);
  }
  Result<std::vector<Delegation>, Fault> consents_to(View tenant, View client, Instant now,
                                                     std::size_t limit) override {
    const std::lock_guard lock(mutex_);
    return delegations_.consents_to(tenant, client, now, limit);
  }
  Result<std::optional<Instant>, Fault> first_end(const BegunWith& of, Instant since, Instant until) override {
    const std::lock_guard lock(mutex_);
    return delegations_.first_end(of, since, until);
  }
  Result<std::vector<Delegation>, Fault> begun(const BegunWith& of, Instant made_by, Instant now) override {
    const std::lock_guard lock(mutex_);
    return delegations_.begun(of, made_by, now);
  }
  Result<std::optional<Delegation>, Fault> identical_delegation(const Delegation& like) override {
    const std::lock_guard lock(mutex_);
    return delegations_.identical(like);
  }
  Log& log() override { return tree_; }
  Result<RevocationPage, Fault> revocations_of(View tenant, std::uint64_t after, std::size_t limit) override {
    const std::lock_guard lock(mutex_);
    return revocations_.list_of(tenant, after, limit);
  }

 private:
  static constexpr std::size_t queue_max = 65'536;
  using RecordKey = std::tuple<std::string, Kind, std::string>;  // tenant, kind, id
  using IndexKey = std::tuple<std::string, Kind, std::string, std::string>;  // tenant, kind, name, value
  struct Refusal { Why why; std::string index = {}; };
  using Step = std::optional<Refusal>;
  struct Progress {
    Changes& changes;
    const EncodedEvent* event;
    std::vector<std::function<void()>> undo = {};
  };

  static IndexKey key_of(const Record& record, const Index& index) {
    return {record.tenant, record.kind, index.name, index.value};
  }
  void write(std::span<Batch> group);
  void apply(Batch& batch, Changes& changes);
  void purge_step(Purge& purge, Changes& changes);
  Step expect(const RecordKey& key, std::uint64_t version) const;
  void place(const RecordKey& key, std::optional<Entry> entry);
  void change(const RecordKey& key, std::optional<Entry> entry, Progress& progress);

  Step apply(const Put& put, Progress& progress);
  Step apply(const Revise& revise, Progress& progress);
  Step apply(const Remove& remove, Progress& progress);
  Step apply(const Require& require, Progress& progress);
  Step apply(const RequireNone& require, Progress& progress);
  Step apply(const Touch& touch, Progress& progress);
  Step apply(const Append& append, Progress& progress);
  Step apply(const Revoke& revoke, Progress& progress) {
    auto revocation = revoke.revocation;
    delegation::cover(revocation, newest_event_);
    progress.changes.revocations.push_back(revocations_.add(std::move(revocation), progress.undo));
    return {};
  }
  Step apply(const Unrevoked& unrevoked, Progress&) {
    return revocations_.revoked_since(unrevoked) ? Step(Refusal{Why::revoked}) : Step();
  }
  Step apply(const NoneHandedOn& none, Progress&) {
    auto who = delegations_.handed_on(none);
    return who ? Step(Refusal{Why::version, std::move(*who)}) : Step();
  }
  template <class OfATable>  // NoneEnded, Delegate to EndConsents; Keep, Drop, Mark; Seal, Cosign, Retain
  Step apply(const OfATable& write, Progress& progress) {
    std::optional<Why> why;
    if constexpr (requires { delegations_.apply(write, progress.undo); })
      why = delegations_.apply(write, progress.undo);
    else if constexpr (requires { kept_.apply(write, progress.undo); })
      why = kept_.apply(write, progress.undo);
    else
      why = tree_.apply(write, progress.undo);
    return why ? Step(Refusal{*why}) : Step();
  }

  std::mutex mutex_;  // of all the tables
  std::map<RecordKey, Entry> records_;
  std::map<IndexKey, std::set<std::string>> lookups_;
  KeptTable kept_;
  std::vector<StoredEvent> events_;
  Instant newest_event_;
  MemoryTree tree_{mutex_, events_};
  RevocationTable revocations_;
  DelegationTable delegations_;
  std::vector<Observer> observers_;
  GroupCommit commits_;  // last: its thread ends before what it uses
};

void MemoryStore::write(std::span<Batch> group) {
  Changes changes;
  {
    const std::lock_guard lock(mutex_);
    for (auto& batch : group) {
      if (batch.purge)
        purge_step(*batch.purge, changes);
      else
        apply(batch, changes);
    }
  }
  if (changes.records.empty() && changes.revocations.empty()) return;
  for (const auto& observer : observers_) observer(changes);
}

void MemoryStore::apply(Batch& batch, Changes& changes) {
  const auto records_before = changes.records.size(), revocations_before = changes.revocations.size();
  Progress progress{changes, batch.events.data()};
  for (std::size_t at = 0; at < batch.writes.size(); ++at) {
    auto refusal = std::visit([&](const auto& write) { return apply(write, progress); }, batch.writes[at]);
    if (!refusal) continue;
    batch.outcome = Outcome(Refused{refusal->why, at, std::move(refusal->index)});
    for (auto undo = progress.undo.rbegin(); undo != progress.undo.rend(); ++undo) (*undo)();
    changes.records.resize(records_before);
    changes.revocations.resize(revocations_before);
    return;
  }
}

void MemoryStore::purge_step(Purge& purge, Changes& changes) {
  purge.deleted += kept_.purge(purge.now, purge.limit - purge.deleted);
  for (auto at = records_.begin(); at != records_.end() && purge.deleted < purge.limit;) {
    const auto entry = at++;
    const auto& record = entry->second.record;
    if (!record.until || *record.until > purge.now) continue;
    changes.records.push_back({record.tenant, record.kind, record.id, record.under});
    place(RecordKey(entry->first), std::nullopt);
    ++purge.deleted;
  }
  purge.deleted += revocations_.purge(purge.now, purge.limit - purge.deleted);
}

MemoryStore::Step MemoryStore::expect(const RecordKey& key, std::uint64_t version) const {
  const auto found = records_.find(key);
  if (found == records_.end()) return Refusal{Why::missing};
  if (found->second.record.version != version) return Refusal{Why::version};
  return {};
}

// Makes the record at a key this one, or none, and its lookups with it.
void MemoryStore::place(const RecordKey& key, std::optional<Entry> entry) {
  if (const auto found = records_.find(key); found != records_.end()) {
    for (const auto& index : found->second.indexes) {
      const auto holders = lookups_.find(key_of(found->second.record, index));
      if (holders == lookups_.end()) continue;  // listed twice
      holders->second.erase(found->second.record.id);
      if (holders->second.empty()) lookups_.erase(holders);
    }
    records_.erase(found);
  }
  if (!entry) return;
  for (const auto& index : entry->indexes) lookups_[key_of(entry->record, index)].insert(entry->record.id);
  records_.emplace(key, std::move(*entry));
}

void MemoryStore::change(const RecordKey& key, std::optional<Entry> entry, Progress& progress) {
  std::optional<Entry> before;
  if (const auto found = records_.find(key); found != records_.end()) before = found->second;
  progress.undo.push_back([this, key, before] { place(key, before); });
  place(key, std::move(entry));
}

MemoryStore::Step MemoryStore::apply(const Put& put, Progress& progress) {
  const RecordKey key{put.record.tenant, put.record.kind, put.record.id};
  const auto before = records_.find(key);
  if (put.expected_version == 0 && before != records_.end()) return Refusal{Why::exists};
  if (put.expected_version != 0) {
    if (auto refusal = expect(key, put.expected_version)) return refusal;
  }
  for (const auto& index : put.indexes) {
    const auto holders = lookups_.find(key_of(put.record, index));
    if (!index.unique || holders == lookups_.end()) continue;
    if (holders->second.size() > 1 || !holders->second.contains(put.record.id))
      return Refusal{Why::unique, index.name};
  }

  Entry entry{put.record, put.indexes};
  entry.record.version = put.expected_version + 1;
  auto& changed = progress.changes.records;
  if (before != records_.end()) {
    const auto& stored = before->second.record;
    entry.record.created_at = stored.created_at;
    entry.record.touched_at = stored.touched_at;
    if (stored.under != put.record.under)
      changed.push_back({stored.tenant, stored.kind, stored.id, stored.under});
  }
  change(key, std::move(entry), progress);
  changed.push_back({put.record.tenant, put.record.kind, put.record.id, put.record.under});
  return {};
}

MemoryStore::Step MemoryStore::apply(const Revise& revise, Progress& progress) {
  const auto found = records_.find({revise.tenant, revise.kind, revise.id});
  if (found == records_.end()) return Refusal{Why::missing};
  const auto put = revise.make(found->second.record, found->second.indexes);
  return put ? apply(*put, progress) : Step(Refusal{Why::version});
}

MemoryStore::Step MemoryStore::apply(const Remove& remove, Progress& progress) {
  const RecordKey key{remove.tenant, remove.kind, remove.id};
  if (auto refusal = expect(key, remove.expected_version)) return refusal;
  progress.changes.records.push_back({remove.tenant, remove.kind, remove.id, records_.at(key).record.under});
  change(key, std::nullopt, progress);
  return {};
}

MemoryStore::Step MemoryStore::apply(const Require& require, Progress&) {
  const RecordKey key{require.tenant, require.kind, require.id};
  const auto found = records_.find(key);
  return expect(key, require.expected_version == 0 && found != records_.end() ? found->second.record.version
                                                                              : require.expected_version);
}

MemoryStore::Step MemoryStore::apply(const RequireNone& require, Progress&) {
  const auto holders = lookups_.find({require.tenant, require.kind, require.name, require.value});
  if (holders == lookups_.end()) return {};
  const bool others = std::any_of(holders->second.begin(), holders->second.end(),
                                  [&](const auto& id) { return !require.but.contains(id); });
  return others ? Step(Refusal{Why::in_use, require.name}) : Step();
}

MemoryStore::Step MemoryStore::apply(const Touch& touch, Progress& progress) {
  const RecordKey key{touch.tenant, touch.kind, touch.id};
  const auto found = records_.find(key);
  if (found == records_.end()) return {};
  auto& touched_at = found->second.record.touched_at;
  if (touched_at && *touched_at >= touch.at && *touched_at <= touch.at + set_back_max) return {};
  progress.undo.push_back([this, key, before = touched_at] { records_.at(key).record.touched_at = before; });
  touched_at = touch.at;
  return {};
}

MemoryStore::Step MemoryStore::apply(const Append& append, Progress& progress) {
  const auto& event = *progress.event++;
  for (const auto& id : append.live)
    if (const auto one = delegations_.get(event.tenant, id); !one || one->revoked_at) return {};
  newest_event_ = delegation::newest_of(newest_event_, event.at);
  events_.push_back({events_.size() + 1, event.id, event.tenant, event.at, event.body});
  progress.undo.push_back([this] { events_.pop_back(); });
  return {};
}

Result<std::vector<Record>, Fault> MemoryStore::under(View tenant, View principal) {
  const std::lock_guard lock(mutex_);
  std::vector<Record> records;  // the map's order: kind, then id
  for (auto at = records_.lower_bound({std::string(tenant), Kind{}, {}});
       at != records_.end() && std::get<0>(at->first) == tenant; ++at)
    if (at->second.record.under == principal) records.push_back(at->second.record);
  return records;
}

Result<std::optional<Record>, Fault> MemoryStore::find(View tenant, Kind kind, View index, View value) {
  const std::lock_guard lock(mutex_);
  const auto holders = lookups_.find({std::string(tenant), kind, std::string(index), std::string(value)});
  if (holders == lookups_.end()) return std::optional<Record>();
  return std::optional(records_.at({std::string(tenant), kind, *holders->second.begin()}).record);
}

Result<std::vector<Record>, Fault> MemoryStore::list(View tenant, Kind kind, const Page& page) {
  const std::lock_guard lock(mutex_);
  std::vector<Record> records;
  std::set<std::string> ids;
  if (page.where && !page.through.empty()) {
    const IndexKey from{tenant, kind, page.where->name, page.where->value};
    const IndexKey to{tenant, kind, page.where->name, page.through};
    for (auto at = lookups_.lower_bound(from); at != lookups_.end() && at->first <= to; ++at)
      for (const auto& id : at->second)
        if (records.size() < page.limit && (at->first != from || id > page.after))
          records.push_back(records_.at({std::string(tenant), kind, id}).record);
    return records;
  }
  if (page.where) {
    const auto holders = lookups_.find({std::string(tenant), kind, page.where->name, page.where->value});
    if (holders != lookups_.end()) ids = holders->second;
  } else {
    for (auto at = records_.lower_bound({std::string(tenant), kind, {}});
         at != records_.end() && std::get<0>(at->first) == tenant && std::get<1>(at->first) == kind; ++at)
      ids.insert(std::get<2>(at->first));
  }
  const auto add = [&](const std::string& id) {
    if (records.size() < page.limit) records.push_back(records_.at({std::string(tenant), kind, id}).record);
  };
  if (page.order == Page::Order::oldest_first) {
    for (auto at = ids.upper_bound(page.after); at != ids.end(); ++at) add(*at);
  } else {
    auto at = std::make_reverse_iterator(page.after.empty() ? ids.end() : ids.lower_bound(page.after));
    for (; at != ids.rend(); ++at) add(*at);
  }
  return records;
}

Result<Store::EventPage, Fault> MemoryStore::events(View tenant, const EventFilter& filter, const EventRange& range) {
  const std::lock_guard lock(mutex_);
  const EventMatcher matcher(tenant, filter);
  const bool forward = range.order == Page::Order::oldest_first;
  const std::uint64_t count = events_.size();
  EventPage page;
  std::size_t scanned = 0, bytes = 0;
  std::uint64_t seq = forward ? range.after + 1 : (range.after == 0 ? count : std::min(count, range.after - 1));
  for (; seq >= 1 && seq <= count; forward ? ++seq : --seq) {
    if (scanned == range.scan || page.events.size() == range.limit || bytes >= event_page_bytes) return page;
    ++scanned;
    page.last = seq;
    const auto& event = events_[seq - 1];
    if (!matcher.matches(event.tenant, event.at, event.body)) continue;
    page.events.push_back(event);
    bytes += event.body.size();
  }
  page.last = 0;
  return page;
}

Result<std::optional<StoredEvent>, Fault> MemoryStore::event(View tenant, View id_or_jti) {
  const std::lock_guard lock(mutex_);
  for (const auto& event : events_)
    if (event.id == event_id_of(id_or_jti) && event.tenant == tenant) return std::optional(event);
  return std::optional<StoredEvent>();
}

}  // namespace

std::unique_ptr<Store> open_memory_store() { return std::make_unique<MemoryStore>(); }

}  // namespace deputy::store
