// Revocation: one entry of the append-only sequence that says which tokens are dead.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"

namespace deputy::delegation {

// Stored as numbers: new ones are added at the end.
enum class Kills : std::uint8_t { delegation, principal, narrowing, token, key };

struct Revocation {
  std::uint64_t seq = 0;       // the store's
  std::uint64_t previous = 0;  // the store's: seq of the tenant's entry before this one; who follows sees a gap by it
  std::uint64_t tag = 0;       // the store's: by it an entry is told from any other that ever had its seq
  std::string tenant;
  Kills kind = Kills::token;
  std::string target;
  Instant issued_before;  // for principal and narrowing: tokens with iat up to this
  Instant until;          // when the last token it could kill has expired: kept so long
  Instant at;
  std::string reason;
  // Of a narrowing: the scopes that were lost at a resource (its identifier URI), by the target or, where it is empty,
  // by everybody.
  std::vector<std::string> scopes;
  std::string resource;
};

// Of an entry that ends nothing that was issued: what is being decided by its target is not written (store::Unrevoked).
inline constexpr Instant nothing_issued{};

// A clock may be set back between a token and its revocation: by so much at most, for whoever is covered so far ahead
// has no token until then.
inline constexpr Seconds covered_max{24 * 3600};

// The newest instant at which something was issued, by the instants of events in their order. One that a clock far
// ahead told counts for nothing once another event says so.
inline Instant newest_of(Instant newest, Instant at) { return newest > at + covered_max ? at : std::max(newest, at); }

// An entry that ends all tokens up to an instant ends those up to the newest that was issued, whatever the clock says
// now; and an entry is kept so much the longer.
inline void cover(Revocation& revocation, Instant newest_issued) {
  if (newest_issued <= revocation.at || newest_issued > revocation.at + covered_max) return;
  revocation.until += newest_issued - revocation.at;
  if (revocation.issued_before == nothing_issued) return;
  if (revocation.kind == Kills::principal || revocation.kind == Kills::narrowing)
    revocation.issued_before = std::max(revocation.issued_before, newest_issued);
}

}  // namespace deputy::delegation
