// TrustedIssuers: tokens of other issuers, which a chain of delegations may begin with, and what they mean here.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bounded_cache.h"
#include "base/clock.h"
#include "base/result.h"
#include "directory/authority.h"
#include "directory/principal.h"
#include "jose/jwk.h"
#include "store/store.h"
#include "tokens/key_set_fetcher.h"

namespace deputy::tokens {

struct TrustedToken {
  std::string subject;                 // the id of the user here
  directory::Role at_most;             // what the issuer's tokens can give at this server
  Instant issued_at;                   // its `iat`, or else its `nbf`; neither: the epoch, older than any end
  Instant expires_at;
  std::string jkt;                     // the key it is bound to (`cnf`, RFC 9449 §6.1); empty: none
  std::optional<std::string> may_act;  // `sub` of its may_act (RFC 8693 §4.4)
};
struct NotTrusted {
  std::string reason;           // for the audit
  bool keys_under_way = false;  // its jwks_uri is being fetched: try again
};

// That a username names another from now on, or nobody: a token that names somebody by it, and was issued before, is of
// whom it named then, and names nobody here any more (docs/adr/0032).
store::Writes leave_username(std::string_view tenant, std::string_view username, Instant now);

class TrustedIssuers {
 public:
  TrustedIssuers(store::Store& store, KeySetFetcher& key_sets) : store_(store), key_sets_(key_sets), keys_(4u << 20) {}

  // A JWT of an active trusted issuer, signed by its keys, unexpired, for this server, for the caller, or for an
  // audience that the record names, whose subject is a user here. Its `typ` is one of `types` (empty: absent), each an
  // access token's or an ID token's (A11).
  using Types = std::vector<std::string_view>;
  using Read = std::variant<TrustedToken, NotTrusted>;
  Result<Read, Fault> read(std::string_view token, Types types, std::string_view tenant, std::string_view own_issuer,
                           const directory::Principal& caller, Instant now);
  // What tokens of this issuer, an id, can give now. None: it is gone or disabled.
  Result<std::optional<directory::Role>, Fault> gives(std::string_view tenant, std::string_view id);

 private:
  // Null: its document is on its way, or cannot be read.
  std::shared_ptr<const jose::JwkSet> keys_of(const store::Record& record, const json::object& body);
  Result<std::optional<std::string>, Fault> user_of(std::string_view tenant, const json::object& body,
                                                    const json::object& claims, Instant now);

  store::Store& store_;
  KeySetFetcher& key_sets_;
  BoundedCache<jose::JwkSet> keys_;  // by record and version
};

}  // namespace deputy::tokens
