// Instants by tenant and name, few enough for each tenant.
#include "tokens/away.h"

namespace deputy::tokens {

void Away::note(const std::string& tenant, const std::string& name, Instant now) {
  const auto until = now + moment;
  auto& names = tenants_[tenant];
  if (const auto found = names.find(name); found != names.end()) found->second = until;
  else if (names.size() < of_tenant_max_) names.emplace(name, until);
}

void Away::forget(const std::string& tenant, const std::string& name) {
  const auto names = tenants_.find(tenant);
  if (names == tenants_.end()) return;
  names->second.erase(name);
  if (names->second.empty()) tenants_.erase(names);
}

std::optional<Instant> Away::until(const std::string& tenant, const std::string& name, Instant now) const {
  const auto names = tenants_.find(tenant);
  if (names == tenants_.end()) return std::nullopt;
  const auto found = names->second.find(name);
  const bool away = found != names->second.end() && found->second > now && found->second <= now + moment;
  return away ? std::optional(found->second) : std::nullopt;
}

void Away::sweep(Instant now) {
  for (auto& [tenant, names] : tenants_) std::erase_if(names, [&](const auto& one) { return one.second <= now; });
  std::erase_if(tenants_, [](const auto& tenant) { return tenant.second.empty(); });
}

std::size_t Away::size() const {
  std::size_t found = 0;
  for (const auto& [tenant, names] : tenants_) found += names.size();
  return found;
}

}  // namespace deputy::tokens
