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

  Undo add(const Delegation& delegation);
  std::optional<Why> may_draw(const Draw& draw) const;
  Undo draw(const Draw& draw);
  Undo end(const EndDelegation& end);

  std::optional<Delegation> get(std::string_view tenant, std::string_view id) const;
  std::vector<Delegation> list(std::string_view tenant, const DelegationPage& page) const;
  std::optional<Delegation> identical(const Delegation& like) const;

 private:
  using Key = std::pair<std::string, std::string>;  // tenant, id
  Undo change(std::size_t at, const std::function<void(Delegation&)>& how);
  const Delegation* find(std::string_view tenant, std::string_view id) const;

  std::vector<Delegation> all_;  // in the order they were made
  std::map<Key, std::size_t> places_;
};

}  // namespace deputy::store
