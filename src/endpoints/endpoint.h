// Endpoint: a plain function from a call to an answer and the writes the answer depends on. It never touches a socket,
// never waits, and cannot send anything before its writes are durable: dispatch.cc does both, the same for all.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/event.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/work_pool.h"
#include "http/message.h"
#include "oauth/error.h"
#include "store/store.h"

namespace deputy::endpoints {

struct App;

// One request, routed: what every endpoint needs, and no more.
struct Call {
  const http::Request& request;
  std::string tenant;               // the slug; "default" for the bare origin
  std::string issuer;               // "{origin}" or "{origin}/t/{tenant}"
  std::vector<std::string> params;  // the {…} segments of the route's path, percent-decoded, in order
  Instant now;                      // read once a request
};

struct Answer;
// Work that blocks (a password's hash), and the answer it comes to: for a pool of its own, never for a reactor. By
// then the request is gone, so it holds nothing of the Call by reference.
struct Later {
  WorkPool* pool = nullptr;
  std::function<Answer()> work;
  // The pool's queue is full: a 503, with the event of the refusal where it is known who asks. Retry-After is added.
  std::function<Answer()> when_full;
};

struct Answer {
  http::Response response;
  store::Writes writes;  // empty: nothing to wait for
  // What to answer instead when the store refused the batch: a lost race for a version, a name or a single use. The
  // batch was not written; the returned answer may carry writes of its own (the event that says so).
  std::function<Answer(const store::Refused&)> refused;
  // Counts one when the writes are durable; null: nothing does.
  metrics::Counter* counted = nullptr;
  // Instead of all above: the answer is made elsewhere, and settled like any other.
  std::optional<Later> later;
};

// Hands the work to its pool, where `done` is called with what it comes to; or gives the answer to settle instead.
std::optional<Answer> begin(Later later, std::function<void(Answer)> done);

using Endpoint = Answer (*)(const Call&, App&);

// A JSON body with `Cache-Control: no-store` (RFC 6749 §5.1).
http::Response json_response(int status, std::string body);
// A problem document that says no more than its status (RFC 9457 §4.2.1, `about:blank`): of what no operation reads.
http::Response blank_problem(int status, std::string_view title, std::string_view detail,
                             std::string_view correlation_id);

// Where a person reads what an error means: its section of GET /errors.
std::string error_uri(const App& app, std::string_view code);

// {"error":…,"error_description":…,"error_uri":…} (RFC 6749 §5.2), with WWW-Authenticate and Retry-After where due.
http::Response oauth_error(const App& app, const oauth::Error& error);

// An event with what every event of a call has: id, time, tenant, correlation id, action, decision.
audit::Event event_of(const Call& call, App& app, std::string_view action, audit::Decision decision);

// Counts and logs a refusal (deputy_refused_total{action,code}, one line) and completes its event; what `code` and
// `detail` say is for them, never for the client. The log holds nothing that was sent: a detail that names such things
// is `of_sent`, and the event's alone. Takes nothing of the request, so it may run after a lost race.
store::Write record_refusal(audit::Event event, std::string_view code, std::string_view detail,
                            std::string_view of_sent = {});

// What a source is told that is beyond its bound (app.strangers): 429 with Retry-After (RFC 6585 §4, RFC 9126 §2.3).
oauth::Error too_many_requests();
void ask_to_wait(http::Response& response, Seconds wait);

// An OAuth refusal, recorded.
Answer refuse(const App& app, audit::Event event, const oauth::Error& error);

}  // namespace deputy::endpoints
