// Every acr that is asked for is kept: which of two is the stronger, the tenant's table says when they are held.
#include "flows/step_up.h"

#include <algorithm>

namespace deputy::flows {

void Demands::add(const Demands& more) {
  for (const auto& one : more.acr)
    if (std::find(acr.begin(), acr.end(), one) == acr.end()) acr.push_back(one);
  if (more.max_age) max_age = std::min(max_age.value_or(*more.max_age), *more.max_age);
}

Demands demands_of(const directory::Resource& resource, const oauth::ScopeSet& scopes) {
  Demands all;
  const auto add = [&](const auto& asks) {
    all.add({.acr = asks.acr.empty() ? std::vector<std::string>() : std::vector{asks.acr}, .max_age = asks.max_age});
  };
  add(resource);
  for (const auto& scope : resource.scopes)
    if (scopes.contains(scope.name)) add(scope);
  return all;
}

}  // namespace deputy::flows
