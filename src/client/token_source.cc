// Asks the token endpoint, and remembers what it said for as long as it is good.
#include "client/token_source.h"

#include "base/encoding.h"
#include "client/retry.h"

namespace deputy::client {
namespace {

// A token is not used in the last part of its life, so that it does not expire on its way.
Millis margin(Seconds lifetime) { return std::min<Millis>(lifetime / 4, Seconds(30)); }

// RFC 6749 §2.3.1: both parts form-urlencoded first, then Basic.
std::string basic(const Credentials& credentials) {
  return "Basic " + base64(percent_encode(credentials.client_id) + ":" + percent_encode(credentials.secret.reveal()));
}

}  // namespace

Result<Token, Refusal> TokenSource::token(const Discovery& server, const std::string& resource,
                                          const std::string& scope) {
  const auto key = std::pair(resource, scope);
  if (const auto kept = kept_.find(key); kept != kept_.end()) {
    if (clock_.now() < kept->second.expires_at) return kept->second;
    kept_.erase(kept);
  }
  Parameters parameters{{"grant_type", "client_credentials"}, {"resource", resource}};
  if (!scope.empty()) parameters.emplace_back("scope", scope);
  TRY(Token token, fetch(server, parameters));
  kept_.emplace(key, token);
  return token;
}

Result<Token, Refusal> TokenSource::exchange(const Discovery& server, const Parameters& parameters) {
  Parameters all{{"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"}};
  all.insert(all.end(), parameters.begin(), parameters.end());
  return fetch(server, all);
}

// With a proof where there is a key; once more where the server wants its nonce in it.
Result<http::Reply, Fault> TokenSource::send(http::Call call) {
  if (key_ == nullptr) return transport_.send(call);
  auto& proof = call.headers.emplace_back("DPoP", key_->proof(call.method, call.url)).second;
  auto reply = transport_.send(call);
  if (!reply || !key_->again(*reply)) return reply;
  proof = key_->proof(call.method, call.url);
  return transport_.send(call);
}

Result<Token, Refusal> TokenSource::fetch(const Discovery& server, const Parameters& parameters) {
  std::string form;
  for (const auto& [name, value] : parameters)
    form += (form.empty() ? "" : "&") + name + "=" + percent_encode(value);
  const http::Call call{.method = "POST",
                        .url = server.token_endpoint,
                        .body = form,
                        .content_type = "application/x-www-form-urlencoded",
                        .headers = {{"Authorization", basic(credentials_)}, {"Accept", "application/json"}}};
  auto reply = send(call);
  for (int attempt = 0; reply; ++attempt) {  // a server that has just stopped this client's tokens is busy for a second
    const auto wait = retry_after(*reply, attempt);
    if (!wait) break;
    transport_.wait(*wait);
    reply = send(call);
  }
  const Instant asked = clock_.now();
  if (!reply) return Fail{refusal_of(reply.error(), server.token_endpoint)};
  if (reply->status != 200) return Fail{refusal_of(*reply)};
  auto body = parse_json_object(reply->body);
  const auto text = body ? json_text(*body, "access_token") : std::nullopt;
  if (!text)  // RFC 6749 §5.1
    return Fail{Refusal{.status = 200, .code = "token",
                        .sentence = "the token endpoint answered without an access token",
                        .field = {}, .correlation_id = {}}};
  const Seconds lifetime(std::max<std::int64_t>(0, json_integer(*body, "expires_in").value_or(0)));
  return Token{.access_token = std::string(*text), .answer = *body, .expires_at = asked + lifetime - margin(lifetime)};
}

}  // namespace deputy::client
