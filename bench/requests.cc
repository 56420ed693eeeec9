// Writing requests.
#include "bench/requests.h"

#include <fmt/format.h>

#include <random>

#include "base/encoding.h"
#include "base/id.h"
#include "crypto/key.h"
#include "jose/jwt.h"

namespace deputy::bench {
namespace {

std::string grant(std::string_view resource) {
  return "grant_type=client_credentials&resource=" + percent_encode(resource);
}

std::string post(std::string_view path, std::string_view headers, std::string_view form) {
  return fmt::format(
      "POST {} HTTP/1.1\r\nHost: 127.0.0.1\r\n{}Content-Type: application/x-www-form-urlencoded\r\n"
      "Content-Length: {}\r\n\r\n{}",
      path, headers, form.size(), form);
}

}  // namespace

std::string get(std::string_view path) { return fmt::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", path); }

std::string get_as(std::string_view token, std::string_view path) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\n\r\n", path, token);
}

std::string post_form(std::string_view path, const Client& client, std::string_view form,
                      std::string_view more_headers) {
  // RFC 6749 §2.3.1: both parts form-encoded, then joined.
  const auto pair = base64(percent_encode(client.id) + ":" + percent_encode(client.proof));
  return post(path, fmt::format("Authorization: Basic {}\r\n{}", pair, more_headers), form);
}

std::string post_form(std::string_view path, std::string_view form) { return post(path, "", form); }

Pool token_requests(const DataSet& set, std::string_view resource) {
  Pool pool;
  const auto form = grant(resource);
  for (const auto& agent : set.agents) pool.add(post_form("/oauth2/token", agent, form));
  return pool;
}

Pool assertion_requests(const DataSet& set, std::string_view resource, std::size_t count) {
  std::vector<jose::Signer> signers;
  for (const auto& agent : set.agents) {
    auto key = crypto::PrivateKey::from_jwk(agent.proof);
    CHECK(key);
    signers.emplace_back(std::move(key).take(), crypto::Algorithm::ES256, "1", "client-authentication+jwt");
  }
  Pool pool;
  SystemRandom random;
  const auto now = SystemClock().now();
  const auto form = grant(resource) +
                    "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
                    "&client_assertion=";
  std::mt19937_64 pick(20260101);  // in turn would be the one order in which a cache of less than all never hits
  for (std::size_t i = 0; i < count; ++i) {
    const auto which = i < set.agents.size() ? i : pick() % set.agents.size();
    const auto& id = set.agents[which].id;
    const auto claims = fmt::format(R"({{"iss":"{0}","sub":"{0}","aud":"{1}","jti":"{2}","iat":{3},"exp":{4}}})", id,
                                    origin, make_id("jti", now, random), unix_seconds(now), unix_seconds(now) + 299);
    pool.add(post_form("/oauth2/token", form + signers[which].sign(claims)));
  }
  return pool;
}

Pool introspection_requests(const DataSet& set, const std::vector<std::string>& tokens, std::string_view accept) {
  Pool pool;
  const auto headers = accept.empty() ? std::string() : fmt::format("Accept: {}\r\n", accept);
  for (const auto& token : tokens)
    pool.add(post_form("/oauth2/introspect", set.service, "token=" + token, headers));
  return pool;
}

Result<std::string, Fault> admin_token(std::uint16_t port, const Client& admin) {
  TRY(auto body, ask(port, post_form("/oauth2/token", admin, grant(std::string(origin) + "/v1"))));
  return access_token_in(body);
}

std::string access_token_in(std::string_view body) {
  constexpr std::string_view name = R"("access_token":")";
  const auto begin = body.find(name) + name.size();
  CHECK(begin >= name.size());
  return std::string(body.substr(begin, body.find('"', begin) - begin));
}

}  // namespace deputy::bench
