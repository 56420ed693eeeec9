// Error: a refusal in the protocol's own words (RFC 6749 §5.2 and its successors).
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/fault.h"

namespace deputy::oauth {

// Enumerators are spelled as on the wire.
enum class Code {
  invalid_request, invalid_client, invalid_grant, unauthorized_client, unsupported_grant_type,
  invalid_scope, invalid_target, access_denied, invalid_token, insufficient_scope,
  temporarily_unavailable, server_error, invalid_authorization_details, invalid_dpop_proof, use_dpop_nonce,
  unsupported_response_type, login_required, consent_required, invalid_request_object, invalid_request_uri,
  unmet_authentication_requirements, request_uri_not_supported,
};

struct CodeRow {
  Code code;
  std::string_view wire;
  int status;  // 0: it is answered at the client's redirect URI, and nowhere else
  std::string_view source;
  std::string_view doc;  // for /errors and docs/errors.md: what a caller should do
};
inline constexpr std::array code_table{
    // clang-format off
    CodeRow{Code::invalid_request, "invalid_request", 400, "RFC 6749 §5.2", "Fix the request: a parameter is missing, repeated or malformed."},
    CodeRow{Code::invalid_client, "invalid_client", 401, "RFC 6749 §5.2", "Check the client id and its credential; ask the owner whether the agent is active."},
    CodeRow{Code::invalid_grant, "invalid_grant", 400, "RFC 6749 §5.2", "The grant is used up, expired or another client's: begin again."},
    CodeRow{Code::unauthorized_client, "unauthorized_client", 400, "RFC 6749 §5.2", "This client may not use this grant: ask its owner."},
    CodeRow{Code::unsupported_grant_type, "unsupported_grant_type", 400, "RFC 6749 §5.2", "Use a grant that the discovery document lists."},
    CodeRow{Code::invalid_scope, "invalid_scope", 400, "RFC 6749 §5.2", "Ask for scopes that the resource defines and the client holds."},
    CodeRow{Code::invalid_target, "invalid_target", 400, "RFC 8707 §2", "Name one registered resource by its identifier, exactly."},
    CodeRow{Code::access_denied, "access_denied", 0, "RFC 6749 §4.1.2.1", "The person did not allow it, or did not sign in, or was too late: ask again when they want it. Or somebody stopped the client: ask its owner."},
    CodeRow{Code::invalid_token, "invalid_token", 401, "RFC 6750 §3.1", "Get a new token: this one is malformed, expired, revoked or meant for another resource."},
    CodeRow{Code::insufficient_scope, "insufficient_scope", 403, "RFC 6750 §3.1", "Get a token with the scope that the challenge names."},
    CodeRow{Code::temporarily_unavailable, "temporarily_unavailable", 503, "RFC 6749 §4.1.2.1", "Try again after the time in Retry-After, or in a moment where there is none."},
    CodeRow{Code::server_error, "server_error", 500, "RFC 6749 §4.1.2.1", "Not the caller's fault: quote the X-Correlation-Id of the answer to the operator."},
    CodeRow{Code::invalid_authorization_details, "invalid_authorization_details", 400, "RFC 9396 §5", "Send authorization_details of the types that the metadata lists, with the members each has."},
    CodeRow{Code::invalid_dpop_proof, "invalid_dpop_proof", 400, "RFC 9449 §5", "Send one DPoP header: a new proof, made with the right key for this method and URL, by a clock that is right."},
    CodeRow{Code::use_dpop_nonce, "use_dpop_nonce", 400, "RFC 9449 §8", "Make the proof again with the nonce of the DPoP-Nonce header."},
    CodeRow{Code::unsupported_response_type, "unsupported_response_type", 400, "RFC 6749 §4.1.2.1", "Send response_type=code: there is no implicit and no hybrid flow."},
    CodeRow{Code::login_required, "login_required", 0, "OIDC Core §3.1.2.6", "Ask again without prompt=none: the person must sign in, for the first time, again or as somebody else."},
    CodeRow{Code::consent_required, "consent_required", 0, "OIDC Core §3.1.2.6", "Ask again without prompt=none: the person must be asked."},
    CodeRow{Code::invalid_request_object, "invalid_request_object", 400, "RFC 9101 §7", "Sign the request with a registered key, for this issuer alone, with iss, aud and exp."},
    CodeRow{Code::invalid_request_uri, "invalid_request_uri", 400, "RFC 9101 §7", "Push the request again: a request_uri is good once, for 90 seconds, for its own client."},
    CodeRow{Code::unmet_authentication_requirements, "unmet_authentication_requirements", 400, "RFC 9470 §5", "The person signed in otherwise than was asked for: ask for less, or let them add a method."},
    CodeRow{Code::request_uri_not_supported, "request_uri_not_supported", 400, "OIDC Core §3.1.2.6", "Push the request first, and send the request_uri that is given for it: no other is fetched."},
    // clang-format on
};
constexpr const CodeRow& row(Code code) { return code_table[static_cast<std::size_t>(code)]; }
// The table is indexed by the enum; this line is what makes that safe.
static_assert([] {
  for (std::size_t i = 0; i < code_table.size(); ++i)
    if (static_cast<std::size_t>(code_table[i].code) != i) return false;
  return true;
}());

struct Error {
  Code code;
  std::string description;  // for the client: fixed sentences, no input echoed back
  std::string detail = {};  // for the log and the audit; empty: the description says it all
  std::string of_sent = {};  // for the audit alone, instead of `detail`: it names what was sent
  Seconds retry_after{1};    // of what is temporarily_unavailable (RFC 9110 §10.2.3)
  Error(Code code_, std::string description_, std::string detail_ = {}, std::string of_sent_ = {})
      : code(code_), description(std::move(description_)), detail(std::move(detail_)), of_sent(std::move(of_sent_)) {}
  // The one door by which a failure below reaches a client: saying nothing of what failed.
  Error(Fault fault)
      : code(fault.kind == Fault::Kind::unavailable ? Code::temporarily_unavailable : Code::server_error),
        description(row(code).doc), detail(std::move(fault.detail)) {}
};

}  // namespace deputy::oauth
