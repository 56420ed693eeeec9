// A new proof for each request, a nonce for as long as the server takes it.
#include "client/dpop_key.h"

#include "base/id.h"
#include "base/json.h"
#include "jose/jwk.h"
#include "oauth/dpop.h"

namespace deputy::client {

std::string DpopKey::thumbprint() const { return jose::thumbprint(key_.public_key().parts()); }

std::string DpopKey::proof(std::string_view method, std::string_view url,
                           std::optional<std::string_view> access_token) const {
  const auto now = clock_->now();
  return oauth::make_proof(key_, {.method = method, .url = url, .access_token = access_token},
                           make_id("prf", now, *random_), nonce_, now);
}

bool DpopKey::again(const http::Reply& reply) {
  const auto nonce = reply.header("DPoP-Nonce");
  if (!nonce) return false;
  const bool new_to_us = *nonce != nonce_;
  nonce_ = *nonce;
  if (!new_to_us) return false;
  if (reply.status == 401) return true;  // at a resource: the challenges need no reading, one more try decides
  if (reply.status != 400) return false;
  const auto body = parse_json_object(reply.body);
  return body && json_text(*body, "error") == "use_dpop_nonce";
}

}  // namespace deputy::client
