// Disclosure: what of who a user is a client may be told (openid, profile, email …), as the user agreed. It is no
// authority, so it is no delegation: a record under the user, one a client.
#pragma once

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
  oauth::ScopeSet scope;
  Instant at;
  std::uint64_t version = 0;
};

Result<std::optional<Disclosure>, Fault> disclosed_to(std::string_view client, std::string_view user,
                                                      std::string_view tenant, store::Store& store);
Result<std::vector<Disclosure>, Fault> disclosures_of(std::string_view user, std::string_view tenant,
                                                      store::Store& store);
// `before` and `more`, together. Refused (`version`, `exists`, `unique`) where another window was quicker.
store::Put disclose(const std::optional<Disclosure>& before, const oauth::ScopeSet& more, std::string_view client,
                    std::string_view user, std::string_view tenant, Random& random, Instant now);
store::Remove take_back(const Disclosure& disclosure, std::string_view tenant);

}  // namespace deputy::flows
