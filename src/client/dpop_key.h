// DpopKey: a client's own key, by which it proves each of its requests (RFC 9449), and the nonce a server gave last.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "crypto/key.h"
#include "http/client.h"

namespace deputy::client {

class DpopKey {
 public:
  DpopKey(crypto::PrivateKey key, const Clock& clock, Random& random)
      : key_(std::move(key)), clock_(&clock), random_(&random) {}

  std::string thumbprint() const;
  // A proof for one request; at a resource, for the access token it is sent with.
  std::string proof(std::string_view method, std::string_view url,
                    std::optional<std::string_view> access_token = std::nullopt) const;
  // Remembers the nonce of a reply. True where the request is to be made again with it (RFC 9449 §8, §9).
  bool again(const http::Reply& reply);
  void use_nonce(std::string nonce) { nonce_ = std::move(nonce); }

 private:
  crypto::PrivateKey key_;
  const Clock* clock_;
  Random* random_;
  std::string nonce_;
};

}  // namespace deputy::client
