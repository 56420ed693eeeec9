// KeySetFetcher: clients' JWK Sets from their jwks_uri, fetched on a thread of its own, never on a request's.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/fault.h"
#include "base/result.h"
#include "jose/jwk.h"

namespace deputy::tokens {

// The document behind a URI: its text and how long it may be kept. Injected, so that this room knows no HTTP.
struct KeySetDocument {
  std::string text;
  Seconds max_age;
};
using FetchKeySet = std::function<Result<KeySetDocument, Fault>(const std::string& uri)>;

class KeySetFetcher {
 public:
  KeySetFetcher(FetchKeySet fetch, const Clock& clock, std::size_t entries_max = 10'000);
  ~KeySetFetcher();

  // The set if it is at hand and fresh (an expired one is still given for an hour while it is fetched again). Null
  // when it is not: a fetch is then under way, and the caller answers "try again".
  std::shared_ptr<const jose::JwkSet> find(const std::string& uri);
  // A kid was not in the set: fetch again, at most once a minute a URI (a flood of unknown kids fetches nothing).
  void refresh(const std::string& uri);
  // Fetches now, waiting: for tests and for a credential's registration off the reactor.
  void wait_idle();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace deputy::tokens
