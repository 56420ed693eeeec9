// Client authentication: who is the client, proven how (RFC 6749 §2.3, RFC 7523 §2.2 with rfc7523bis).
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "endpoints/app.h"
#include "endpoints/endpoint.h"
#include "oauth/form.h"

namespace deputy::endpoints {

// The methods this server speaks, for discovery.
inline constexpr std::array<std::string_view, 3> client_auth_methods{"client_secret_basic", "client_secret_post",
                                                                     "private_key_jwt"};
// The same where a public client may come too.
inline constexpr std::array<std::string_view, 4> public_auth_methods{"client_secret_basic", "client_secret_post",
                                                                     "private_key_jwt", "none"};

struct Client {
  store::Directory::PrincipalPtr principal;
  std::string_view method;
};

// Errors: invalid_client, the same for an unknown client, a wrong secret, a key set that is not at hand (ADR 18) and an
// agent that is not active; invalid_request for two methods at once or a malformed request. The description says more
// only of what would be refused whoever it named (A16).
// A client that can keep no secret names itself by client_id alone (`none`), where it is allowed to at all.
// `error.detail` says which, for the log and the event; `event.client` is set as soon as the client is known to exist,
// `event.actor` and `event.owner` once it is proven; of a public client the owner alone, for a name proves nobody.
// `marks`: an assertion's one use, as soon as its signature is good: whatever the answer is, it is spent with it (A14).
enum class Public { refused, allowed };
Result<Client, oauth::Error> authenticate_client(const Call& call, App& app, const oauth::Form& form,
                                                 audit::Event& event, store::Writes& marks,
                                                 Public clients = Public::refused);

// The same refusal for what a store finds too late: a jti that another request spent first.
oauth::Error client_refused(std::string detail, std::string sentence = "client authentication failed");

}  // namespace deputy::endpoints
