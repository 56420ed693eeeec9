// Subject: what is exchanged, whoever issued it: an access token or ID token of ours, or a token of a trusted issuer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "directory/authority.h"
#include "grants/exchange/request.h"
#include "grants/grant.h"
#include "oauth/error.h"

namespace deputy::grants::exchange {

struct Subject {
  std::string subject;              // the id of whose authority it is
  std::string holder;               // the current actor, or the client where there is none: an id or a client_id
  std::vector<std::string> chain;        // actors, outermost first
  std::vector<std::string> delegations;  // the path, root first
  std::string jti;                  // of a token of ours
  std::vector<std::string> kids;    // the keys that signed it and what it was made of, of ours (A10)
  std::string jkt;                  // the key it is bound to; empty: none
  std::string audience;             // identifier of the resource it is for
  oauth::ScopeSet scope;
  std::string details;              // authorization_details of a token of ours: a JSON array; empty: none
  Instant expires_at;
  tokens::Authentication authentication;   // how the person signed in, as the token says
  std::optional<std::string> may_act;      // of a trusted issuer: who alone may present it, an id or a client_id
  std::optional<directory::Role> at_most;  // of a trusted issuer: what its tokens can give here
  Instant issued_at;                       // of a trusted issuer
  std::string session;  // of an ID token of ours: it must be there still when the new token becomes durable
};

// The subject token of the request. Refuses (invalid_request, RFC 8693 §2.2.2) one that is malformed, expired, revoked,
// not ours and of no issuer that is trusted, or not of the type that is claimed.
Result<Subject, oauth::Error> read_subject(const Request& asked, const TokenRequest& request, World& world);

// For the event: whose token it is, and what it was drawn from.
void tell_of(const Subject& subject, World& world);

// Who holds the actor token, and the key it is bound to: it must be a live access token of ours. It adds no authority.
struct ActorToken {
  std::string holder, jkt, jti;
  std::vector<std::string> kids;  // as a subject's
  std::string own_of;  // whose own it is, for this server itself, where it opens nothing; empty: it is another token
};
Result<ActorToken, oauth::Error> read_actor(std::string_view actor_token, World& world);

}  // namespace deputy::grants::exchange
