// LogoutTeller: what is done of one delivery of a logout token: whom it concerns, the call, and what is recorded of it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "directory/principal.h"
#include "tokens/keyring.h"
#include "tokens/logout_delivery.h"

namespace deputy::tokens {

// A form posted to a client's backchannel_logout_uri; gives the status. Injected, so that this room knows no HTTP.
using PostForm = std::function<Result<int, Fault>(const std::string& uri, const std::string& body)>;

class LogoutTeller {
 public:
  LogoutTeller(PostForm post, store::Store& store, Keyring& keyring, const Clock& clock, Random& random)
      : post_(std::move(post)), store_(store), keyring_(keyring), clock_(clock), random_(random) {}

  // The delivery becomes one for each client it concerns.
  Result<Done, Fault> find_clients(const LogoutDelivery& delivery);
  // Whom to tell, as it is now: its URI may be another than when the session ended. None: it is no more.
  Result<std::optional<directory::Principal>, Fault> client_of(const LogoutDelivery& delivery) {
    return client_of(delivery.session.tenant, delivery.client);
  }
  // Due again at `due`, and nobody else's until then. False: another node was first.
  Result<bool, Fault> claim(LogoutDelivery& delivery, Instant due);
  // §2.8: whether the client took it, or refused it for good. Anything else may pass.
  enum class Told : std::uint8_t { taken, refused, not_taken, no_answer, not_called };
  Told tell(const LogoutDelivery& delivery, const directory::Principal& client);
  Result<Done, Fault> end(const LogoutDelivery& delivery, audit::Decision decision, std::string_view reason);

 private:
  Result<bool, Fault> commit(store::Writes writes);
  Result<std::vector<std::string>, Fault> clients_to_tell(const EndedSession& session);
  Result<std::optional<directory::Principal>, Fault> client_of(const std::string& tenant, const std::string& id);
  Result<std::string, Fault> token_for(const LogoutDelivery& delivery, const directory::Principal& client);

  PostForm post_;
  store::Store& store_;
  Keyring& keyring_;
  const Clock& clock_;
  Random& random_;
  metrics::Counter sent_ =
      metrics::counter("deputy_backchannel_logout_sent_total", "Logout tokens that a client took.");
  metrics::Counter failed_ =
      metrics::counter("deputy_backchannel_logout_failed_total", "Logout tokens that a client did not take.");
};

void warn_of_logout(std::string_view detail);

}  // namespace deputy::tokens
