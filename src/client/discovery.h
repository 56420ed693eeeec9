// Discovery: what a server says of itself (RFC 8414), believed only where it speaks for the issuer that was asked.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "client/refusal.h"
#include "client/transport.h"

namespace deputy::client {

struct Discovery {
  std::string issuer, token_endpoint, jwks_uri;
  std::vector<std::string> acr_values = {};  // by which people sign in there; empty: it does not say
  std::string api() const { return issuer + "/v1"; }  // Deputy's own API, as a URL and as a resource (RFC 8707)
};

// The well-known segment goes between host and path (RFC 8414 §3.1).
std::string metadata_url(std::string_view issuer);
Result<Discovery, Refusal> discover(Transport& transport, const std::string& issuer);

}  // namespace deputy::client
