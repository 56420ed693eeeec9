// Every read has a point before it and one after it: what is read may be old by the time it is used.
#include "tests/sim/sim_store.h"

namespace deputy::sim {

SimStore::SimStore() : inner_(store::open_memory_store()) {
  inner_->observe([this](const store::Changes& changes) {
    heard_.records.insert(heard_.records.end(), changes.records.begin(), changes.records.end());
    heard_.revocations.insert(heard_.revocations.end(), changes.revocations.begin(), changes.revocations.end());
  });
}

Result<store::Outcome, Fault> SimStore::write(store::Writes writes, store::Changes& changes) {
  heard_ = {};
  auto outcome = inner_->commit_now(std::move(writes));  // waits: the inner store's thread is idle again after it
  changes.records.insert(changes.records.end(), heard_.records.begin(), heard_.records.end());
  changes.revocations.insert(changes.revocations.end(), heard_.revocations.begin(), heard_.revocations.end());
  return outcome;
}

void SimStore::commit(store::Writes writes, store::Committed committed) {
  if (between != nullptr) return between->queue(std::move(writes), std::move(committed));
  store::Changes changes;
  auto outcome = write(std::move(writes), changes);
  for (std::size_t i = 0; i < observers(); ++i) tell(i, changes);
  committed(std::move(outcome));
}

template <class Read>
auto SimStore::reading(Read read) -> decltype(read()) {
  if (between == nullptr) return read();
  between->point();
  if (between->read_fails()) return Fail{Fault{Fault::Kind::unavailable, "the simulated store fails"}};
  auto result = read();
  between->point();
  return result;
}

Result<std::optional<store::Record>, Fault> SimStore::get(View tenant, Kind kind, View id) {
  return reading([&] { return inner_->get(tenant, kind, id); });
}
Result<std::vector<store::Record>, Fault> SimStore::under(View tenant, View principal) {
  return reading([&] { return inner_->under(tenant, principal); });
}
Result<std::optional<store::Record>, Fault> SimStore::find(View tenant, Kind kind, View index, View value) {
  return reading([&] { return inner_->find(tenant, kind, index, value); });
}
Result<std::vector<store::Record>, Fault> SimStore::list(View tenant, Kind kind, const store::Page& page) {
  return reading([&] { return inner_->list(tenant, kind, page); });
}
Result<std::optional<store::Kept>, Fault> SimStore::kept(store::Use use, View tenant, View key, Instant now) {
  return reading([&] { return inner_->kept(use, tenant, key, now); });
}
Result<std::vector<std::string>, Fault> SimStore::kept_keys(store::Use use, View tenant, View prefix, Instant now,
                                                            std::size_t limit) {
  return reading([&] { return inner_->kept_keys(use, tenant, prefix, now, limit); });
}
Result<store::Store::EventPage, Fault> SimStore::events(View tenant, const store::EventFilter& filter,
                                                        const EventRange& range) {
  return reading([&] { return inner_->events(tenant, filter, range); });
}
Result<std::optional<store::StoredEvent>, Fault> SimStore::event(View tenant, View id) {
  return reading([&] { return inner_->event(tenant, id); });
}
Result<std::uint64_t, Fault> SimStore::last_event() {
  return reading([&] { return inner_->last_event(); });
}
Result<std::vector<store::Revocation>, Fault> SimStore::revocations(std::uint64_t after, std::size_t limit) {
  return reading([&] { return inner_->revocations(after, limit); });
}
Result<store::Store::RevocationPage, Fault> SimStore::revocations_of(View tenant, std::uint64_t after,
                                                                     std::size_t limit) {
  return reading([&] { return inner_->revocations_of(tenant, after, limit); });
}
Result<std::optional<store::Delegation>, Fault> SimStore::delegation(View tenant, View id, Counts counts) {
  return reading([&] { return inner_->delegation(tenant, id, counts); });
}
Result<std::vector<store::Delegation>, Fault> SimStore::delegations(View tenant, const store::DelegationPage& page) {
  return reading([&] { return inner_->delegations(tenant, page); });
}
Result<std::vector<store::Delegation>, Fault> SimStore::consents(const store::ConsentsOf& of, Instant now,
                                                                 std::size_t limit) {
  return reading([&] { return inner_->consents(of, now, limit); });
}
Result<std::vector<store::Delegation>, Fault> SimStore::consents_to(View tenant, View client, Instant now,
                                                                     std::size_t limit) {
  return reading([&] { return inner_->consents_to(tenant, client, now, limit); });
}
Result<std::optional<Instant>, Fault> SimStore::first_end(const store::BegunWith& of, Instant since, Instant until) {
  return reading([&] { return inner_->first_end(of, since, until); });
}
Result<std::vector<store::Delegation>, Fault> SimStore::begun(const store::BegunWith& of, Instant made_by,
                                                              Instant now) {
  return reading([&] { return inner_->begun(of, made_by, now); });
}
Result<std::optional<store::Delegation>, Fault> SimStore::identical_delegation(const store::Delegation& like) {
  return reading([&] { return inner_->identical_delegation(like); });
}

}  // namespace deputy::sim
