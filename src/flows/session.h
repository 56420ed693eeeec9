// Session: a browser that is known, and who signed in with it. The cookie's secret is kept by its hash only, and
// changes at every sign-in, so that what somebody planted before is worth nothing after (fixation).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/fault.h"
#include "base/random.h"
#include "base/result.h"
#include "http/message.h"
#include "store/store.h"

namespace deputy::flows {

struct Session {
  std::string id;    // `ses_…`: no secret, fit for a form and for `sid`; empty while nobody has signed in
  std::string user;  // empty: nobody signed in yet; nothing of such a session is stored
  std::optional<Instant> auth_time;
  std::vector<std::string> amr;  // RFC 8176; what they are worth, the tenant's table says when it is asked
  std::string csrf_seed;  // made of the cookie's secret, never stored; empty where another browser's is listed
  std::string device;     // "Firefox / Linux": what the browser says of itself, reduced to a few known words
  std::string browser;    // the id under which it is known to its user; empty: it is not
  std::string sign_out;   // the mark it was signed in with (signin/sign_out.h)
  Instant created_at, seen_at;
  Instant ends_by;  // at the latest, however much it is used
  std::uint64_t version = 0;
};

struct SessionLifetimes {
  Seconds idle{8 * 3600};           // without a request
  Seconds absolute{7 * 24 * 3600};  // from the sign-in on
};

// The session of the request's cookie, while it is live and was not ended with all of its user's. A cookie that names
// none is a session nobody signed in with: `user` is empty. None: the browser sent no cookie of ours.
Result<std::optional<Session>, Fault> session_of(const http::Request& request, std::string_view tenant,
                                                 store::Store& store, Instant now);

// Did the browser send a cookie that could be a session's?
bool brought_cookie(const http::Request& request, std::string_view tenant);

// A session that has just begun: the header the browser must be given, and what must be durable before.
struct Opened {
  Session session;
  std::string set_cookie;  // the value of a Set-Cookie header
  store::Writes writes;
};
// For a browser without a cookie: nothing is stored, but its forms are bound to it from now on (login CSRF, A7).
Opened first_session(const http::Request& request, std::string_view tenant, Random& random, Instant now);

// Where a session is: its tenant, and the issuer by which clients know it.
struct Realm {
  std::string_view tenant, issuer;
};

// Who signed in, and how.
struct SignIn {
  std::string user;
  std::vector<std::string> amr;
  std::string browser = {};  // the id of a known one
  std::string sign_out = {};  // the mark of the last sign-out of all that was known when it was decided
};
// Always a new cookie. The same user keeps the session's id (and so `sid`); anybody else's session ends, and its
// clients are told.
Opened sign_in(const SignIn& who, const std::optional<Session>& before, const http::Request& request,
               const Realm& realm, const SessionLifetimes& lifetimes, Random& random, Instant now);

// Last use, of it and of the browser it is in, at most once a minute.
store::Writes touch(const Session& session, std::string_view tenant, Instant now);

// Sessions of a user whose time is not over, newest first; a sign-out of all may have ended them (signin/sign_out.h).
Result<std::vector<Session>, Fault> sessions_of(std::string_view user, std::string_view tenant, store::Store& store,
                                                Instant now);
// The session's end, of which its clients are told. Refused (`missing`, `version`) where it ended or changed meanwhile.
store::Writes end(const Session& session, const Realm& realm, Random& random, Instant now);
// Refuses the batch (`missing`, `version`) where the session ended since it was read, or was signed in to anew.
store::Write still_there(const Session& session, std::string_view tenant);
// The Set-Cookie value that makes the browser forget.
std::string forgetting_cookie(const http::Request& request, std::string_view tenant);

// The writes that end a user's sessions, all but one: for whatever changes how a user signs in.
std::function<Result<store::Writes, Fault>(std::string_view tenant, std::string_view user,
                                           std::string_view keep_session, Instant now)>
ends_others(store::Store& store, Random& random, std::function<std::string(std::string_view tenant)> issuer_of);

// What a browser says of itself, reduced to a few known words.
std::string browser_name(const http::Request& request);

// A second cookie, that outlives sessions: it says by which browser an account was signed in before, and nothing else.
std::string device_of(const http::Request& request, std::string_view tenant);
std::string device_cookie(const http::Request& request, std::string_view tenant, std::string_view device);

// What a form must bring back: bound to the browser and to what the form is for.
std::string csrf_token(const Session& session, std::string_view purpose);
bool csrf_matches(const Session& session, std::string_view purpose, std::string_view sent);  // constant time

}  // namespace deputy::flows
