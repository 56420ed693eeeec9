// The flow's world, and its three parties.
#include "tests/kit/flow.h"

#include <gtest/gtest.h>

#include <regex>

#include "base/encoding.h"
#include "base/id.h"
#include "delegation/grow.h"
#include "flows/disclosure.h"
#include "flows/session.h"
#include "grants/exchange/cast.h"
#include "jose/jwt.h"
#include "oauth/basic.h"
#include "oauth/form.h"
#include "signin/sign_out.h"

namespace deputy::test {
namespace {

using directory::Kind;

void commit(World& world, store::Writes writes) {
  const auto outcome = world.store->commit_now(std::move(writes));
  ASSERT_TRUE(outcome) << outcome.error().detail;
  ASSERT_TRUE(std::holds_alternative<Done>(*outcome));
}

// `change` over `usual`: an empty value leaves a parameter out; `resource` is added to, or replaced where it is empty.
Pairs changed(Pairs usual, const Pairs& change) {
  for (const auto& [name, value] : change)
    std::erase_if(usual, [&](const auto& one) { return one.first == name; });
  for (const auto& one : change)
    if (!one.second.empty()) usual.push_back(one);
  return usual;
}

json::array list(std::initializer_list<std::string_view> texts) {
  json::array out;
  for (const auto text : texts) out.emplace_back(text);
  return out;
}

}  // namespace

Flow::Flow() : key(crypto::PrivateKey::generate(crypto::Algorithm::ES256)) {
  invoices_api = world.given_application("invoices API");
  invoices_id = world.given_resource(invoices, {"read", "write", "approve"}, {{"principal", invoices_api.id}});
  payments_id = world.given_resource(payments, {"pay", "refund"});
  const auto all_of = [](const std::string& id) { return json::object{{"resource", id}, {"scopes", list({"*"})}}; };
  role = world.put(Kind::role, {{"name", "everything"},
                                {"permissions", json::array{all_of(invoices_id), all_of(payments_id)}}});
  user = world.put(Kind::user, {{"username", "alice"}, {"name", "Alice A."}, {"email", "alice@example.com"},
                                {"state", "active"}});
  world.given_assignment(role, user);
  const json::object web{{"redirect_uris", list({callback})},
                         {"post_logout_redirect_uris", list({"https://agent.example/bye"})},
                         {"backchannel_logout_uri", "https://agent.example/logout"}};
  agent = world.given_agent("Scout", web);
  const auto kid = jose::thumbprint(key.public_key().parts());
  world.given_credential(
      agent.id,
      {{"type", "jwks"},
       {"jwks",
        json::object{{"keys", json::array{jose::public_jwk(key.public_key(), kid, crypto::Algorithm::ES256)}}}}});
  other = world.given_agent("Other", {{"redirect_uris", list({"https://other.example/cb"})}});
  app.id = world.put(Kind::application, {{"name", "App"}, {"state", "active"}, {"public", true},
                                         {"redirect_uris", list({"http://127.0.0.1/cb"})}});
  portal = world.given_application("Portal");
  world.change(Kind::application, portal.id, {{"redirect_uris", list({"https://portal.example/a",
                                                                      "https://portal.example/b"})}});
  for (const auto& client : {agent, other, app, portal}) world.given_assignment(role, client.id, {{"acts", "others"}});
}

void Flow::sign_in(std::vector<std::string> amr) {
  const http::Request request{.method = "POST", .path = "/sign-in", .peer = "127.0.0.1", .secure = true};
  const auto newest = signin::sign_out_of(*world.store, "default", user);
  CHECK(newest);
  auto opened = flows::sign_in({.user = user, .amr = std::move(amr), .sign_out = newest->mark}, std::nullopt, request,
                               {"default", world.issuer}, {}, world.random, world.clock.now());
  commit(world, std::move(opened.writes));
  session = opened.session.id;
  cookie = opened.set_cookie.substr(0, opened.set_cookie.find(';'));
}

std::string Flow::consent(const Given& client, std::vector<std::string> scopes) {
  oauth::ScopeSet set;
  for (const auto& scope : scopes) set.add(scope);
  const auto principal = world.app().directory.principal("default", client.id);
  CHECK(principal && *principal);
  auto node = delegation::grow({.tenant = "default",
                                .subject = user,
                                .actor = client.id,
                                .chain = grants::exchange::first_chain(**principal),
                                .authority = delegation::pairs_of(invoices_id, set),
                                .asked = {},
                                .origin = delegation::Origin::consent,
                                .at = world.clock.now()});
  CHECK(node);
  delegation::give_id(*node, make_id("dlg", world.clock.now(), world.random));
  const auto id = node->id;
  commit(world, {store::Delegate{std::move(node).take()}});
  return id;
}

void Flow::disclose(const Given& client, std::string_view scope) {
  auto told = oauth::ScopeSet::parse(scope);
  CHECK(told);
  const auto before = flows::disclosed_to(client.id, user, "default", *world.store);
  CHECK(before);
  const flows::Said said{.told = *told};
  commit(world, {flows::disclose(*before, said, client.id, user, "default", world.random, world.clock.now())});
}

http::Response Flow::browse(std::string_view target) {
  http::Headers headers;
  if (!cookie.empty()) headers.emplace_back("Cookie", cookie);
  return world.ask("GET", target, "", headers);
}

Pairs Flow::request(const Given& client, Pairs change) const {
  return changed({{"response_type", "code"},
                  {"client_id", client.id},
                  {"redirect_uri", client.id == app.id ? "http://127.0.0.1:51004/cb" : callback},
                  {"scope", "read write"},
                  {"resource", invoices},
                  {"state", "af0ifjsldkj"},
                  {"code_challenge", challenge},
                  {"code_challenge_method", "S256"}},
                 change);
}

http::Response Flow::authorize(const Given& client, Pairs change) {
  return browse("/oauth2/authorize?" + form_text(request(client, std::move(change))));
}

http::Response Flow::allow(const http::Response& asked, std::string_view duration) {
  const auto fields = all_allowed(browse(location_of(asked)).body, duration);
  return world.form(location_of(asked), fields, {{"Cookie", cookie}});
}

std::string Flow::code(const Given& client, Pairs change) {
  auto response = authorize(client, std::move(change));
  if (client.id == app.id && outcome_of(response) == "/consent") response = allow(response);
  EXPECT_EQ(outcome_of(response), "code") << response.status << " " << location_of(response) << response.body;
  return redirected(response)["code"];
}

http::Response Flow::token_request(const Given& client, Pairs form) {
  http::Headers headers;
  if (client.secret.empty()) form.emplace_back("client_id", client.id);
  else headers.emplace_back("Authorization", oauth::basic(client.id, client.secret));
  return world.form("/oauth2/token", form, headers);
}

http::Response Flow::redeem(const Given& client, std::string_view code, Pairs change) {
  return token_request(client, changed({{"grant_type", "authorization_code"},
                                        {"code", std::string(code)},
                                        {"code_verifier", verifier}},
                                       change));
}

http::Response Flow::refresh(const Given& client, std::string_view token, Pairs more) {
  more.emplace_back("grant_type", "refresh_token");
  more.emplace_back("refresh_token", token);
  return token_request(client, std::move(more));
}

http::Response Flow::push(const Given& client, Pairs form) {
  http::Headers headers;
  if (!client.secret.empty()) headers.emplace_back("Authorization", oauth::basic(client.id, client.secret));
  return world.form("/oauth2/par", form, headers);
}

std::string Flow::signed_request(const Given& client, json::object claims, std::string_view type) {
  const auto now = unix_seconds(world.clock.now());
  json::object all{{"iss", client.id}, {"aud", world.issuer}, {"iat", now}, {"exp", now + 60}};
  for (const auto& [name, value] : request(client)) all[name] = value;
  for (auto& [name, value] : claims) all[name] = value;
  return jose::sign(key, crypto::Algorithm::ES256, jose::thumbprint(key.public_key().parts()), type,
                    json::serialize(all));
}

bool Flow::active(std::string_view token) {
  return json_boolean(body_of(world.introspect(invoices_api, token)), "active").value_or(false);
}

Pairs all_allowed(const std::string& page, std::string_view duration) {
  Pairs fields{{"answer", "allow"}, {"duration", std::string(duration)}};
  const std::regex input(R"re(<input type="(hidden|checkbox)" name="([^"]*)" value="([^"]*)")re");
  for (std::sregex_iterator at(page.begin(), page.end(), input), end; at != end; ++at)
    fields.emplace_back((*at)[2].str(), (*at)[3].str());
  return fields;
}

std::string form_text(const Pairs& pairs) {
  std::string text;
  for (const auto& [name, value] : pairs)
    text.append(text.empty() ? "" : "&").append(percent_encode(name)).append("=").append(percent_encode(value));
  return text;
}

std::string location_of(const http::Response& response) {
  for (const auto& [name, value] : response.headers)
    if (name == "Location") return value;
  return "";
}

std::map<std::string, std::string> redirected(const http::Response& response) {
  const auto location = location_of(response);
  EXPECT_EQ(response.status, 303) << response.body;
  std::map<std::string, std::string> out;
  const auto query = location.find('?');
  if (query == std::string::npos) return out;
  const auto form = oauth::Form::parse(std::string_view(location).substr(query + 1));
  EXPECT_TRUE(form) << location;
  if (form)
    for (const auto& [name, value] : form->parameters()) out[name] = value;
  return out;
}

std::string outcome_of(const http::Response& response) {
  if (response.status != 303) return std::to_string(response.status);
  const auto location = location_of(response);
  if (location.starts_with("/")) return location.substr(0, location.find('?'));
  auto parameters = redirected(response);
  return parameters.contains("code") ? "code" : parameters["error"];
}

}  // namespace deputy::test
