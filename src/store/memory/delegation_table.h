// DelegationTable: the delegation tree in memory. Its owner holds the lock, and keeps the undo of each change.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "store/store.h"

namespace deputy::store {

class DelegationTable {
 public:
  using Undo = std::function<void()>;
  using Why = Refused::Why;

  // Each adds what undoes it, or gives the condition that does not hold.
  std::optional<Why> apply(const NoneEnded& none, std::vector<Undo>&) const;
  std::optional<Why> apply(const Delegate& delegate, std::vector<Undo>& undo);
  std::optional<Why> apply(const Draw& draw, std::vector<Undo>& undo);
  std::optional<Why> apply(const EndDelegation& end, std::vector<Undo>& undo);
  std::optional<Why> apply(const EndConsents& end, std::vector<Undo>& undo);

  // Who it is by whom that does not hold.
  std::optional<std::string> handed_on(const NoneHandedOn& none) const;

  std::optional<Delegation> get(std::string_view tenant, std::string_view id) const;
  std::vector<Delegation> list(std::string_view tenant, const DelegationPage& page) const;
  std::vector<Delegation> consents(const ConsentsOf& of, Instant now, std::size_t limit) const;
  std::vector<Delegation> consents_to(std::string_view tenant, std::string_view client, Instant now,
                                      std::size_t limit) const;
  std::optional<Instant> first_end(const BegunWith& of, Instant since, Instant until) const;
  std::vector<Delegation> begun(const BegunWith& of, Instant made_by, Instant now) const;
  std::optional<Delegation> identical(const Delegation& like) const;

 private:
  std::optional<Why> may_draw(const Draw& draw) const;
  using Key = std::pair<std::string, std::string>;  // tenant, id
  Undo change(std::size_t at, const std::function<void(Delegation&)>& how);
  const Delegation* find(std::string_view tenant, std::string_view id) const;

  std::vector<Delegation> all_;  // in the order they were made
  std::vector<std::uint64_t> fingerprints_;  // of each
  std::map<Key, std::size_t> places_;
};

}  // namespace deputy::store
