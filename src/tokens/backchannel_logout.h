// BackchannelLogout: clients are told that a session has ended (OpenID Connect Back-Channel Logout 1.0), by a thread of
// its own: whoever signs out waits for nobody's server. Who is to be told is a record (logout_delivery.h), tried again
// for hours and over restarts.
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

// The mark that this session signed its person in to this client: whom to tell. Written again at each code.
store::Writes note_client(std::string_view tenant, std::string_view sid, std::string_view client, Instant until);
// All marks of a session, to last as long as it does now.
Result<store::Writes, Fault> renew_clients(std::string_view tenant, std::string_view sid, store::Store& store,
                                           Instant now, Instant until);

class BackchannelLogout {
 public:
  BackchannelLogout(PostForm post, store::Store& store, Keyring& keyring, const Clock& clock, Random& random);
  ~BackchannelLogout();

  // From now on a thread delivers: at once what this process commits, and within a minute what is due.
  void start();
  // Waits for the call that is under way, if any: after this nothing more is delivered, and nothing more recorded.
  void stop();
  // Delivers what is due now, on the caller's thread: what the thread does each time.
  void deliver_due();

 private:
  struct State;
  std::shared_ptr<State> state_;  // the store's observer has it too
};

}  // namespace deputy::tokens
