// SimStore: the memory store with its timing taken away. What a batch waits for, when it is written, when observers
// hear of it and when its answer may leave are steps of a simulation; so is what happens before and after each read.
#pragma once

#include <memory>
#include <vector>

#include "store/store.h"

namespace deputy::sim {

// What the simulation does while somebody reads, and with what is to be written.
class Between {
 public:
  virtual ~Between() = default;
  virtual void point() = 0;       // other things may happen now
  virtual bool read_fails() = 0;  // the store cannot be reached
  virtual void queue(store::Writes writes, store::Committed committed) = 0;
};

class SimStore final : public store::Store {
 public:
  using View = std::string_view;
  using Kind = store::Kind;

  SimStore();

  // Without it everything happens at once, as a test's preparations want it.
  Between* between = nullptr;

  // One batch, durable or refused; what it changed is added to `changes`.
  Result<store::Outcome, Fault> write(store::Writes writes, store::Changes& changes);
  std::size_t observers() const { return observers_.size(); }
  void tell(std::size_t observer, const store::Changes& changes) { observers_[observer](changes); }
  void forget_observers() { observers_.clear(); }  // the process that had them is gone
  store::Store& durable() { return *inner_; }

  void commit(store::Writes writes, store::Committed committed) override;
  void flush() override {}
  void at_rest() override {}
  void observe(store::Observer observer) override { observers_.push_back(std::move(observer)); }

  Result<std::optional<store::Record>, Fault> get(View tenant, Kind kind, View id) override;
  Result<std::vector<store::Record>, Fault> under(View tenant, View principal) override;
  Result<std::optional<store::Record>, Fault> find(View tenant, Kind kind, View index, View value) override;
  Result<std::vector<store::Record>, Fault> list(View tenant, Kind kind, const store::Page& page) override;
  Result<std::optional<store::Kept>, Fault> kept(store::Use use, View tenant, View key, Instant now) override;
  Result<std::vector<std::string>, Fault> kept_keys(store::Use use, View tenant, View prefix, Instant now,
                                                    std::size_t limit) override;
  Result<EventPage, Fault> events(View tenant, const store::EventFilter& filter, const EventRange& range) override;
  Result<std::optional<store::StoredEvent>, Fault> event(View tenant, View id) override;
  Result<std::uint64_t, Fault> last_event() override;
  Result<std::vector<store::Revocation>, Fault> revocations(std::uint64_t after, std::size_t limit) override;
  Result<RevocationPage, Fault> revocations_of(View tenant, std::uint64_t after, std::size_t limit) override;
  Result<std::optional<store::Delegation>, Fault> delegation(View tenant, View id, Counts counts) override;
  Result<std::vector<store::Delegation>, Fault> delegations(View tenant, const store::DelegationPage& page) override;
  Result<std::vector<store::Delegation>, Fault> consents(const store::ConsentsOf& of, Instant now,
                                                         std::size_t limit) override;
  Result<std::vector<store::Delegation>, Fault> consents_to(View tenant, View client, Instant now,
                                                            std::size_t limit) override;
  Result<std::optional<Instant>, Fault> first_end(const store::BegunWith& of, Instant since, Instant until) override;
  Result<std::vector<store::Delegation>, Fault> begun(const store::BegunWith& of, Instant made_by,
                                                      Instant now) override;
  Result<std::optional<store::Delegation>, Fault> identical_delegation(const store::Delegation& like) override;
  Result<std::size_t, Fault> purge(Instant now, std::size_t limit) override { return inner_->purge(now, limit); }
  store::Log& log() override { return inner_->log(); }

 private:
  template <class Read>
  auto reading(Read read) -> decltype(read());

  std::unique_ptr<store::Store> inner_;
  std::vector<store::Observer> observers_;
  store::Changes heard_;  // of the inner store, since the last write
};

}  // namespace deputy::sim
