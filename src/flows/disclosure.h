// Disclosure: what of who a user is a client may be told (openid, profile, email …), as the user agreed, and what they
// declined when it asked. It is no authority, so it is no delegation: a record under the user, one a client.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "oauth/scope.h"
#include "store/store.h"

namespace deputy::flows {

struct Disclosure {
  std::string id, client;  // ids
  oauth::ScopeSet scope;              // what may be told (directory/person.h); empty: nothing
  std::vector<std::string> declined;  // scopes of the issuer's own, claims, and keys of switches (flows/consent.h)
  std::string shown;  // how the client was shown when the user agreed (flows/consent.h); empty: it was not noted yet
  std::optional<Instant> away_ended_at = {};  // the last no to offline_access; none: nobody said one
  Instant at;
  std::uint64_t version = 0;
};

Result<std::optional<Disclosure>, Fault> disclosed_to(std::string_view client, std::string_view user,
                                                      std::string_view tenant, store::Store& store);
// By its id, where it is this user's.
Result<std::optional<Disclosure>, Fault> disclosure_of(std::string_view user, std::string_view id,
                                                       std::string_view tenant, store::Store& store);
// All of them, oldest first.
Result<std::vector<Disclosure>, Fault> disclosures_of(std::string_view user, std::string_view tenant,
                                                      store::Store& store);
// What a user said on one page: what may be told, and which of the rest they switched on and off.
struct Said {
  oauth::ScopeSet told;
  std::vector<std::string> allowed = {}, declined = {};
  std::string shown = {};
};
// `before`, as it is after this. Refused (`version`, `exists`, `unique`) where another window was quicker.
store::Put disclose(const std::optional<Disclosure>& before, const Said& said, std::string_view client,
                    std::string_view user, std::string_view tenant, Random& random, Instant now);
// What of `told` a token may still tell. One that was made under a record by which the telling is remembered tells what
// that says now; one that tells it this once, what was not declined since the token was made.
struct Telling {
  std::string_view client, user;
  std::span<const std::string> rests_on;  // ids, a record's among them
  Instant at;                             // when the token was made
};
Result<oauth::ScopeSet, Fault> still_told(const oauth::ScopeSet& told, const Telling& by, std::string_view tenant,
                                          store::Store& store);
// It ends, and with it every token that tells this client who the user is; what is agreed to later is another record.
// One that says how the client was shown, and what is `declined` with it, stays behind, for consents that go on.
store::Writes take_back(const Disclosure& disclosure, std::vector<std::string> declined, std::string_view user,
                        std::string_view tenant, std::string_view reason, Random& random, Instant now);

}  // namespace deputy::flows
