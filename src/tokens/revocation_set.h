// RevocationSet: what has been revoked and still matters, in memory, asked at every use of a token.
#pragma once

#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "store/store.h"
#include "tokens/reader.h"

namespace deputy::tokens {

class RevocationSet {
 public:
  void add(const store::Revocation& revocation);
  // Does any entry kill this token? O(length of chain and path).
  bool kills(std::string_view tenant, const AccessToken& token) const;
  // The latest instant up to which tokens of this principal are dead.
  std::optional<Instant> dead_until(std::string_view tenant, std::string_view principal) const;
  void purge(Instant now);
  std::size_t size() const;

 private:
  struct Entry {
    Instant issued_before, until;
  };
  // One key: kind letter, tenant, target. A later entry for the same target only ever widens the earlier one.
  const Entry* find(store::Kills kind, std::string_view tenant, std::string_view target) const;
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace deputy::tokens
