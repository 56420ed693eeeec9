// Away: whom nothing is sent to for a moment, because nothing was taken there. Each tenant has its own: what one says
// of a host, by a path or a port that is not there, keeps nobody else from it. Without a lock: its owner has one.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/clock.h"

namespace deputy::tokens {

class Away {
 public:
  explicit Away(std::size_t of_tenant_max) : of_tenant_max_(of_tenant_max) {}

  // Until `moment` from now. Of a tenant that has as many already, one more is not remembered: it is called in vain
  // more often.
  static constexpr Seconds moment{30};
  void note(const std::string& tenant, const std::string& name, Instant now);
  void forget(const std::string& tenant, const std::string& name);
  // Until when; none: it may be called. What a clock that has been set back since said does not count.
  std::optional<Instant> until(const std::string& tenant, const std::string& name, Instant now) const;
  // Forgets what is over.
  void sweep(Instant now);
  std::size_t size() const;

 private:
  std::size_t of_tenant_max_;
  std::map<std::string, std::map<std::string, Instant>> tenants_;
};

}  // namespace deputy::tokens
