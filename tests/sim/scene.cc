// Who there is, and what they ask for: agents that delegate to one another for one user, while somebody ends it.
#include "base/encoding.h"
#include "base/json.h"
#include "flows/session.h"
#include "jose/jwk.h"
#include "jose/jwt.h"
#include "oauth/basic.h"
#include "signin/sign_out.h"
#include "tests/sim/simulation.h"

namespace deputy::sim {
namespace {

using directory::Kind;
using test::Given;

constexpr auto own_type = "urn:ietf:params:oauth:token-type:access_token";
constexpr auto jwt_type = "urn:ietf:params:oauth:token-type:jwt";
constexpr std::array places{"https://one.example/", "https://two.example/"};

const crypto::PrivateKey& issuers_key() {
  static const auto key = crypto::PrivateKey::generate(crypto::Algorithm::ES256);
  return key;
}

std::string form_of(const std::vector<std::pair<std::string, std::string>>& parameters) {
  std::string body;
  for (const auto& [name, value] : parameters)
    body.append(body.empty() ? "" : "&").append(percent_encode(name)).append("=").append(percent_encode(value));
  return body;
}

http::Headers headers_of(const Given& client) {
  http::Headers headers{{"Content-Type", "application/x-www-form-urlencoded"}};
  if (!client.secret.empty()) headers.emplace_back("Authorization", oauth::basic(client.id, client.secret));
  return headers;
}

}  // namespace

void Simulation::build() {
  auto& world = *world_;
  api_ = world.given_application("api");
  json::array permissions;
  for (const auto* place : places) {
    const auto id = world.given_resource(place, {"read", "write"},
                                         {{"principal", api_.id},
                                          {"token_format", place == places[0] ? "jwt" : "opaque"},
                                          {"delegation_depth_max", 16}});
    place_ids_.push_back(id);
    permissions.push_back(json::object{{"resource", id}, {"scopes", json::array{"*"}}});
  }
  const auto role = role_ = world.put(Kind::role, {{"name", "all"}, {"permissions", permissions}});
  user_ = world.given_user("ann");
  assignments_.push_back(world.given_assignment(role, user_));
  past_.emplace(world.clock.now(), steady_);
  const auto owner = world.given_user("ben");
  for (const auto* name : {"north", "south", "east"})
    actors_.push_back(world.given_agent(name, {{"owner", actors_.empty() ? owner : user_}, {"delegation", "any"}}));
  actors_.push_back(world.given_application("imported"));
  owners_ = {user_, world.given_user("cid")};
  team_ = world.put(Kind::group, {{"name", "team"}});
  CHECK(world.admin_call("POST", "/v1/groups/" + team_ + "/members", {{"member", actors_[2].id}}).status == 201);
  json::array all;
  for (const auto& one : actors_) all.emplace_back(one.id);
  for (const auto& one : actors_) {
    assignments_.push_back(world.given_assignment(role, one.id));
    world.given_assignment(role, one.id, {{"acts", "others"}});
    const bool agent = one.id.starts_with("agt_");
    json::object patch{{"delegates", all}};
    if (!agent) patch["client_id"] = "earlier-name";
    if (&one == &actors_[1]) patch["delegates"] = json::array{actors_[0].id, actors_[1].id, actors_[3].id, team_};
    world.change(agent ? Kind::agent : Kind::application, one.id, patch);
  }
  clients_ = actors_;
  clients_.push_back({world.put(Kind::application, {{"name", "public"}, {"state", "active"}, {"public", true}}), ""});
  world.given_assignment(role, clients_.back().id, {{"acts", "others"}});
  const auto kid = jose::thumbprint(issuers_key().public_key().parts());
  const auto jwk = jose::public_jwk(issuers_key().public_key(), kid, crypto::Algorithm::ES256);
  world.put(Kind::trusted_issuer, {{"issuer", "https://login.example"}, {"subject_claim", "sub"},
                                   {"subject_field", "username"}, {"state", "active"},
                                   {"jwks", json::object{{"keys", json::array{jwk}}}}, {"permissions", permissions}});
  // The admin's token outlives the simulation; only a key that is compromised ends it.
  const auto api = store_->find("default", Kind::resource, "identifier", world.issuer + "/v1");
  CHECK(api && *api);
  world.change(Kind::resource, (*api)->id, {{"token_lifetime_s", 86'400}, {"algorithm", "EdDSA"}});
  admin_token_ = world.access_token(world.admin, world.issuer + "/v1");
  owners_token_ = world.access_token({owner, world.given_secret(owner)}, world.issuer + "/v1");
  for (const auto& key : (*world.app().keyring.keys("default"))->all)
    if (key.algorithm == crypto::Algorithm::ES256) kids_.push_back(key.kid);
  world.clock.advance(Seconds(600));  // however far the clock is set back, these are not of the future
  steady_ += Seconds(600);
}

void Simulation::begin_request() {
  const auto choice = dice_.below(100);
  if (choice < 14 || tokens_.empty()) {
    begin_chain();
  } else if (choice < 20) {
    ask_token({{"resource", some_place()}}, {.what = "asks for its own"}, dice_.pick(actors_));
  } else if (choice < 25) {
    consent();
  } else if (choice < 37) {
    handles_.empty() ? consent() : ask_redemption();
  } else if (choice < 63) {
    ask_exchange();
  } else if (choice < 67) {
    ask_introspection();
  } else if (choice < 72) {
    ask_revocation();
  } else if (choice < 75) {
    ask_cut();
  } else if (choice < 82) {
    ask_narrowing();
  } else if (choice < 85) {
    ask_taking_out();
  } else if (choice < 88) {
    ask_of_group();
  } else if (choice < 90) {
    ask_transfer();
  } else if (choice < 92) {
    handles_.empty() ? consent() : ask_withdrawal();
  } else {
    ask_administration();
  }
}

// Mostly with a token of now, sometimes with one from before.
void Simulation::begin_chain() {
  if (upstreams_.empty() || dice_.chance(75)) {
    static const auto kid = jose::thumbprint(issuers_key().public_key().parts());
    const auto now = unix_seconds(clock_time());
    const json::object claims{{"iss", "https://login.example"}, {"sub", "ann"}, {"aud", world_->issuer},
                              {"iat", now}, {"exp", now + 86'400}};
    upstreams_.push_back({jose::sign(issuers_key(), crypto::Algorithm::ES256, kid, "JWT", json::serialize(claims)),
                          from_unix_seconds(now)});
  }
  const auto upstream = dice_.chance(75) ? upstreams_.back() : dice_.pick(upstreams_);
  Parameters parameters{{"subject_token", upstream.text}, {"subject_token_type", jwt_type}, {"resource", some_place()}};
  if (dice_.chance(40))
    parameters.emplace_back("authorization_details",
                            R"([{"type":"limits","uses":)" + std::to_string(dice_.between(1, 4)) + "}]");
  ask_token(std::move(parameters),
            {.what = "begins a chain with a token of " + rfc3339(upstream.issued), .upstream = upstream.issued},
            dice_.pick(actors_));
}

const char* Simulation::some_place() { return dice_.pick(places); }

std::size_t Simulation::some_token() {
  const auto count = tokens_.size();
  return dice_.chance(70) ? count - 1 - dice_.below(std::min<std::size_t>(count, 6)) : dice_.below(count);
}

const Given& Simulation::holder_of(const Issued& token) const {
  for (const auto& one : clients_)
    if (one.id == (token.chain.empty() ? token.client : token.chain.front())) return one;
  return actors_.back();  // the imported application, under its earlier name
}

void Simulation::ask_token(Parameters parameters, Request request, const Given& client) {
  const auto& first = parameters.front().first;
  const auto* grant = first == "subject_token"   ? "urn:ietf:params:oauth:grant-type:token-exchange"
                      : first == "code"          ? "authorization_code"
                      : first == "refresh_token" ? "refresh_token"
                                                 : "client_credentials";
  parameters.emplace_back("grant_type", grant);
  if (client.secret.empty()) parameters.emplace_back("client_id", client.id);
  request.what = client.id + " " + request.what;
  send(std::move(request), "POST", "/oauth2/token", form_of(parameters), headers_of(client));
}

void Simulation::ask_exchange() {
  const auto at = some_token();
  const auto token = tokens_[at];
  const auto& holder = holder_of(token);
  const bool holds = dice_.chance(60);
  const auto& caller = holds ? holder : dice_.pick(actors_);
  Parameters parameters{{"subject_token", token.text}, {"subject_token_type", own_type}};
  Request request{.what = "exchanges token " + std::to_string(at), .subject = at};
  if (holds && dice_.chance(65)) {
    parameters.emplace_back("requested_actor", dice_.pick(actors_).id);
    request.what += " for " + parameters.back().second;
  }
  if (dice_.chance(15)) parameters.emplace_back("resource", some_place());
  if (dice_.chance(20)) parameters.emplace_back("scope", "read");
  if (dice_.chance(15))
    parameters.emplace_back("authorization_details",
                            R"([{"type":"limits","uses":)" + std::to_string(dice_.between(1, 4)) + "}]");
  ask_token(std::move(parameters), std::move(request), caller);
}

void Simulation::ask_introspection() {
  const auto at = some_token();
  send({.kind = Request::Kind::introspect, .what = "introspects token " + std::to_string(at), .subject = at}, "POST",
       "/oauth2/introspect", form_of({{"token", tokens_[at].text}}), headers_of(api_));
}

void Simulation::ask_revocation() {
  const auto at = some_token();
  const auto& client = holder_of(tokens_[at]);
  Parameters parameters{{"token", tokens_[at].text}};
  if (client.secret.empty()) parameters.emplace_back("client_id", client.id);
  send({.kind = Request::Kind::give_up, .what = client.id + " gives up token " + std::to_string(at), .subject = at},
       "POST", "/oauth2/revoke", form_of(parameters), headers_of(client));
}

// Any delegation of a token's path, by an administrator.
void Simulation::ask_cut() {
  const auto& path = tokens_[some_token()].path;
  if (path.empty()) return ask_revocation();
  const auto id = dice_.pick(path);
  administrate({.kind = Request::Kind::cut, .what = "revokes " + id}, "POST", "/v1/delegations/" + id + "/revoke");
}

// The owner of the first agent takes another out of its delegates, or has both be that. No application may be named.
void Simulation::ask_taking_out() {
  const auto out = dice_.chance(60) ? actors_[1 + dice_.below(2)].id : std::string();
  json::array delegates;
  for (const auto at : {1U, 2U})
    if (actors_[at].id != out) delegates.emplace_back(actors_[at].id);
  const auto& from = actors_.front().id;
  send({.kind = Request::Kind::take_out, .what = from + " hands on to all but " + out, .target = out}, "PATCH",
       "/v1/agents/" + from, json::serialize(json::object{{"delegates", std::move(delegates)}}),
       {{"Authorization", "Bearer " + owners_token_}, {"Content-Type", "application/json"}});
}

// The third agent leaves the group by which the second may hand on to it, or comes back.
void Simulation::ask_of_group() {
  const auto& member = actors_[2].id;
  const auto path = "/v1/groups/" + team_ + "/members";
  if (dice_.chance(50))
    return administrate({.kind = Request::Kind::leave, .what = member + " leaves the group"}, "DELETE",
                        path + "/" + member);
  administrate({.kind = Request::Kind::join, .what = member + " comes into the group"}, "POST", path,
               json::serialize(json::object{{"member", member}}));
}

// Not the first agent: its owner is who takes others out of its delegates.
void Simulation::ask_transfer() {
  const auto &agent = actors_[1 + dice_.below(2)].id, &owner = dice_.pick(owners_);
  administrate({.kind = Request::Kind::transfer, .what = agent + " is transferred to " + owner, .target = agent},
               "POST", "/v1/agents/" + agent + "/transfer", json::serialize(json::object{{"owner", owner}}));
}

// The person takes back what they agreed to, all of it or one scope at one place. They have just signed in for that.
void Simulation::ask_withdrawal() {
  const auto count = handles_.size();
  const auto& handle = handles_[dice_.chance(80) ? count - 1 - dice_.below(std::min<std::size_t>(count, 3))
                                                 : dice_.below(count)];
  const http::Request signing_in{.method = "POST", .path = "/sign-in", .peer = "127.0.0.1", .secure = true};
  const auto newest = signin::sign_out_of(store_->durable(), "default", user_);
  CHECK(newest);
  auto opened = flows::sign_in({.user = user_, .amr = {"pwd"}, .sign_out = newest->mark}, std::nullopt, signing_in,
                               {"default", world_->issuer}, {}, quiet_bytes_, clock_time());
  const auto kept = store_->durable().commit_now(std::move(opened.writes));
  CHECK(kept && std::holds_alternative<Done>(*kept));
  Parameters parameters{{"delegation", handle.delegation}, {"csrf", flows::csrf_token(opened.session, "account ")}};
  if (dice_.chance(30)) parameters.emplace_back("scope", dice_.pick(place_ids_) + " write ");
  send({.kind = Request::Kind::withdraw, .what = "takes back " + handle.delegation}, "POST", "/account/withdraw",
       form_of(parameters),
       {{"Content-Type", "application/x-www-form-urlencoded"},
        {"Cookie", opened.set_cookie.substr(0, opened.set_cookie.find(';'))}});
}

void Simulation::administrate(Request request, std::string_view method, std::string_view path, std::string body) {
  send(std::move(request), method, path, std::move(body),
       {{"Authorization", "Bearer " + admin_token_}, {"Content-Type", "application/json"}});
}

void Simulation::ask_administration() {
  const auto choice = dice_.below(100);
  if (choice < 4) {  // of the first, or of one that signs now
    auto kid = tokens_.empty() ? std::string() : tokens_[some_token()].kid;
    if (kid.empty() || dice_.chance(30)) kid = dice_.pick(kids_);
    return administrate({.kind = Request::Kind::key, .what = "finds a key compromised", .target = kid}, "POST",
                        "/v1/keys/" + kid + "/compromised");
  }
  const bool stops = choice < 50;
  const auto kind = stops ? Request::Kind::stop : Request::Kind::start;
  if (dice_.chance(20))
    return administrate({.kind = kind, .what = stops ? "disables the user" : "enables the user", .target = user_},
                        "PATCH", "/v1/users/" + user_, stops ? R"({"state":"disabled"})" : R"({"state":"active"})");
  const auto& actor = dice_.pick(clients_);
  if (actor.id.starts_with("app_"))
    return administrate({.kind = kind, .what = (stops ? "disables " : "enables ") + actor.id, .target = actor.id},
                        "PATCH", "/v1/applications/" + actor.id,
                        stops ? R"({"state":"disabled"})" : R"({"state":"active"})");
  const std::string verb = choice < 6 ? "revoke" : stops ? "suspend" : "resume";
  administrate({.kind = kind, .what = verb + " " + actor.id, .target = actor.id}, "POST",
               "/v1/agents/" + actor.id + "/" + verb);
}

}  // namespace deputy::sim
