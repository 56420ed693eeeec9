// Issue: the one mint. Every access token of this server is made here, with the event that must be durable before it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/event.h"
#include "base/clock.h"
#include "base/random.h"
#include "delegation/delegation.h"
#include "directory/authority.h"
#include "directory/principal.h"
#include "oauth/error.h"
#include "oauth/scope.h"
#include "store/cache/directory.h"
#include "store/store.h"
#include "tokens/keyring.h"

namespace deputy::tokens {

// The node of the tree that a token is drawn from. None: the holder acts for itself.
struct Drawn {
  std::optional<delegation::Delegation> delegation;
  bool made = false;  // it is new, and becomes durable with the token
  bool shared = false;  // an earlier request made it: once it is spent, the same request makes another
};

// How a person signed in, as tokens say it (OIDC Core §2, RFC 9470 §6).
struct Authentication {
  std::optional<Instant> auth_time;  // none: nobody signed in for this
  std::string acr;  // by the tenant's table, when the token is made; of a code and a refresh token it is not looked at
  std::string sid;
  std::vector<std::string> amr;
  friend bool operator==(const Authentication&, const Authentication&) = default;
};

// What an ID token says that nothing else does.
struct IdToken {
  std::string nonce;
  std::string claims;  // members of a JSON object, each with a comma before it
};

// What an answer rests on that is good once: the mark that it was used, which the store makes or refuses in the batch;
// and where it refuses, the answer and what is written instead.
struct SingleUse {
  store::Keep mark;
  // Where a replay must end the token too: its jti, and then a space and the body.
  enum class Body { as_it_is, behind_the_jti } body = Body::as_it_is;
  oauth::Error error;
  store::Writes on_reuse;
};

// Of a JWT that is an access token: none longer is issued, and none longer is read. One that could not be read could
// not be withdrawn either.
inline constexpr std::size_t access_token_octets_max = 12 * 1024;

// What a grant decided: who is represented, who acts, at which resource, with what.
struct Authorization {
  store::Directory::PrincipalPtr client;  // the authenticated client, who will hold the token
  std::string subject;                    // whose authority
  store::Directory::ResourcePtr resource;  // null: the issuer itself, a token that only says who its holder is
  oauth::ScopeSet asked, scope;
  std::string details;  // authorization_details of registered types (RFC 9396), a JSON array; empty: none
  std::vector<std::pair<std::string, std::string>> dropped;  // scopes not given, and why
  std::vector<std::string> chain;  // actors, outermost first; empty when the subject acts for itself
  Drawn drawn;
  // Ids that it ends with and is not drawn from: its consent's path, a disclosure. Of a token that is drawn, what only
  // the ID token beside it rests on.
  std::vector<std::string> rests_on;
  std::string presented;  // the jti of the token that was exchanged for this one
  std::vector<std::string> from_kids;  // the keys that signed what it was made of by exchange (A10): it ends with them
  std::optional<Instant> expires_by;  // no later than this, besides the resource's own limit (I6)
  std::string issued_token_type;      // of an exchange (RFC 8693 §2.2.1)
  std::string jkt;  // the key the token is bound to (`cnf`, RFC 9449 §6.1); empty: it is a bearer token
  Authentication authentication;        // of the subject, where a person signed in for this
  std::optional<IdToken> id_token;
  std::vector<std::string> userinfo_claims;  // of a token for the issuer itself: what it tells beside its scopes
  std::string refresh_token;
  std::optional<SingleUse> once;
  oauth::Code spent = oauth::Code::invalid_grant;  // what is answered where a budget above the token is spent
  store::Writes more;  // what else is durable with the token: the refresh token's own record
  std::uint64_t revocations_seen = 0;  // how far the revocation set went before anything was read for this
};

// FAPI 2.0 §5.4.1 has no RS256: a resource that wants its tokens signed with it has none for a client of the profile.
inline bool may_sign_for(const directory::Principal& client, const directory::Resource& resource) {
  return !client.registration.fapi2 || resource.algorithm != "RS256" ||
         resource.format == directory::Resource::Format::opaque;
}
oauth::Error signed_with_rs256();  // what such a client is told of such a resource

// `token_type` of a token that is bound to this key, or to none (RFC 6750 §6.1.1, RFC 9449 §5).
inline std::string_view token_type(std::string_view jkt) { return jkt.empty() ? "Bearer" : "DPoP"; }

struct TokenSet {
  std::string access_token;
  Seconds expires_in;
  std::string scope;
  std::string details;  // authorization_details: a JSON array; empty: none
  std::string jti;
  std::string issued_token_type;
  std::string_view token_type;  // Bearer or DPoP
  std::string refresh_token, id_token;
};

struct Issued {
  TokenSet tokens;
  store::Writes writes;  // what must be durable before the token is sent
  std::size_t once = 0;  // which of them is the mark of Authorization::once; 0: there is none
};

// Mints a JWT (RFC 9068) or an opaque token, as the resource asks. exp ≤ the resource's lifetime and the client's
// expires_at (I6); what would be over as it is made, or is longer than readers take, is refused. The writes are refused
// (`revoked`) if somebody the token speaks of was revoked since the decision was begun: no token is sent after an
// acknowledged revocation of anything it descends from. `event` is completed with what was given and goes with the
// writes; where nothing is issued it is left as it was, for the refusal.
Result<Issued, oauth::Error> issue(Authorization authorization, std::string_view issuer, Keyring& keyring,
                                   Random& random, Instant now, audit::Event& event);

}  // namespace deputy::tokens
