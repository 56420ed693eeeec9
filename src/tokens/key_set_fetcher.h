// KeySetFetcher: clients' JWK Sets from their jwks_uri, fetched on threads of its own, never on a request's.
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

struct KeySetLimits {
  std::size_t entries_max = 10'000;
  std::size_t waiting_max = 1000;         // URIs that wait to be fetched; beyond: asked for again another time
  std::size_t waiting_of_host_max = 100;  // the same of one host, so that none fills the queue of all
  int threads = 4;                        // at most one of them calls a host at a time, however slow it is
};

class KeySetFetcher {
 public:
  KeySetFetcher(FetchKeySet fetch, const Clock& clock, KeySetLimits limits = {});
  ~KeySetFetcher();

  // The set if it is at hand and fresh (an expired one is still given for an hour while it is fetched again). Null
  // when it is not: a fetch is then under way, or was tried a short while ago.
  std::shared_ptr<const jose::JwkSet> find(const std::string& uri);
  // A kid was not in the set: fetch again, at most once a minute a URI (a flood of unknown kids fetches nothing).
  void refresh(const std::string& uri);
  // How many wait to be fetched.
  std::size_t waiting() const;
  // Waits until nothing waits and nothing is fetched, or for so long; true: nothing is left. Never on a reactor.
  bool wait_idle(Millis at_most = Seconds(60));

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace deputy::tokens
