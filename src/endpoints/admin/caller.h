// Caller: who calls /v1, by a token for Deputy's own API (RFC 6750, RFC 9449), and how far it may reach.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "endpoints/app.h"
#include "endpoints/endpoint.h"
#include "oauth/error.h"

namespace deputy::endpoints::admin {

// How far one principal's assignments carry a scope of /v1.
struct Extent {
  bool all = false;                        // the whole tenant
  std::vector<std::string> organizations;  // these and everything below them
  bool own = false;  // agents the caller (or a group it is in) owns, and what is done in its name
  bool none() const { return !all && !own && organizations.empty(); }
};

// How far a scope of /v1 reaches for this caller, decided anew at each call from live assignments: to what lies in the
// subject's extent and in that of everybody whose ceiling binds (DELEGATION I3).
struct Reach {
  std::vector<Extent> extents;  // the subject's first; without any, nothing is in reach
  bool all() const { return !extents.empty() && bound() == nullptr; }
  bool none() const;
  const Extent* bound() const;  // one that is not the whole tenant; null: all are
};

struct Caller {
  std::shared_ptr<const directory::Principal> principal;  // whose authority: the token's subject
  std::string scope;
  std::string client_id;
  std::vector<std::string> rests_on;  // principals, delegations, keys, the token itself: what may be revoked of it
  std::vector<std::string> chain;  // who acts for it, outermost first
  std::vector<std::shared_ptr<const directory::Principal>> ceilings;  // of those who act for it: whose ceiling binds
  Instant expires_at;
};

// The holder of a live token with `aud` = {issuer}/v1 that carries `scope`. Errors: invalid_token, invalid_dpop_proof,
// use_dpop_nonce (401), insufficient_scope (403). `event` is told who it is as soon as that is proven, whatever the
// token opens; and `proof` the one use of the DPoP proof that the token was sent with.
Result<Caller, oauth::Error> authenticate(const Call& call, App& app, std::string_view scope, audit::Event& event,
                                          store::Writes& proof);
// The same for a token at hand, whose key was proven before: what a stream asks again while it runs.
Result<Caller, oauth::Error> authenticate_token(std::string_view token, std::string_view tenant,
                                                std::string_view issuer, App& app, std::string_view scope,
                                                Instant now);

Reach reach_of(const Caller& caller, std::string_view tenant, std::string_view issuer, App& app,
               std::string_view scope);
inline Reach reach_of(const Caller& caller, const Call& call, App& app, std::string_view scope) {
  return reach_of(caller, call.tenant, call.issuer, app, scope);
}

// May this reach touch a record with this owner and organization?
bool reaches(const Reach& reach, const Caller& caller, const Call& call, App& app, std::string_view owner,
             std::string_view organization);

// Does the caller act itself, or through somebody who may all that it may (I3)?
inline bool acts_itself(const Caller& caller) { return caller.ceilings.empty(); }

// Is this id the caller, or a group it is in?
bool is_caller_or_its_group(const Caller& caller, std::string_view id);

}  // namespace deputy::endpoints::admin
