// Sessions in the queues of their tenants, before all else.
#include "tokens/look_queue.h"

#include <iterator>

namespace deputy::tokens {

bool LookQueue::add(std::string id) {
  if (waiting_ >= waiting_max_) return false;
  added_.push_back(std::move(id));
  ++waiting_;
  return true;
}

bool LookQueue::pass_over(const std::string& tenant, std::string session) {
  if (waiting_ >= waiting_max_) return false;
  passed_over_[tenant].push_back(std::move(session));
  ++waiting_;
  return true;
}

std::vector<std::string> LookQueue::take() {
  std::vector<std::string> taken;
  for (auto& [tenant, sessions] : passed_over_) {
    const auto end = sessions.begin() + static_cast<std::ptrdiff_t>(std::min(sessions_of_tenant_max_, sessions.size()));
    std::move(sessions.begin(), end, std::back_inserter(taken));
    sessions.erase(sessions.begin(), end);
  }
  std::erase_if(passed_over_, [](const auto& one) { return one.second.empty(); });
  std::move(added_.begin(), added_.end(), std::back_inserter(taken));
  added_.clear();
  waiting_ -= taken.size();
  return taken;
}

bool LookQueue::forget_passed_over() {
  std::size_t forgotten = 0;
  for (const auto& [tenant, sessions] : passed_over_) forgotten += sessions.size();
  passed_over_.clear();
  waiting_ -= forgotten;
  return forgotten > 0;
}

void LookQueue::clear() {
  passed_over_.clear();
  added_.clear();
  waiting_ = 0;
}

}  // namespace deputy::tokens
