// Held by the tenant's own table of acr values, which is read only where something asks for one.
#include "grants/exchange/step_up.h"

#include <algorithm>

#include "signin/methods.h"

namespace deputy::grants::exchange {
namespace {

bool asks_acr(const directory::Resource& resource) {
  return !resource.acr.empty() ||
         std::any_of(resource.scopes.begin(), resource.scopes.end(), [](const auto& one) { return !one.acr.empty(); });
}

bool asks_age(const directory::Resource& resource) {
  return resource.max_age || std::any_of(resource.scopes.begin(), resource.scopes.end(),
                                         [](const auto& one) { return one.max_age.has_value(); });
}

}  // namespace

bool asks_of_sign_in(const directory::Resource& resource) { return asks_acr(resource) || asks_age(resource); }

Result<Satisfied, Fault> satisfied_by(const SignIn& sign_in, const directory::Resource& resource, World& world) {
  signin::AcrTable table;
  if (asks_acr(resource)) {
    TRY(auto policy, signin::policy_of(world.store, world.tenant));
    table = std::move(policy.acr);
  }
  const auto strong = [&](const auto& asks) {
    return asks.acr.empty() || signin::satisfies(sign_in.acr, asks.acr, table);
  };
  const auto recent = [&](const auto& asks) {
    return !asks.max_age || (sign_in.auth_time && sign_in.asked_at - *sign_in.auth_time <= *asks.max_age);
  };
  Satisfied satisfied;
  for (const auto& scope : resource.scopes) {
    if (strong(resource) && strong(scope)) satisfied.strong.add(scope.name);
    if (sign_in.held.contains(scope.name) || (recent(resource) && recent(scope))) satisfied.recent.add(scope.name);
  }
  return satisfied;
}

}  // namespace deputy::grants::exchange
