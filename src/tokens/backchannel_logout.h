// BackchannelLogout: clients are told that a session has ended (OpenID Connect Back-Channel Logout 1.0), by threads of
// its own: whoever signs out waits for nobody's server. Who is to be told is a record (logout_delivery.h), tried again
// for hours and over restarts.
#pragma once

#include <memory>

#include "base/clock.h"
#include "base/random.h"
#include "store/store.h"
#include "tokens/keyring.h"
#include "tokens/logout_teller.h"

namespace deputy::tokens {

struct LogoutLimits {
  // Deliveries that are due and at hand; the others stay in the store until there is room.
  std::size_t waiting_max = 10'000, waiting_of_tenant_max = 1000, waiting_of_host_max = 100;
  int sessions_of_tenant_max = 20;        // of which one look finds the clients
  std::size_t away_of_tenant_max = 1000;  // clients and hosts of which it is remembered that they are away
  int threads = 4;                        // at most one of them calls a host at a time, however slow it is,
  std::size_t calls_of_tenant_max = 2;    // and at most so many the hosts of one tenant, however many it has
  Millis look_gap = Seconds(1);           // between two looks at all that is due, at least
};

class BackchannelLogout {
 public:
  BackchannelLogout(PostForm post, store::Store& store, Keyring& keyring, const Clock& clock, Random& random,
                    LogoutLimits limits = {});
  ~BackchannelLogout();

  // From now on threads deliver: at once what this process commits, and within a minute what is due.
  void start();
  // Waits for the calls that are under way: after this nothing more is delivered, and nothing more recorded.
  void stop();
  // Delivers what is due now, on the caller's thread: what the threads do each time. The clock is believed.
  void deliver_due();
  // Up to when all is over, whatever becomes of the clock: a delivery is given up when its time is past. Until it is
  // said, none is but by its attempts.
  void set_past(Instant past);

 private:
  struct State;
  std::shared_ptr<State> state_;  // the store's observer has it too
};

}  // namespace deputy::tokens
