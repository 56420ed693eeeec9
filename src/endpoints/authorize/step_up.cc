// Of two demands the stronger stays.
#include "endpoints/authorize/step_up.h"

#include "signin/acr.h"

namespace deputy::endpoints::authorize {
namespace {

void require(const std::string& acr, std::optional<Seconds> max_age, flows::AuthorizationRequest& request) {
  if (!acr.empty() && (request.required_acr.empty() || signin::satisfies(acr, request.required_acr)))
    request.required_acr = acr;
  if (max_age) request.required_max_age = std::min(request.required_max_age.value_or(*max_age), *max_age);
}

}  // namespace

void require_sign_in(const directory::Resource& resource, flows::AuthorizationRequest& request) {
  require(resource.acr, resource.max_age, request);
  for (const auto& scope : resource.scopes)
    if (request.scope.contains(scope.name)) require(scope.acr, scope.max_age, request);
}

}  // namespace deputy::endpoints::authorize
