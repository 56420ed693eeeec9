// An ID token that comes back as a hint: at the authorization endpoint and at a logout (OIDC Core §3.1.2.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "endpoints/app.h"
#include "endpoints/endpoint.h"

namespace deputy::endpoints::authorize {

struct Hint {
  std::string client_id, user, sid;
};
// None: not signed by us as an ID token. An expired one is still a hint ("SHOULD NOT be treated as an error").
Result<std::optional<Hint>, Fault> read_hint(std::string_view text, const Call& call, App& app);

}  // namespace deputy::endpoints::authorize
