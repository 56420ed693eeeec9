// Count: the delegations that a change concerns, each once, with who acts in them, their tokens and their last use.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "endpoints/admin/delegation/lens.h"

namespace deputy::endpoints::admin {

// How much may be looked at for one answer, by all of its counts: beyond, "at least so many" says enough.
struct Room {
  std::size_t nodes = 20'000;
  std::size_t rows = 50'000;  // of dead ones there may be any number
};

class Count {
 public:
  using Which = std::function<bool(const delegation::Delegation&)>;
  // Of all that is gone over, those that `which` says are counted.
  Count(const Visit& visit, Lens& lens, Room& room, Which which = {})
      : visit_(visit), lens_(lens), room_(room), which_(std::move(which)) {}

  // The delegation and all below it, and what was put together of it and others, as far as they are not dead already.
  Result<Done, Fault> add(const delegation::Delegation& top);
  // Without what was put together, which ends by its own id where it ends too.
  Result<Done, Fault> add_tree(const delegation::Delegation& top);
  // Every delegation that the principal acts in or is the subject of, and all below.
  Result<Done, Fault> add_all_of(const std::string& principal);
  Result<Done, Fault> add_everybodys();
  // What people agreed to with the client, and all below.
  Result<Done, Fault> add_consents_to(const std::string& client);

  bool has(const std::string& delegation) const { return seen_.contains(delegation); }
  std::size_t delegations() const { return delegations_; }
  const std::set<std::string>& agents() const { return agents_; }
  std::uint64_t live_tokens_max() const { return live_tokens_max_; }
  const std::optional<Instant>& last_used_at() const { return last_used_at_; }
  bool truncated() const { return truncated_; }

 private:
  Result<Done, Fault> add_page(store::DelegationPage page, const Which& among = {});
  Result<std::vector<delegation::Delegation>, Fault> read(store::DelegationPage& page, bool& more);
  void count(const delegation::Delegation& one);

  const Visit& visit_;
  Lens& lens_;
  Room& room_;
  Which which_;
  std::set<std::string> seen_;
  std::set<std::string> agents_;
  std::size_t delegations_ = 0;
  std::uint64_t live_tokens_max_ = 0;
  std::optional<Instant> last_used_at_;
  bool truncated_ = false;
};

}  // namespace deputy::endpoints::admin
