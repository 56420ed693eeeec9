// Preview: what a revocation would end, counted before anything is.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "endpoints/admin/delegation/lens.h"

namespace deputy::endpoints::admin {

class Preview {
 public:
  Preview(const Visit& visit, Lens& lens) : visit_(visit), lens_(lens) {}

  // The delegation and all below it, and what was put together of it and others, as far as they are not dead already.
  // Each is counted once.
  Result<Done, Fault> add(const delegation::Delegation& top);
  // Every delegation that the principal acts in or is the subject of, and all below.
  Result<Done, Fault> add_all_of(const std::string& principal);

  // {"delegations","agents":[{"id","name"}],"live_tokens_max","last_used_at","truncated"}
  Outcome answer();

 private:
  Result<Done, Fault> add_tree(const delegation::Delegation& top);
  Result<Done, Fault> add_page(store::DelegationPage page);
  void count(const delegation::Delegation& one);
  bool full() const;

  const Visit& visit_;
  Lens& lens_;
  std::set<std::string> counted_;  // delegations
  std::set<std::string> actors_;
  std::uint64_t live_tokens_max_ = 0;
  std::optional<Instant> last_used_at_;
  bool truncated_ = false;
};

}  // namespace deputy::endpoints::admin
