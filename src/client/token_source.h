// TokenSource: access tokens by client_credentials (RFC 6749 §4.4), kept in memory until shortly before they expire;
// and by exchange.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "base/secret.h"
#include "client/discovery.h"
#include "client/dpop_key.h"
#include "client/refusal.h"
#include "client/transport.h"

namespace deputy::client {

struct Credentials {
  std::string client_id;
  Secret secret;
};

struct Token {
  std::string access_token;
  json::object answer;  // the token response as it came
  Instant expires_at;
};

class TokenSource {
 public:
  TokenSource(Transport& transport, const Clock& clock, Credentials credentials)
      : transport_(transport), clock_(clock), credentials_(std::move(credentials)) {}

  // A token for one resource (RFC 8707). An empty scope asks for all that is held.
  Result<Token, Refusal> token(const Discovery& server, const std::string& resource, const std::string& scope);
  // By token exchange (RFC 8693), with these parameters; not kept.
  using Parameters = std::vector<std::pair<std::string, std::string>>;
  Result<Token, Refusal> exchange(const Discovery& server, const Parameters& parameters);
  void forget() { kept_.clear(); }
  // From now on tokens are bound to this key, which outlives this (RFC 9449).
  void bind_to(DpopKey& key) {
    key_ = &key;
    forget();
  }

 private:
  Result<Token, Refusal> fetch(const Discovery& server, const Parameters& parameters);
  Result<http::Reply, Fault> send(http::Call call);

  Transport& transport_;
  const Clock& clock_;
  Credentials credentials_;
  DpopKey* key_ = nullptr;
  std::map<std::pair<std::string, std::string>, Token> kept_;  // (resource, scope)
};

}  // namespace deputy::client
