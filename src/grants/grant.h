// A grant answers one question: what does this credential entitle this client to?
// It issues nothing and writes no response; endpoints/token.cc does both, the same for all.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "oauth/error.h"
#include "oauth/form.h"
#include "oauth/scope.h"
#include "store/cache/directory.h"
#include "tokens/issue.h"
#include "tokens/reader.h"
#include "tokens/trusted_issuers.h"

namespace deputy::grants {

// The parsed request: the endpoint has already authenticated `client` and refused repeated parameters.
struct TokenRequest {
  store::Directory::PrincipalPtr client;
  const oauth::Form& form;
  oauth::ScopeSet scope;
  // Thumbprint of the key that a DPoP proof of this request shows (RFC 9449); empty: none was sent. A grant binds what
  // it gives to it, in Authorization::jkt; that a binding is there where one is demanded is for the endpoint to see.
  std::string_view jkt;
};

// Whom a request concerns, and what it would draw on, as far as a grant has found out: for the event of a refusal.
struct About {
  std::string subject, resource;  // an id; an identifier URI
  std::string target;             // the consent that a code or a refresh token stands for
  std::vector<std::string> chain, delegations;  // delegations: a path; empty where the consent was not read yet
};

// The seams a grant may touch, and no others; and what it tells on the way.
struct World {
  std::string_view tenant, issuer;
  Instant now;
  store::Directory& directory;
  tokens::Reader& reader;
  tokens::TrustedIssuers& trusted_issuers;
  store::Store& store;  // for the delegation tree: what is decided by it is conditional when it is written
  Random& random;
  About about = {};
};

struct Grant {
  std::string_view grant_type;
  std::string_view source;                      // the RFC section, for docs/spec-map.md and discovery
  std::span<const std::string_view> parameters;  // what the grant reads, besides grant_type and client authentication
  enum class ClientAuth { required, public_allowed } client_auth;
  Result<tokens::Authorization, oauth::Error> (*authorize)(const TokenRequest&, World&);
};

extern const Grant client_credentials, token_exchange, authorization_code, refresh_token;

// The resource that the request names, or the client's default one (RFC 8707 §2). Null: it names the issuer itself, or
// it names none and has none.
Result<store::Directory::ResourcePtr, oauth::Error> target_of(const TokenRequest& request, World& world);

}  // namespace deputy::grants
