// A JWT signed by a client: with which of its registered keys. For assertions and for signed requests alike.
#pragma once

#include <string>

#include "endpoints/app.h"
#include "endpoints/endpoint.h"
#include "jose/jwt.h"

namespace deputy::endpoints {

struct KeyVerdict {
  std::string credential;  // the id of the credential whose key verified it; empty: none did
  Instant expires_at;      // where one did: its `exp`
  std::string why;         // then: for the log and the event
  bool keys_away = false;  // then: the document behind a jwks_uri is not at hand, so it may yet verify
};
// Tries every live key credential. It costs a verification at least, whether or not there is a key to try (A16).
Result<KeyVerdict, oauth::Error> verify_by_keys_of(const directory::Principal& client, const jose::Parts& jwt,
                                                   const jose::Expect& expect, const Call& call, App& app);

// The work of a verification, and nothing else: what a JWT costs that names nobody known. False: no algorithm of ours.
bool verify_in_vain(const jose::Parts& jwt);

}  // namespace deputy::endpoints
