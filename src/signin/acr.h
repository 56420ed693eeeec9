// Acr: what the methods someone signed in by are worth (OpenID Connect Core §2, RFC 8176), by a tenant's table.
#pragma once

#include <compare>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace deputy::signin {

using Amr = std::vector<std::string>;  // RFC 8176, as they go into a token

struct AcrRow {
  std::string acr;
  Amr amr;  // who signed in by all of these has it
};
// Weakest first; each row is worth more than those before it.
using AcrTable = std::vector<AcrRow>;

// password: pwd; multi-factor: mfa; phr: a passkey by which the person was verified (phishing-resistant).
const AcrTable& default_acr_table();

// The strongest row whose methods are all among these; empty where there is none.
std::string acr_of(const Amr& amr, const AcrTable& table = default_acr_table());
// Is `acr` what was asked for, or more? What the table does not know is satisfied by nothing (A34).
bool satisfies(std::string_view acr, std::string_view wanted, const AcrTable& table = default_acr_table());

// Methods against methods: by the tenant's table, and where that makes no difference by our own, which knows them all.
struct Strength {
  std::size_t by_table = 0, by_default = 0;
  // What the table does not rank, our own does.
  friend std::strong_ordering operator<=>(const Strength& a, const Strength& b) {
    if (a.by_table != 0 && b.by_table != 0 && a.by_table != b.by_table) return a.by_table <=> b.by_table;
    return a.by_default <=> b.by_default;
  }
};
Strength strength_of(const Amr& amr, const AcrTable& table);

// How a tenant's people sign in: from the fields of its record.
struct Policy {
  bool password = true, passkey = true, totp = true;
  AcrTable acr = default_acr_table();
};
Policy policy_from(const json::object& tenant);
// The rows that somebody can reach who signs in by all that is allowed, weakest first: what may be asked for.
std::vector<std::string> acr_supported(const Policy& policy);

}  // namespace deputy::signin
