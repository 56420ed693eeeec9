// RevocationSet: what has been revoked and still matters, in memory, asked at every use of a token.
#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "delegation/name_table.h"
#include "delegation/revocation.h"
#include "delegation/striped_lock.h"

namespace deputy::delegation {

// What the set asks of a token: the server's own reading of one, or an outsider's verified claims, can give it.
struct TokenView {
  std::string_view jti, kid, subject, client_id;
  std::string_view audience;                 // identifier URI of the resource
  std::string_view scope;                    // as the claim has it: words between single spaces
  std::span<const std::string> chain;        // `act`, outermost first
  std::span<const std::string> delegations;  // `dlg`, root first
  std::span<const std::string> from_kids;    // keys that signed what it was made of by exchange
  Instant issued_at;
};

class RevocationSet {
 public:
  // False: all that it kills was dead already, and for as long.
  bool add(const Revocation& revocation);
  // Does any entry kill this token? O(length of chain and path), and of the scope where there are narrowings.
  bool kills(std::string_view tenant, const TokenView& token) const;
  // The latest instant up to which all tokens of this principal are dead.
  std::optional<Instant> dead_until(std::string_view tenant, std::string_view principal) const;
  void purge(Instant now);
  // Names held: one for each thing revoked, and for a narrowing one more for each scope.
  std::size_t size() const;
  // The highest seq that was ever added: how far into the sequence this set knows.
  std::uint64_t seen() const { return seen_.load(std::memory_order_acquire); }

 private:
  // A scope that somebody lost at a resource; `number` is what the names of those who did belong to.
  struct Loss {
    std::uint32_t number = 0;
    Times everybody;
  };
  using Losses = std::map<std::string, Loss, std::less<>>;  // by scope
  struct Tenant {
    std::uint32_t number = 0;
    std::map<std::string, Losses, std::less<>> resources;  // by identifier URI
  };

  bool add_narrowing(Tenant& tenant, const Revocation& revocation, const Times& times);
  bool lost(const Tenant& tenant, const TokenView& token, std::span<const std::string_view> narrowed) const;
  void purge_losses(Instant now);

  StripedLock lock_;
  std::atomic<std::uint64_t> seen_{0};
  std::atomic<bool> empty_{true};
  NameTable names_;
  std::map<std::string, Tenant, std::less<>> tenants_;
  std::uint32_t losses_ = 0;  // numbers given
  std::uint32_t earliest_end_ = 0;  // nothing ends before this
};

}  // namespace deputy::delegation
