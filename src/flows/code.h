// Code: the end of an interaction. The browser goes back to the client, with a code or with an error (RFC 6749 §4.1.2).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "audit/event.h"
#include "flows/interaction.h"
#include "grants/grant.h"
#include "http/message.h"
#include "oauth/error.h"
#include "pages/strings.h"

namespace deputy::flows {

struct Session;  // flows/session.h

// A response and what must be durable before it is sent: the same pair as an endpoint's answer.
struct Ending {
  http::Response response;
  store::Writes writes;
};

// What the person gave: a live delegation of theirs to the client, by its path (empty: none, the client only learns who
// they are), at which of the resources it gives some of the request now, which of its details this request asked for,
// and which of the issuer's own scopes and of single claims.
struct Given {
  std::vector<std::string> path;  // ends with its own id; what it was put together of stands before that
  std::vector<std::string> resources;  // identifiers, in the order they were named
  std::vector<delegation::Detail> details;
  oauth::ScopeSet openid;
  std::string disclosure = {};  // the record of what the client may be told; empty: it is told this once
  bool once = false;  // for this one time: no refresh token
  bool while_away = true;  // false: whether it may go on without them they said no, when they were asked last
};

// 303 to the redirect URI (or, by response_mode form_post, a page that posts to it, in the person's language) with
// code, state and iss. `event`, which says what was asked (tell_of), is completed and goes with the writes. `session`
// is signed in; its user is who gave. The writes are refused (`revoked`) if the user, the client, what was given or
// what that was put together of was revoked since the decision was begun, when the revocation set went as far as
// `revocations_seen`; and (`missing`) if the session has ended.
Ending redirect_with_code(const AuthorizationRequest& request, const Session& session, const Given& given,
                          audit::Event event, const pages::Speaker& say, std::uint64_t revocations_seen,
                          grants::World& world);
// The same with error, error_description, state and iss. It writes nothing: the endpoint records the refusal.
http::Response redirect_with_error(const AuthorizationRequest& request, std::string_view issuer,
                                   const oauth::Error& error, const pages::Speaker& say);
// A page that leaves it to the person whether they go there with it (RFC 9700 §4.11.2). `text` says what is wrong.
http::Response page_with_error(const AuthorizationRequest& request, std::string_view issuer, const oauth::Error& error,
                               std::string text, const pages::Speaker& say);

}  // namespace deputy::flows
