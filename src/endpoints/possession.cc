// One DPoP header, verified for this very request, good once; and what is bound to a key held against it.
#include "endpoints/possession.h"

#include <algorithm>

#include "base/encoding.h"
#include "http/media_type.h"
#include "oauth/basic.h"
#include "oauth/dpop.h"
#include "oauth/dpop_nonce.h"

namespace deputy::endpoints {
namespace {

using oauth::Code;
using oauth::Error;
using TokenPtr = std::shared_ptr<const tokens::AccessToken>;

// RFC 9449 §11.1: a jti is good once for one URL and key, as long as a proof with this iat could be accepted.
store::Mark mark_of(const oauth::Proof& proof, const Call& call, std::string_view url) {
  const auto until = proof.issued_at + oauth::proof_age_max + Seconds(1);
  auto owner = std::string(proof.jkt).append(" ").append(url);
  return {.once = store::Once::dpop_jti,
          .tenant = call.tenant,
          .until = until,
          .key = store::mark_key(proof.jti, owner)};
}

Result<Done, Error> check_nonce(const oauth::Proof& proof, const Call& call, const App& app) {
  if (!proof.nonce && !app.live.now()->dpop_nonce_required) return Done{};
  if (proof.nonce && app.dpop_nonces.accepts(*proof.nonce, call.tenant, call.now)) return Done{};
  return Fail{Error(Code::use_dpop_nonce, "make the proof again with the nonce of the DPoP-Nonce header",
                    proof.nonce ? "the nonce is not ours, or too old" : "no nonce")};  // RFC 9449 §8
}

Error bad_proof(std::string_view why) {
  return Error(Code::invalid_dpop_proof,
               "the DPoP proof is not a new one, made for this method and URL, with the key and token it is sent with",
               std::string("DPoP proof refused: ").append(why));
}

Result<Possession, Error> verified(const Call& call, App& app, std::optional<std::string_view> access_token) {
  const auto header = call.request.header("DPoP");
  if (!header) {  // RFC 9449 §4.3 step 1
    if (call.request.count("DPoP") == 0) return Fail{proof_missing()};
    return Fail{Error(Code::invalid_dpop_proof, "send one DPoP header")};
  }
  // As the client names it, whatever the proxies on the way made of it.
  const auto url = app.config.origin + call.request.path;
  auto proof = oauth::verify_proof(
      *header, {.method = call.request.method, .url = url, .access_token = access_token}, call.now);
  if (!proof) return Fail{bad_proof(oauth::name_of(proof.error()))};
  TRY(auto fresh, check_nonce(*proof, call, app));
  Possession possession{.jkt = std::move(proof->jkt), .writes = {}, .algorithm = proof->algorithm};
  proof->jkt = possession.jkt;
  possession.writes.emplace_back(mark_of(*proof, call, url));
  return possession;
}

// FAPI 2.0 §5.4.1: PS256, ES256 or EdDSA, where tokens are issued and where they are used.
Result<Done, Error> check_profile(const Possession& possession, const directory::Principal& client) {
  if (client.registration.fapi2 && possession.algorithm == crypto::Algorithm::RS256)
    return Fail{Error(Code::invalid_dpop_proof, std::string(proof_by_rs256),
                      "DPoP proof refused: RS256 is not of the profile")};
  return Done{};
}

Fail<Error> not_accepted(std::string why) {
  return Fail{Error(Code::invalid_token, "the access token is missing, expired, revoked or not for this resource",
                    std::move(why))};
}

// RFC 6750 §3.1: what "repeats the same parameter, uses more than one method for including an access token, or is
// otherwise malformed".
Fail<Error> malformed(std::string why) {
  return Fail{Error(Code::invalid_request, "send one access token, in one Authorization header and nowhere else",
                    std::move(why))};
}

bool names_token(std::string_view form) {
  while (!form.empty()) {
    const auto pair = form.substr(0, form.find('&'));
    form.remove_prefix(std::min(pair.size() + 1, form.size()));
    if (form_decode(pair.substr(0, pair.find('='))) == "access_token") return true;
  }
  return false;
}

// RFC 6750 §2.2, §2.3: in the body or the query. Neither is followed here (A21).
bool sends_token_outside_the_header(const http::Request& request) {
  const bool is_form = http::is_media_type(request.header("Content-Type").value_or(""),
                                           "application/x-www-form-urlencoded");
  return names_token(request.query) || (is_form && names_token(request.body));
}

void add_challenge(http::Response& response, std::string text, std::string_view parameters, std::string_view error) {
  if (!parameters.empty()) text.append(text.find(' ') == std::string::npos ? " " : ", ").append(parameters);
  if (!error.empty())
    text.append(text.find(' ') == std::string::npos ? " " : ", ").append("error=\"").append(error).append("\"");
  response.headers.emplace_back("WWW-Authenticate", std::move(text));
}

// RFC 9449 §7.1: `algs`, those a proof may be signed with.
std::string dpop_challenge() {
  std::string text = "DPoP algs=\"";
  for (const auto algorithm : oauth::dpop_algorithms) text.append(algorithm).append(" ");
  text.back() = '"';
  return text;
}

}  // namespace

Result<Possession, Error> possession_of(const Call& call, App& app, const directory::Principal& client) {
  if (call.request.count("DPoP") == 0) return Possession{};
  TRY(auto possession, verified(call, app, std::nullopt));
  TRY(const auto held, check_profile(possession, client));
  return possession;
}

Error proof_missing() {
  return Error(Code::invalid_dpop_proof, "send a DPoP proof: the token is to be bound to a key", "no DPoP header");
}

Error proof_used() {
  return Error(Code::invalid_dpop_proof, "make a new proof for each request, with a jti of its own",
               "the proof was used before");
}

Result<std::string, Error> requested_key(std::string_view dpop_jkt, const Possession& pushed) {
  if (dpop_jkt.empty()) return pushed.jkt;
  if (!oauth::is_thumbprint(dpop_jkt))
    return Fail{Error(Code::invalid_request, "dpop_jkt is the SHA-256 thumbprint of a key, in base64url (RFC 7638)")};
  // RFC 9449 §10.1: "the authorization server MUST reject the request" where they differ.
  if (!pushed.jkt.empty() && pushed.jkt != dpop_jkt)
    return Fail{Error(Code::invalid_dpop_proof, "dpop_jkt and the DPoP proof are of different keys")};
  return std::string(dpop_jkt);
}

std::string fresh_nonce(const Call& call, const App& app) {
  if (call.request.count("DPoP") == 0) return {};
  return app.dpop_nonces.current(call.tenant, call.now);
}

void offer_nonce(http::Response& response, std::string nonce) {
  if (nonce.empty()) return;
  response.headers.emplace_back("DPoP-Nonce", std::move(nonce));
}

Scheme scheme_of(const http::Request& request) {
  // Of a repeated header nobody knows which one counts: the challenge that comes first names the error.
  if (request.count("Authorization") > 1) return Scheme::bearer;
  const auto authorization = request.header("Authorization").value_or("");
  if (oauth::names_scheme(authorization, "DPoP")) return Scheme::dpop;
  return oauth::names_scheme(authorization, "Bearer") ? Scheme::bearer : Scheme::none;
}

Result<Presented, Error> presented_token(const Call& call, App& app) {
  if (call.request.count("Authorization") > 1) return malformed("the Authorization header is repeated");
  const auto authorization = call.request.header("Authorization");
  if (!authorization) return not_accepted("no Authorization header");
  // RFC 6750 §3.1: with "an unsupported authentication method" a request "lacks any authentication information".
  if (scheme_of(call.request) == Scheme::none) return not_accepted("the Authorization header is of another scheme");
  const auto bound = oauth::parse_dpop(*authorization);
  const auto text = bound ? bound : oauth::parse_bearer(*authorization);
  if (!text) return malformed("the Authorization header is not a scheme and one token");
  // RFC 6750 §2: "Clients MUST NOT use more than one method to transmit the token in each request".
  if (sends_token_outside_the_header(call.request)) return malformed("the access token is sent in two ways");
  // The token first: a proof is by a key of the sender's choosing; to verify it is work that a stranger could order.
  TRY(auto read, app.reader.read(*text, call.tenant, call.issuer, call.now));
  auto* token = std::get_if<TokenPtr>(&read);
  if (token == nullptr) return not_accepted("the token is unknown, expired, revoked or another issuer's");
  // RFC 9449 §7.1, §7.2: without a proof a bound token opens nothing, nor is another passed off as one (A18).
  if ((*token)->jkt.empty() == bound.has_value())
    return not_accepted(bound ? "a bearer token sent as DPoP" : "a bound token sent as Bearer");
  TRY(const auto client, app.directory.principal(call.tenant, (*token)->client_id));
  Possession possession;
  if (bound) {
    TRY(auto proven, verified(call, app, *text));
    possession = std::move(proven);
    if (client != nullptr) {
      TRY(const auto held, check_profile(possession, *client));
    }
  }
  if ((*token)->jkt != possession.jkt) return not_accepted("the token is not bound to the key that is proven");
  auto name = client != nullptr ? client->id : (*token)->client_id;
  return Presented{.token = std::move(*token), .client = std::move(name), .writes = std::move(possession.writes)};
}

void challenge_with(http::Response& response, Scheme used, std::string_view error, std::string_view parameters) {
  const auto bearer = [&] { add_challenge(response, "Bearer", parameters, used == Scheme::bearer ? error : ""); };
  const auto dpop = [&] { add_challenge(response, dpop_challenge(), parameters, used == Scheme::dpop ? error : ""); };
  if (used == Scheme::dpop) return dpop(), bearer();
  bearer(), dpop();
}

}  // namespace deputy::endpoints
