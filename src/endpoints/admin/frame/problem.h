// Problem: a refusal of /v1 as an RFC 9457 document, and the one door by which it leaves: counted, logged, recorded.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/fault.h"
#include "directory/noun.h"
#include "endpoints/app.h"
#include "endpoints/endpoint.h"
#include "endpoints/possession.h"
#include "oauth/error.h"

namespace deputy::endpoints::admin {

enum class ProblemType : std::uint8_t {
  invalid_request, invalid_json, invalid_field, invalid_token, insufficient_scope, exceeds_authority, not_found,
  conflict, not_unique, in_use, wrong_state, version_mismatch, missing_reference, idempotency_mismatch,
  temporarily_unavailable, server_error, gone, invalid_dpop_proof, use_dpop_nonce,
};

struct ProblemRow {
  ProblemType type;
  std::string_view code;  // the last part of `type` in the document, and its section of /errors
  int status;
  std::string_view title;
  std::string_view doc;  // for /errors and docs/errors.md: what a caller should do
};
inline constexpr std::array problem_table{
    // clang-format off
    ProblemRow{ProblemType::invalid_request, "invalid_request", 400, "The request is malformed",
               "Fix the query or the header that the detail names."},
    ProblemRow{ProblemType::invalid_json, "invalid_json", 400, "The body is not acceptable JSON",
               "Send one JSON object, each member once, in UTF-8."},
    ProblemRow{ProblemType::invalid_field, "invalid_field", 400, "A field is not acceptable",
               "Fix the field that `field` names, as the detail says."},
    ProblemRow{ProblemType::invalid_token, "invalid_token", 401, "The access token is not accepted",
               "Get a token for {issuer}/v1 and send it as `Authorization: Bearer`, or as `DPoP` with a proof where "
               "it is bound to a key."},
    ProblemRow{ProblemType::insufficient_scope, "insufficient_scope", 403, "The access token does not carry the scope",
               "Get a token with the scope that the detail names; ask an administrator for a role that gives it."},
    ProblemRow{ProblemType::exceeds_authority, "exceeds_authority", 403, "Nobody gives what they do not hold",
               "Ask someone who holds the authority that this would confer, or use a token that carries all you hold."},
    ProblemRow{ProblemType::not_found, "not_found", 404, "There is no such record",
               "Check the id; a record out of your reach looks the same as none."},
    ProblemRow{ProblemType::conflict, "conflict", 409, "The record changed meanwhile",
               "Read it again and repeat the change."},
    ProblemRow{ProblemType::not_unique, "not_unique", 409, "Another record has this value",
               "Choose another value for the field that `field` names."},
    ProblemRow{ProblemType::in_use, "in_use", 409, "Something refers to the record",
               "Remove what refers to it first: the detail names the kind."},
    ProblemRow{ProblemType::wrong_state, "wrong_state", 409, "The record's state does not allow this",
               "See the detail for the state it must be in."},
    ProblemRow{ProblemType::version_mismatch, "version_mismatch", 412, "The version is not the one named",
               "Read the record again and send its ETag in If-Match."},
    ProblemRow{ProblemType::missing_reference, "missing_reference", 422, "A record that is referred to does not exist",
               "Fix the id in the field that `field` names."},
    ProblemRow{ProblemType::idempotency_mismatch, "idempotency_mismatch", 422,
               "The Idempotency-Key belongs to another request",
               "Make a new key for each request; repeat it only with the same body."},
    ProblemRow{ProblemType::temporarily_unavailable, "temporarily_unavailable", 503, "Not available just now",
               "Try again after the time in Retry-After."},
    ProblemRow{ProblemType::server_error, "server_error", 500, "Something failed here",
               "Not the caller's fault: quote the correlation id to the operator."},
    ProblemRow{ProblemType::gone, "gone", 410, "What came next is not known here",
               "Begin anew from what the detail names, and go on from there."},
    ProblemRow{ProblemType::invalid_dpop_proof, "invalid_dpop_proof", 401, "The DPoP proof is not accepted",
               "Send one new proof, made with the token's key for this token, method and URL (RFC 9449)."},
    ProblemRow{ProblemType::use_dpop_nonce, "use_dpop_nonce", 401, "The DPoP proof lacks a nonce of this server",
               "Make the proof again with the nonce of the DPoP-Nonce header."},
    // clang-format on
};
constexpr const ProblemRow& row(ProblemType type) { return problem_table[static_cast<std::size_t>(type)]; }
static_assert([] {
  for (std::size_t i = 0; i < problem_table.size(); ++i)
    if (static_cast<std::size_t>(problem_table[i].type) != i) return false;
  return true;
}());

// What is refused and why. `detail` and `field` are for the caller: fixed sentences and names of ours, never what was
// sent. `reason` is for the log and the event: it may say which of two cases that look alike outside this was.
struct Problem {
  ProblemType type;
  std::string detail;
  std::string field = {};
  std::string reason = {};
  std::string scope = {};  // of insufficient_scope: the scope that is missing
  bool of_token = false;   // of invalid_request: it is about how the token is sent, and a challenge says so

  Problem(ProblemType type_, std::string detail_, std::string field_ = {}, std::string reason_ = {})
      : type(type_), detail(std::move(detail_)), field(std::move(field_)), reason(std::move(reason_)) {}
  Problem(Fault fault);
  Problem(directory::FieldProblem problem);
};

// A record that does not exist and one out of reach: the same answer, told apart in the event only (A38).
Problem no_such_record(std::string_view reason);

// What is known of a call besides the request itself, by value: how it ends may be decided after the request is gone.
struct Case {
  App* app;
  std::string tenant, issuer;
  Scheme scheme = Scheme::none;  // RFC 6750 §3.1: no error code for a request without any authentication
  audit::Event event;        // action, actor, target: completed as they become known

  Case(const Call& call, App& app, std::string action);
};

// The refusal: problem document, challenge where due, counter, log line, event.
Answer refuse(Case of, const Problem& problem);

// The store refused a batch of which nobody said what to answer then: our mistake, logged as an error. 503.
Answer unanswered(const Case& of);

// The document alone.
http::Response problem_response(const Case& of, const Problem& problem);

}  // namespace deputy::endpoints::admin
