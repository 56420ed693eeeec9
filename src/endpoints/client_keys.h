// A JWT signed by a client: with which of its registered keys. For assertions and for signed requests alike.
#pragma once

#include <string>

#include "endpoints/app.h"
#include "endpoints/endpoint.h"
#include "jose/jwt.h"

namespace deputy::endpoints {

struct KeyVerdict {
  std::string credential;  // the id of the credential whose key verified it; empty: none did
  std::string why;         // then: for the log and the event
};
// Tries every live key credential. Errors: temporarily_unavailable while the document behind a jwks_uri is fetched.
Result<KeyVerdict, oauth::Error> verify_by_keys_of(const directory::Principal& client, const jose::Parts& jwt,
                                                   const jose::Expect& expect, const Call& call, App& app);

}  // namespace deputy::endpoints
