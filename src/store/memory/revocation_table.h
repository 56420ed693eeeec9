// RevocationTable: the revocation sequence in memory. Its owner holds the lock, and keeps the undo of each change.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "store/store.h"

namespace deputy::store {

class RevocationTable {
 public:
  using Undo = std::function<void()>;

  // The entry as it stands in the sequence.
  Revocation add(Revocation revocation, std::vector<Undo>& undo);
  bool revoked_since(const Unrevoked& unrevoked) const;
  // Forgets up to `limit` that nothing living is left of; gives how many.
  std::size_t purge(Instant now, std::size_t limit);

  std::vector<Revocation> list(std::uint64_t after, std::size_t limit) const;
  Store::RevocationPage list_of(std::string_view tenant, std::uint64_t after, std::size_t limit) const;

 private:
  struct Head {
    std::uint64_t last = 0, last_tag = 0, purged = 0;
  };
  std::map<std::uint64_t, Revocation> all_;
  std::uint64_t last_ = 0;
  std::map<std::string, Head, std::less<>> heads_;  // by tenant; a head outlives its entries
};

}  // namespace deputy::store
