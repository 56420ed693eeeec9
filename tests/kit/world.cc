// The world, built for real: memory store, real keys, real dispatch.
#include "tests/kit/world.h"

#include <gtest/gtest.h>

#include <future>

#include "base/encoding.h"
#include "base/id.h"
#include "endpoints/admin/first_tenant.h"
#include "endpoints/admin/frame/records.h"
#include "endpoints/routing.h"
#include "oauth/basic.h"
#include "oauth/secret.h"
#include "tokens/backchannel_logout.h"

namespace deputy::test {

using directory::Kind;

struct World::Parts {
  crypto::SealKey seal;
  crypto::KeyedHash secret_hash;
  store::Directory directory;
  store::LastUse last_use;
  tokens::Keyring keyring;
  tokens::Reader reader;
  BoundedCache<jose::JwkSet> client_keys{1u << 20};
  tokens::KeySetFetcher key_sets;
  tokens::TrustedIssuers trusted_issuers;
  std::unique_ptr<tokens::AuditLog> audit_log;
  endpoints::admin::Bulletin bulletin;
  tokens::BackchannelLogout backchannel_logout;
  std::unique_ptr<signin::Methods> sign_in;
  oauth::DpopNonces dpop_nonces;
  endpoints::Strangers strangers{{}};
  WorkPool refreshes{{.name = "refreshes", .threads = 0, .queue_max = 0}};  // at once: a simulation has one thread
  Live<endpoints::LiveConfig> live{endpoints::LiveConfig{}};
  endpoints::App app;

  Parts(World& world, crypto::SealKey key)
      : seal(std::move(key)),
        secret_hash(seal.derive("client secret hash")),
        directory(*world.store, {.principals_max_bytes = 1u << 20}),
        keyring(*world.store, seal, world.clock, world.random, {}),
        reader(*world.store, keyring, {.tokens_max_bytes = 1u << 20}),
        key_sets(
            [&world](const std::string& uri) -> Result<tokens::KeySetDocument, Fault> {
              const auto found = world.documents.find(uri);
              if (found == world.documents.end()) return Fail{Fault{Fault::Kind::unavailable, "no such host"}};
              return tokens::KeySetDocument{found->second, Seconds(300)};
            },
            world.clock),
        trusted_issuers(*world.store, key_sets),
        audit_log(open_audit_log(world, seal)),
        bulletin(*world.store),
        backchannel_logout(
            [&world](const std::string& uri, const std::string& body) -> Result<int, Fault> {
              world.posted.emplace_back(uri, body);
              return world.post_status;
            },
            *world.store, keyring, world.clock, world.random),
        sign_in(open_sign_in(world, seal)),
        dpop_nonces(seal.derive("DPoP nonce")),
        app{.config = {.origin = world.issuer},
            .live = live,
            .clock = world.clock,
            .random = world.random,
            .store = *world.store,
            .directory = directory,
            .keyring = keyring,
            .reader = reader,
            .key_sets = key_sets,
            .trusted_issuers = trusted_issuers,
            .last_use = last_use,
            .client_keys = client_keys,
            .seal = seal,
            .secret_hash = secret_hash,
            .ready = [] { return true; },
            .audit_log = *audit_log,
            .bulletin = bulletin,
            .sign_in = *sign_in,
            .dpop_nonces = dpop_nonces,
            .strangers = strangers,
            .refreshes = refreshes} {}

  static std::unique_ptr<signin::Methods> open_sign_in(World& world, const crypto::SealKey& seal) {
    auto opened = signin::Methods::open({.origin = world.issuer,
                                         .cost = {.memory_kib = 8, .passes = 1},
                                         .pool = {.name = "passwords", .threads = 1, .queue_max = 64},
                                         .breached_file = "",
                                         .throttle = {}},
                                        *world.store, seal, world.random);
    CHECK(opened);
    auto methods = std::move(opened).take();
    methods->end_sessions = flows::ends_others(*world.store, world.random, [&world](std::string_view tenant) {
      return endpoints::issuer_of(world.issuer, tenant);
    });
    return methods;
  }

  static std::unique_ptr<tokens::AuditLog> open_audit_log(World& world, const crypto::SealKey& seal) {
    auto opened = tokens::AuditLog::open(*world.store, seal, world.clock, world.random, world.issuer);
    CHECK(opened);
    return std::move(opened).take();
  }
};

namespace {

// One seal key and one set of first keys a process: making RSA keys for every test would be most of its time.
std::string seal_text() {
  static const std::string text = [] {
    SystemRandom random;
    return crypto::SealKey::generate_text(random);
  }();
  return text;
}

store::Writes first_keys(tokens::Keyring& keyring) {
  static const store::Writes writes = keyring.first_keys("default");
  return writes;
}

void commit(store::Store& store, store::Writes writes) {
  const auto outcome = store.commit_now(std::move(writes));
  ASSERT_TRUE(outcome) << outcome.error().detail;
  ASSERT_TRUE(std::holds_alternative<Done>(*outcome));
}

json::array list(const std::vector<std::string>& texts) {
  json::array out;
  for (const auto& text : texts) out.emplace_back(text);
  return out;
}

void merge(json::object& into, const json::object& more) {
  for (const auto& [key, value] : more) into[key] = value;
}

}  // namespace

World::World(std::unique_ptr<store::Store> store_, Random* random_) : random(random_), store(std::move(store_)) {
  restart();
  const endpoints::admin::Seeds seeds{.random = random,
                                      .secret_hash = parts_->secret_hash,
                                      .now = clock.now(),
                                      .correlation_id = "req_test",
                                      .actor = ""};
  endpoints::admin::FirstAdmin first;
  auto writes = endpoints::admin::make_tenant("default", "Default", issuer, seeds, first);
  for (auto& write : first_keys(parts_->keyring)) writes.push_back(std::move(write));
  commit(*store, std::move(writes));
  admin = {first.client_id, first.secret};
}

void World::restart() {
  // Observers of an earlier life stay registered with the store: those parts are kept until the store goes.
  static std::vector<std::shared_ptr<Parts>> earlier;
  auto seal = crypto::SealKey::from_text(seal_text());
  CHECK(seal);
  if (parts_) {
    parts_->app.sign_in.pool.close();  // its threads end with that life
    earlier.push_back(parts_);
  }
  parts_ = std::make_shared<Parts>(*this, std::move(seal).take());
  app_ = &parts_->app;
  CHECK(parts_->reader.load());
  parts_->keyring.configure({});  // as a server does at its start
}

void World::tell_of_strangers() {
  auto events = app_->strangers.told(clock.now(), random);
  if (!events.empty()) commit(*store, std::move(events));
}
void World::set(const std::function<void(endpoints::LiveConfig&)>& change) {
  auto config = *parts_->live.now();
  change(config);
  parts_->live.replace(std::move(config));
}
void World::deliver_logouts() { parts_->backchannel_logout.deliver_due(); }

std::string World::put(Kind kind, json::object body, std::string_view under) {
  const auto id = make_id(directory::row(kind).prefix, clock.now(), random);
  const auto principal = under.empty() ? std::string_view(id) : under;
  if (directory::noun_of(kind) != nullptr) {
    commit(*store, {endpoints::admin::record_put("default", kind, id, principal, body, 0, clock.now())});
  } else {
    commit(*store, {store::Put{.record = {.kind = kind,
                                          .tenant = "default",
                                          .id = id,
                                          .under = std::string(principal),
                                          .created_at = clock.now(),
                                          .updated_at = clock.now(),
                                          .body = json::serialize(body)},
                               .expected_version = 0,
                               .indexes = {}}});
  }
  return id;
}

void World::change(Kind kind, std::string_view id, json::object patch) {
  auto found = store->get("default", kind, id);
  CHECK(found && *found);
  auto record = std::move(**found);
  auto body = json::parse(record.body).as_object();
  merge(body, patch);
  auto put = endpoints::admin::record_put("default", kind, id, record.under, body, record.version, clock.now());
  commit(*store, {std::move(put)});
}

std::string World::given_user(std::string_view username) {
  return put(Kind::user, {{"username", username}, {"state", "active"}});
}

std::string World::given_credential(std::string_view principal, json::object body) {
  body["principal"] = principal;
  return put(Kind::credential, std::move(body), principal);
}

std::string World::given_secret(std::string_view principal, json::object more) {
  auto secret = oauth::make_client_secret(random);
  json::object body{{"type", "secret"}, {"secret_hash", hex(as_text(parts_->secret_hash(secret)))}};
  merge(body, more);
  given_credential(principal, std::move(body));
  return secret;
}

Given World::given_agent(std::string_view name, json::object more) {
  json::object body{{"name", name}, {"state", "active"}, {"delegation", "ceiling"}};
  if (!more.contains("owner")) body["owner"] = given_user("owner-" + make_id("x", clock.now(), random).substr(2));
  merge(body, more);
  auto id = put(Kind::agent, std::move(body));
  auto secret = given_secret(id);
  return {std::move(id), std::move(secret)};
}

Given World::given_application(std::string_view name) {
  auto id = put(Kind::application, {{"name", name}, {"state", "active"}});
  auto secret = given_secret(id);
  return {std::move(id), std::move(secret)};
}

std::string World::given_resource(std::string_view identifier, std::vector<std::string> scopes, json::object more) {
  json::array definitions;
  for (const auto& scope : scopes) definitions.push_back(json::object{{"name", scope}});
  json::object body{{"identifier", identifier}, {"name", identifier},   {"scopes", std::move(definitions)},
                    {"token_lifetime_s", 300},  {"algorithm", "ES256"}, {"token_format", "jwt"}};
  merge(body, more);
  return put(Kind::resource, std::move(body));
}

std::string World::given_role(std::string_view name, std::string_view resource, std::vector<std::string> patterns) {
  json::array permissions{json::object{{"resource", resource}, {"scopes", list(patterns)}}};
  return put(Kind::role, {{"name", name}, {"permissions", std::move(permissions)}});
}

std::string World::given_assignment(std::string_view role, std::string_view principal, json::object more) {
  json::object body{{"role", role}, {"principal", principal}, {"acts", "self"}};
  merge(body, more);
  return put(Kind::assignment, std::move(body), principal);
}

Given World::given_agent_at(std::string_view identifier, std::vector<std::string> scopes, json::object more) {
  const auto resource = given_resource(identifier, scopes, std::move(more));
  const auto role = given_role("all of " + resource, resource, {"*"});
  auto agent = given_agent("agent at " + std::string(identifier));
  given_assignment(role, agent.id);
  return agent;
}

http::Response World::ask(std::string_view method, std::string_view target, std::string body, http::Headers headers) {
  http::Request request{.method = std::string(method),
                        .path = std::string(target.substr(0, target.find('?'))),
                        .query = "",
                        .headers = std::move(headers),
                        .body = std::move(body),
                        .peer = peer,
                        .secure = true,
                        .correlation_id = make_id("req", clock.now(), random)};
  if (const auto mark = target.find('?'); mark != std::string_view::npos) request.query = target.substr(mark + 1);
  std::promise<http::Response> promise;
  auto future = promise.get_future();
  endpoints::dispatch(request, *app_, [&promise](http::Response response) { promise.set_value(std::move(response)); });
  store->flush();
  auto response = future.get();
  if (response.document) response.body = *response.document;  // as it is on the wire
  return response;
}

http::Response World::form(std::string_view path, const std::vector<std::pair<std::string, std::string>>& parameters,
                           http::Headers headers) {
  std::string body;
  for (const auto& [name, value] : parameters)
    body.append(body.empty() ? "" : "&").append(percent_encode(name)).append("=").append(percent_encode(value));
  headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  return ask("POST", path, std::move(body), std::move(headers));
}

http::Response World::token(const Given& client, std::vector<std::pair<std::string, std::string>> more,
                            http::Headers headers) {
  more.emplace_back("grant_type", "client_credentials");
  headers.emplace_back("Authorization", oauth::basic(client.id, client.secret));
  return form("/oauth2/token", more, std::move(headers));
}

std::string World::access_token(const Given& client, std::string_view resource, std::string_view scope) {
  const auto response = token(client, {{"resource", std::string(resource)}, {"scope", std::string(scope)}});
  EXPECT_EQ(response.status, 200) << response.body;
  return text_at(body_of(response), "access_token");
}

std::string World::basic(const Given& client) const { return oauth::basic(client.id, client.secret); }

http::Response World::exchange(const Given& client, std::string_view subject_token,
                               std::vector<std::pair<std::string, std::string>> more, http::Headers headers) {
  const auto has = [&](std::string_view name) {
    return std::any_of(more.begin(), more.end(), [&](const auto& one) { return one.first == name; });
  };
  if (!has("subject_token_type"))
    more.emplace_back("subject_token_type", "urn:ietf:params:oauth:token-type:access_token");
  if (has("actor_token") && !has("actor_token_type"))
    more.emplace_back("actor_token_type", "urn:ietf:params:oauth:token-type:access_token");
  more.emplace_back("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange");
  if (!has("subject_token")) more.emplace_back("subject_token", subject_token);
  headers.emplace_back("Authorization", oauth::basic(client.id, client.secret));
  return form("/oauth2/token", more, std::move(headers));
}

std::string World::exchanged(const Given& client, std::string_view subject_token,
                             std::vector<std::pair<std::string, std::string>> more) {
  const auto response = exchange(client, subject_token, std::move(more));
  EXPECT_EQ(response.status, 200) << response.body;
  return response.status == 200 ? text_at(body_of(response), "access_token") : std::string();
}

http::Response World::introspect(const Given& caller, std::string_view token, http::Headers headers) {
  headers.emplace_back("Authorization", oauth::basic(caller.id, caller.secret));
  return form("/oauth2/introspect", {{"token", std::string(token)}}, std::move(headers));
}

http::Response World::admin_call(std::string_view method, std::string_view target, json::object body,
                                 http::Headers headers) {
  headers.emplace_back("Authorization", "Bearer " + access_token(admin, issuer + "/v1"));
  if (!body.empty()) headers.emplace_back("Content-Type", "application/json");
  return ask(method, target, body.empty() ? "" : json::serialize(body), std::move(headers));
}

json::array World::events(std::string_view action) {
  const auto page = store->events("default", {.action = std::string(action)}, {.after = 0, .limit = 10'000});
  CHECK(page);
  json::array out;
  for (const auto& event : page->events) out.push_back(json::parse(event.body));
  return out;
}

}  // namespace deputy::test
