// A whole server in one process, without sockets: given_*() builds it, ask() is the one verb.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "endpoints/app.h"
#include "endpoints/dispatch.h"
#include "http/message.h"

namespace deputy::test {

class FakeClock final : public Clock {
 public:
  Instant now() const override {
    const auto read = now_;
    if (looked) looked();
    return read;
  }
  void advance(Millis by) { now_ += by; }
  void set(Instant to) { now_ = to; }
  std::function<void()> looked;  // called when it has been read

 private:
  Instant now_ = from_unix_millis(1'800'000'000'000);
};

// The kernel's randomness, or what a test puts in its place.
class TestRandom final : public Random {
 public:
  explicit TestRandom(Random* instead) : instead_(instead) {}
  void fill(std::span<std::uint8_t> out) override { instead_ != nullptr ? instead_->fill(out) : system_.fill(out); }

 private:
  Random* instead_;
  SystemRandom system_;
};

struct Given {
  std::string id, secret;  // of a principal: its client_id and a live secret
};

class World {
 public:
  World() : World(store::open_memory_store()) {}
  explicit World(std::unique_ptr<store::Store> store, Random* random = nullptr);
  // The store stays and everything in memory is built anew, as after a restart.
  void restart();

  // --- what there is
  Given admin;  // the default tenant's, with the role administrator
  std::string given_user(std::string_view username);
  Given given_agent(std::string_view name, json::object more = {});  // owned by a user made for it; with a secret
  Given given_application(std::string_view name);
  std::string given_secret(std::string_view principal, json::object more = {});
  std::string given_credential(std::string_view principal, json::object body);  // gives its id
  std::string given_resource(std::string_view identifier, std::vector<std::string> scopes, json::object more = {});
  std::string given_role(std::string_view name, std::string_view resource, std::vector<std::string> patterns);
  std::string given_assignment(std::string_view role, std::string_view principal, json::object more = {});
  // An agent that holds all scopes of a resource: the shortest way to a token.
  Given given_agent_at(std::string_view identifier, std::vector<std::string> scopes, json::object resource_more = {});
  std::string put(store::Kind kind, json::object body, std::string_view under = "");
  void change(store::Kind kind, std::string_view id, json::object patch);  // straight in the store

  // --- what is asked
  http::Response ask(std::string_view method, std::string_view target, std::string body = "",
                     http::Headers headers = {});
  http::Response form(std::string_view path, const std::vector<std::pair<std::string, std::string>>& parameters,
                      http::Headers headers = {});
  // client_credentials by client_secret_basic, with further parameters.
  http::Response token(const Given& client, std::vector<std::pair<std::string, std::string>> more = {},
                       http::Headers headers = {});
  // The access token of that, which must have been given.
  std::string access_token(const Given& client, std::string_view resource, std::string_view scope = "");
  // A token exchange (RFC 8693) of an access token, with further parameters.
  http::Response exchange(const Given& client, std::string_view subject_token,
                          std::vector<std::pair<std::string, std::string>> more = {}, http::Headers headers = {});
  // The access token of that, which must have been given.
  std::string exchanged(const Given& client, std::string_view subject_token,
                        std::vector<std::pair<std::string, std::string>> more = {});
  std::string basic(const Given& client) const;  // an Authorization header
  http::Response introspect(const Given& caller, std::string_view token, http::Headers headers = {});
  // Bearer call at /v1 by the admin.
  http::Response admin_call(std::string_view method, std::string_view target, json::object body = {},
                            http::Headers headers = {});
  json::array events(std::string_view action = "");  // bodies, oldest first
  void tell_of_strangers();  // of refusals that were left out, as far as that is due
  void deliver_logouts();  // clients are told of ended sessions, as far as that is due

  FakeClock clock;
  TestRandom random;
  std::string peer = "127.0.0.1";  // the address requests come from
  std::unique_ptr<store::Store> store;
  endpoints::App& app() { return *app_; }
  void set(const std::function<void(endpoints::LiveConfig&)>& change);  // as a reload of the settings does
  std::string issuer = "https://id.example";
  std::map<std::string, std::string> documents;  // what a jwks_uri serves
  std::vector<std::pair<std::string, std::string>> posted;  // to clients' backchannel_logout_uri, and the body
  int post_status = 200;                                    // what those answer

 private:
  struct Parts;
  std::shared_ptr<Parts> parts_;
  endpoints::App* app_ = nullptr;
};

json::object body_of(const http::Response& response);          // fails the test when it is no object
std::string text_at(const json::object& object, std::string_view name);
// What stands between the first `before` and the next `after`; fails the test where there is none.
std::string between(std::string_view text, std::string_view before, std::string_view after);
// What the first field of that name holds, of a page's forms; fails the test where there is none.
std::string value_of(const http::Response& page, std::string_view name);
// The Location of what was done at /account, without the mark by which the page believes that it was.
std::string done_at(const http::Response& response);
std::string header_at(const http::Response& response, std::string_view name);    // the first; empty where there is none
std::string all_headers(const http::Response& response, std::string_view name);  // joined by ", "
std::string error_of(const http::Response& response);          // "401 invalid_client", or "200"
json::object claims_of(std::string_view jwt);                  // unverified
json::object header_of(std::string_view jwt);
std::vector<std::string> actors_of(const json::object& claims);  // of a token, outermost first

}  // namespace deputy::test
