// A tenant's beginning, the same for `deputy init` and for POST /v1/tenants: pure, nothing is written here.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "store/store.h"

namespace deputy::endpoints::admin {

// The tenant that lies at the bare origin, and that alone may make others.
inline constexpr std::string_view default_tenant = "default";

struct Seeds {
  Random& random;
  const crypto::KeyedHash& secret_hash;
  Instant now;
  std::string correlation_id;  // of the request that asks; `deputy init` makes one up
  std::string actor;           // who asks; empty: whoever runs the command
};

struct FirstAdmin {
  std::string client_id;  // the id of the user "admin"
  std::string secret;     // shown once
};

// The tenant's record, Deputy's own API as a resource, the roles administrator and auditor, the user "admin" with a
// credential and an assignment, and the event. Refused as a whole when the tenant exists. The keys are not among
// them: see Keyring::first_keys.
store::Writes make_tenant(std::string_view tenant, std::string_view name, std::string_view issuer, const Seeds& seeds,
                          FirstAdmin& out);

// Who is made an administrator beside those there are: all that it needs is named, and nothing of theirs is changed.
struct NewAdministrator {
  std::string resource;   // this server's own API there, by its id
  std::string role;       // one that gives all of it, by its id; empty: one is made
  std::string role_name;  // of the one that is made
  std::string username;
};
// A user with a credential and an assignment for the whole tenant, the role where there is none, and the event.
store::Writes make_administrator(std::string_view tenant, const NewAdministrator& what, const Seeds& seeds,
                                 FirstAdmin& out);

// A tenant's id: a slug of 1 to 63 letters (a DNS label), and no word that the paths use.
bool is_tenant_id(std::string_view text);

// The body of a tenant's record.
std::string tenant_body(std::string_view name);

}  // namespace deputy::endpoints::admin
