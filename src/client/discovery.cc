// Reads the authorization server's metadata document and holds it against the issuer asked for.
#include "client/discovery.h"

#include "base/json.h"

namespace deputy::client {
namespace {

Fail<Refusal> wrong(std::string sentence) {
  return Fail{Refusal{.status = 0, .code = "metadata", .sentence = std::move(sentence), .field = {},
                      .correlation_id = {}}};
}

// An https issuer may not send a secret, or the keys it is judged by, over plain http.
bool as_safe_as(std::string_view issuer, std::string_view url) {
  return url.starts_with("https://") || (issuer.starts_with("http://") && url.starts_with("http://"));
}

}  // namespace

std::string metadata_url(std::string_view issuer) {
  const auto authority = issuer.find("://");
  const auto path = authority == std::string_view::npos ? authority : issuer.find('/', authority + 3);
  std::string url(issuer.substr(0, path));
  url += "/.well-known/oauth-authorization-server";
  if (path != std::string_view::npos) url += issuer.substr(path);
  return url;
}

Result<Discovery, Refusal> discover(Transport& transport, const std::string& issuer) {
  const std::string url = metadata_url(issuer);
  auto reply = transport.send(
      {.method = "GET", .url = url, .body = {}, .content_type = {}, .headers = {{"Accept", "application/json"}}});
  if (!reply) return Fail{refusal_of(reply.error(), url)};
  if (auto refusal = refusal_of(*reply); passes_by_itself(refusal)) return Fail{std::move(refusal)};
  if (reply->status != 200)
    return wrong(printable(issuer) + " is no Deputy server: its metadata document is missing (HTTP " +
                 std::to_string(reply->status) + ")");
  auto body = parse_json_object(reply->body, {.depth_max = 16, .bytes_max = 1024 * 1024});
  if (!body) return wrong("the metadata document of " + printable(issuer) + " is not JSON");
  Discovery found{.issuer = text_of(*body, "issuer"),
                  .token_endpoint = text_of(*body, "token_endpoint"),
                  .jwks_uri = text_of(*body, "jwks_uri"),
                  .acr_values = texts_of(*body, "acr_values_supported")};
  if (found.issuer != issuer)  // RFC 8414 §3.3: MUST be identical, or the document must not be used
    return wrong("the server calls itself " + printable(found.issuer) + ", not " + printable(issuer) +
                 "; name it as it does");
  if (!as_safe_as(issuer, found.token_endpoint) || !as_safe_as(issuer, found.jwks_uri))  // RFC 8414 §2
    return wrong("the metadata document of " + printable(issuer) + " names no usable token_endpoint or jwks_uri");
  return found;
}

}  // namespace deputy::client
