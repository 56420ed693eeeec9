// RevocationSet: what has been revoked and still matters, in memory, asked at every use of a token.
#pragma once

#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "delegation/revocation.h"

namespace deputy::delegation {

// What the set asks of a token: the server's own reading of one, or an outsider's verified claims, can give it.
struct TokenView {
  std::string_view jti, kid, subject, client_id;
  std::string_view audience;               // identifier URI of the resource
  std::string_view scope;                  // as the claim has it: words between single spaces
  std::span<const std::string> chain;        // `act`, outermost first
  std::span<const std::string> delegations;  // `dlg`, root first
  Instant issued_at;
};

class RevocationSet {
 public:
  void add(const Revocation& revocation);
  // Does any entry kill this token? O(length of chain and path).
  bool kills(std::string_view tenant, const TokenView& token) const;
  // The latest instant up to which tokens of this principal are dead.
  std::optional<Instant> dead_until(std::string_view tenant, std::string_view principal) const;
  void purge(Instant now);
  std::size_t size() const;
  // The highest seq that was ever added: how far into the sequence this set knows.
  std::uint64_t seen() const;

 private:
  struct Entry {
    Instant issued_before, until;
  };
  // One key: kind letter, tenant, target. A later entry for the same target only ever widens the earlier one.
  const Entry* find(Kills kind, std::string_view tenant, std::string_view target) const;
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
  std::uint64_t seen_ = 0;
};

}  // namespace deputy::delegation
