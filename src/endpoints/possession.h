// Possession: which key a request proves (RFC 9449), where tokens are issued and where they are used.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "endpoints/app.h"
#include "endpoints/endpoint.h"

namespace deputy::endpoints {

struct Possession {
  std::string jkt;       // thumbprint of the proven key; empty: no proof was sent
  store::Writes writes;  // the proof's one use, for the batch that the answer depends on (A18)
  crypto::Algorithm algorithm = crypto::Algorithm::ES256;  // of the proof
};

// The proof of a client's request without an access token: the token endpoint, PAR. Errors: invalid_dpop_proof,
// use_dpop_nonce. Costs nothing where there is no DPoP header.
Result<Possession, oauth::Error> possession_of(const Call& call, App& app, const directory::Principal& client);

// Where a binding is demanded (a client's dpop_bound_access_tokens): the proof that is missing. invalid_dpop_proof.
oauth::Error proof_missing();
// What a client held to FAPI 2.0 is told of a proof signed with RS256 (§5.4.1): no new one that is signed so would do.
inline constexpr std::string_view proof_by_rs256 =
    "RS256 is not of the client's profile (FAPI 2.0): sign the proof with PS256, or get a token bound to another key";
// What the store finds too late: the proof was used before, here or on another node.
oauth::Error proof_used();

// The key an authorization request asks to be bound to: `dpop_jkt`, the proof of a pushed request, or both, which must
// then agree (RFC 9449 §10, §10.1); empty: none. Errors: invalid_request, invalid_dpop_proof.
Result<std::string, oauth::Error> requested_key(std::string_view dpop_jkt, const Possession& pushed);

// The value of DPoP-Nonce for the answer: a new one where the request holds a DPoP header, else empty (RFC 9449 §8.2).
std::string fresh_nonce(const Call& call, const App& app);
// Puts it into the answer, where there is one.
void offer_nonce(http::Response& response, std::string nonce);

// --- at a resource of ours: /v1, userinfo

// `none`: no Authorization header, or one of a scheme that opens nothing here: then no challenge names an error.
enum class Scheme { none, bearer, dpop };
Scheme scheme_of(const http::Request& request);

struct Presented {
  std::shared_ptr<const tokens::AccessToken> token;
  std::string client;  // its id, for the event: the token may bear what it was imported with
  store::Writes writes;  // the proof's one use
};

// The live access token of the Authorization header, and the proof of its key where it is bound to one. A bound token
// sent as Bearer is refused, and a bearer token sent as DPoP (A18). Its audience and scope are the caller's business.
// Errors: invalid_token, invalid_dpop_proof, use_dpop_nonce: 401; invalid_request, of a request that is malformed: 400.
// With either goes a challenge, see challenge_with().
Result<Presented, oauth::Error> presented_token(const Call& call, App& app);

// WWW-Authenticate for a refusal at a resource: both schemes, the one that was used naming the error (RFC 6750 §3,
// RFC 9449 §7.1). `parameters`: what else the challenge says, as `name="value"` joined by commas; may be empty.
void challenge_with(http::Response& response, Scheme used, std::string_view error, std::string_view parameters);

}  // namespace deputy::endpoints
