// BackchannelLogout: clients are told that a session has ended (OpenID Connect Back-Channel Logout 1.0), by a thread of
// its own: whoever signs out waits for nobody's server.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "store/store.h"
#include "tokens/keyring.h"

namespace deputy::tokens {

// A form posted to a client's backchannel_logout_uri; gives the status. Injected, so that this room knows no HTTP.
using PostForm = std::function<Result<int, Fault>(const std::string& uri, const std::string& body)>;

struct EndedSession {
  std::string tenant, issuer, user, sid;
};

// The mark that this session signed its person in to this client: whom to tell. Written again at each code.
store::Writes note_client(std::string_view tenant, std::string_view sid, std::string_view client, Instant until);

class BackchannelLogout {
 public:
  BackchannelLogout(PostForm post, store::Store& store, Keyring& keyring, const Clock& clock, Random& random);
  ~BackchannelLogout();

  // Queued and forgotten; a full queue drops it and counts that: a logout never fails for a client's sake.
  void tell(EndedSession session);
  // Until nothing is queued or under way: for tests.
  void wait_idle();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace deputy::tokens
