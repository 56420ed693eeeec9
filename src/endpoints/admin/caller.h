// Caller: who calls /v1, by a bearer token for Deputy's own API (RFC 6750), and how far it may reach.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "endpoints/app.h"
#include "endpoints/endpoint.h"
#include "oauth/error.h"

namespace deputy::endpoints::admin {

// How far a scope of /v1 reaches for this caller, decided anew at each call from its live assignments.
struct Reach {
  bool all = false;                        // the whole tenant
  std::vector<std::string> organizations;  // these and everything below them
  bool own = false;                        // records the caller (or a group it is in) owns
};

struct Caller {
  std::shared_ptr<const directory::Principal> principal;
  std::string jti, scope;
  std::string client_id;
};

// The bearer of a live token with `aud` = {issuer}/v1 that carries `scope`. Errors: invalid_token (401),
// insufficient_scope (403).
Result<Caller, oauth::Error> authenticate(const Call& call, App& app, std::string_view scope);
Reach reach_of(const Caller& caller, const Call& call, App& app, std::string_view scope);
// May this reach touch a record with this owner and organization?
bool reaches(const Reach& reach, const Caller& caller, const Call& call, App& app, std::string_view owner,
             std::string_view organization);

}  // namespace deputy::endpoints::admin
