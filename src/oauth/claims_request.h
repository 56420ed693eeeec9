// ClaimsRequest: what the `claims` parameter asks for by name (OpenID Connect Core §5.5).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "oauth/error.h"

namespace deputy::oauth {

struct ClaimsRequest {
  struct Claim {
    std::string name;
    bool essential = false;
  };
  std::vector<Claim> id_token, userinfo;   // where each is to be said; what nobody knows is among them
  std::vector<std::string> subs;           // ids of those it may be about (§5.5.1); empty: anybody
  std::vector<std::string> essential_acr;  // any of these (§5.5.1.1); empty: any

  // Empty asks for nothing. Refuses (invalid_request) what is no JSON object of objects, a `sub` of nobody, and an
  // essential `acr` that cannot be read.
  static Result<ClaimsRequest, Error> parse(std::string_view text);
  // Of a request that was let in before: as it was read then, an `acr` that cannot be read among it.
  static Result<ClaimsRequest, Error> parse_stored(std::string_view text);
};

}  // namespace deputy::oauth
