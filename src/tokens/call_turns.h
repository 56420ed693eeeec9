// CallTurns: who is called next, of all that wait to be called, where a call may hang: tenants take turns, and the
// hosts of each. Without a lock: its owner has one.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace deputy::tokens {

// Whom a URI is of: in lower case, without user info and port, for a host is slow on every port.
std::string host_of(std::string_view uri);

struct CallLimits {
  std::size_t waiting_max, waiting_of_tenant_max;
  std::size_t waiting_of_host_max;  // of one tenant, so that no host fills its queue
  std::size_t calls_of_tenant_max;  // at a time, so that none holds every thread, however many hosts it has
};

class CallTurns {
 public:
  explicit CallTurns(const CallLimits& limits) : limits_(limits) {}

  // False: too many wait already.
  bool add(const std::string& tenant, const std::string& host, std::string what);
  bool has_room(const std::string& tenant) const;

  struct Call {
    std::string tenant, host, what;
  };
  // Whose turn it is, and it is being called until it is done: a host by one at a time, whichever tenants ask for it.
  // A tenant that cannot have its turn now keeps its place; afterwards it goes behind all others, and so does a host.
  std::optional<Call> take();
  void done(const Call& call);

  std::size_t waiting() const { return waiting_; }
  bool at_rest() const { return tenants_.empty(); }

 private:
  struct Host {
    std::deque<std::string> waiting;
    bool called = false;  // for this tenant
  };
  struct Tenant {
    std::map<std::string, Host> hosts;
    std::deque<std::string> turns;  // hosts that something waits for and that are not called for this tenant
    std::size_t waiting = 0, calling = 0;
  };

  CallLimits limits_;
  std::map<std::string, Tenant> tenants_;  // with something that waits or is being called
  std::deque<std::string> turns_;          // tenants with something that waits
  std::set<std::string> called_;           // hosts
  std::size_t waiting_ = 0;
};

}  // namespace deputy::tokens
