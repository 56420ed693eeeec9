// The family's world: everybody may do everything for the user, until a test takes something away.
#include "tests/kit/family.h"

#include <gtest/gtest.h>

#include "base/id.h"
#include "jose/jwt.h"

namespace deputy::test {

using directory::Kind;

Family::Family() : key(crypto::PrivateKey::generate(crypto::Algorithm::ES256)) {
  invoices_api = world.given_application("invoices API");
  payments_api = world.given_application("payments API");
  invoices_id = world.given_resource(invoices, {"read", "write", "approve"}, {{"principal", invoices_api.id}});
  payments_id = world.given_resource(payments, {"pay", "refund"}, {{"principal", payments_api.id}});
  role = world.put(Kind::role, {{"name", "everything"},
                                {"permissions", json::array{json::object{{"resource", invoices_id},
                                                                         {"scopes", json::array{"*"}}},
                                                            json::object{{"resource", payments_id},
                                                                         {"scopes", json::array{"*"}}}}}});
  user = world.given_user(user_name);
  users_assignment = world.given_assignment(role, user);
  worker = world.given_agent("worker");
  other = world.given_agent("other worker");
  stranger = world.given_agent("stranger");
  orchestrator = world.given_agent("orchestrator", {{"delegates", json::array{worker.id, other.id}}});
  for (const auto& agent : {orchestrator, worker, other, stranger})
    world.given_assignment(role, agent.id, {{"acts", "others"}});
  const auto kid = jose::thumbprint(key.public_key().parts());
  trusted = world.put(
      Kind::trusted_issuer,
      {{"issuer", issuer}, {"subject_claim", "sub"}, {"subject_field", "username"}, {"state", "active"},
       {"jwks", json::object{{"keys", json::array{jose::public_jwk(key.public_key(), kid, crypto::Algorithm::ES256)}}}},
       {"permissions", json::array{json::object{{"resource", invoices_id}, {"scopes", json::array{"*"}}},
                                   json::object{{"resource", payments_id}, {"scopes", json::array{"*"}}}}}});
}

std::string Family::upstream(json::object more) const {
  json::object claims{{"iss", issuer},
                      {"sub", user_name},
                      {"aud", world.issuer},
                      {"iat", unix_seconds(world.clock.now())},
                      {"exp", unix_seconds(world.clock.now()) + 3600}};
  for (auto& [name, value] : more) claims[name] = value;
  return jose::sign(key, crypto::Algorithm::ES256, jose::thumbprint(key.public_key().parts()), "JWT",
                    json::serialize(claims));
}

std::string Family::orchestrated(std::string_view scope) {
  std::vector<std::pair<std::string, std::string>> more{
      {"subject_token_type", "urn:ietf:params:oauth:token-type:jwt"}, {"resource", invoices}};
  if (!scope.empty()) more.emplace_back("scope", scope);
  return world.exchanged(orchestrator, upstream(), more);
}

std::vector<std::string> Family::path_of(std::string_view token) {
  return texts_of(claims_of(token), "dlg");
}

std::string Family::chain_of(std::string_view token) {
  std::string chain;
  for (const auto& actor : actors_of(claims_of(token))) chain += (chain.empty() ? "" : ">") + actor;
  return chain;
}

bool Family::active(std::string_view token) {
  const auto audience = text_at(claims_of(token), "aud");
  const auto answer = body_of(world.introspect(audience == invoices ? invoices_api : payments_api, token));
  return json_boolean(answer, "active").value_or(false);
}

std::string Family::last_reason() {
  std::string reason;
  for (const auto& one : world.events("token.issue"))
    if (text_at(one.as_object(), "decision") == "refused") reason = text_at(one.as_object(), "reason");
  return reason;
}

std::string Family::handed_on(const Given& from, std::string_view token, const Given& to,
                              std::vector<std::pair<std::string, std::string>> more) {
  more.emplace_back("requested_actor", to.id);
  return world.exchanged(from, token, std::move(more));
}

}  // namespace deputy::test
