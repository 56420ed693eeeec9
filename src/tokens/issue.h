// Issue: the one mint. Every access token of this server is made here, with the event that must be durable before it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/event.h"
#include "base/clock.h"
#include "base/random.h"
#include "directory/authority.h"
#include "directory/principal.h"
#include "oauth/error.h"
#include "oauth/scope.h"
#include "store/cache/directory.h"
#include "store/store.h"
#include "tokens/keyring.h"

namespace deputy::tokens {

// What a grant decided: who is represented, who acts, at which resource, with what.
struct Authorization {
  store::Directory::PrincipalPtr client;  // the authenticated client, who will hold the token
  std::string subject;                    // whose authority
  store::Directory::ResourcePtr resource;  // null: the issuer itself, a token that only says who its holder is
  oauth::ScopeSet asked, scope;
  std::vector<std::pair<std::string, std::string>> dropped;  // scopes not given, and why
  std::vector<std::string> chain;        // actors, outermost first; empty when the subject acts for itself
  std::vector<std::string> delegations;  // the path, root first
};

struct TokenSet {
  std::string access_token;
  Seconds expires_in;
  std::string scope;
  std::string jti;
};

struct Issued {
  TokenSet tokens;
  store::Writes writes;  // what must be durable before the token is sent
};

// Mints a JWT (RFC 9068) or an opaque token, as the resource asks. exp ≤ the resource's lifetime and the client's
// expires_at (I6). `event` is completed with what was given and goes with the writes; where nothing is issued it is
// left as it was, for the refusal.
Result<Issued, oauth::Error> issue(const Authorization& authorization, std::string_view issuer, Keyring& keyring,
                                   Random& random, Instant now, audit::Event& event);

}  // namespace deputy::tokens
