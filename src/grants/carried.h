// Carried: what a code or a refresh token stands for: who agreed, for which client, to what, and how they signed in.
// Never an authority of its own: what it names is read again, live, whenever it is redeemed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "oauth/scope.h"
#include "store/store.h"
#include "tokens/issue.h"

namespace deputy::grants {

inline constexpr Seconds code_lifetime{60};                 // FAPI 2.0 §5.3.2.1
inline constexpr Seconds refresh_idle{90 * 86'400};         // a refresh token that is not used for so long is over
inline constexpr Seconds renew_after{86'400};               // how old one that stays may be before that begins anew
inline constexpr Seconds refresh_kept = refresh_idle + renew_after;  // so that none is gone too early
inline constexpr Seconds rotation_grace{10};                // for an answer that was lost on its way

struct Carried {
  std::string client, user;            // ids
  std::string delegation;              // its id; empty: the client only learns who the user is
  oauth::ScopeSet scope;               // of resources, as they were asked for; empty: all of the delegation
  std::vector<delegation::Detail> details;  // of registered types, as they were asked for
  oauth::ScopeSet openid;              // of the issuer's own scopes and of single claims, what was given
  oauth::ScopeSet openid_asked;        // what was asked for: of the issuer's own scopes, and what was ignored
  std::string disclosure;              // the record by which that is remembered; empty: told this once
  std::vector<std::string> resources;  // identifiers, in the order they were named
  bool resources_given = false;        // those where it gave something then; false, of one from before: all of them
  tokens::Authentication authentication;
  std::string nonce, claims;           // as they were asked for
  std::string redirect_uri;            // of a code; empty: of a refresh token
  std::string code_challenge;          // of a code; empty: none was sent, and no verifier is (docs/adr/0028)
  std::string jkt;                     // the key it is bound to (RFC 9449 §5, §10); empty: none
  std::string family;                  // all that comes of one code: what a replay revokes
  bool refreshable = false;            // a refresh token goes with the first tokens
  Instant at;                          // when this one was made
  std::uint64_t user_version = 0, client_version = 0;  // of their records when it was given; 0: before it was noted
  Instant asked_at;                    // when the client asked for it: what a sign-in's age is counted to
  Instant given_at;                    // when its code was made; of one from before that was noted: asked_at
  friend bool operator==(const Carried&, const Carried&) = default;
};

std::string encode(const Carried& carried);
std::optional<Carried> decode(std::string_view text);  // none: changed by another hand

}  // namespace deputy::grants
