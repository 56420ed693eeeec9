// For tests: a store with sessions that end, and the net in which their clients are called.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

#include "base/id.h"
#include "base/json.h"
#include "tokens/backchannel_logout.h"
#include "tokens/call_turns.h"
#include "tokens/logout_delivery.h"
#include "tokens/session_clients.h"

namespace deputy::tokens {

class SteppedClock final : public Clock {
 public:
  Instant now() const override { return at; }
  Instant at = from_unix_seconds(1'800'000'000);
};

// What is posted where, to URIs that hang until they are let go, and to some that never answer.
struct Net {
  Result<int, Fault> post(const std::string& uri) {
    std::unique_lock lock(mutex);
    called.push_back(uri);
    most_of_host = std::max(most_of_host, ++under_way[host_of(uri)]);
    ++all_under_way;
    changed.notify_all();
    changed.wait(lock, [&] { return !hanging.contains(uri); });
    --under_way[host_of(uri)];
    --all_under_way;
    if (silent.contains(uri)) return Fail{Fault{Fault::Kind::unavailable, "timed out"}};
    return 200;
  }
  bool wait_for(std::size_t calls) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, Seconds(30), [&] { return called.size() >= calls; });
  }
  void let_go() {
    const std::lock_guard lock(mutex);
    hanging.clear();
    changed.notify_all();
  }
  std::ptrdiff_t calls(const std::string& uri) {
    const std::lock_guard lock(mutex);
    return std::count(called.begin(), called.end(), uri);
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> called;
  std::set<std::string> hanging, silent;
  std::map<std::string, int> under_way;
  int all_under_way = 0, most_of_host = 0;
};

class BackchannelLogoutTest : public testing::Test {
 protected:
  BackchannelLogoutTest() {
    for (const auto* tenant : {"default", "other"}) commit(keyring.first_keys(tenant));
  }
  void TearDown() override { net.let_go(); }
  void commit(store::Writes writes) {
    const auto outcome = store->commit_now(std::move(writes));
    ASSERT_TRUE(outcome && std::holds_alternative<Done>(*outcome));
  }
  void client(const std::string& id, json::object more = {}) {
    more["name"] = id, more["state"] = "active", more.emplace("backchannel_logout_uri", "https://" + id);
    record(id, json::serialize(more));
  }
  void record(const std::string& id, std::string body, const std::string& tenant = "default") {
    commit({store::Put{.record = {.kind = store::Kind::application, .tenant = tenant, .id = id, .under = id,
                                  .body = std::move(body)}}});
  }
  // A session that signed its person in to these clients, and has ended.
  void ended(const std::string& sid, const std::vector<std::string>& clients, const std::string& tenant = "default") {
    for (const auto& one : clients) commit(note_client(tenant, sid, one, clock.at + Seconds(3600)));
    commit({tell_clients({tenant, "https://id.example", "usr_alice", sid}, clock.at, random)});
  }
  // The same, of clients that are made for it.
  void ended_at(const std::string& sid, const std::vector<std::string>& uris, const std::string& tenant = "default") {
    std::vector<std::string> clients;
    for (const auto& uri : uris) {
      clients.push_back(make_id("app", clock.at, random));
      const json::object body{{"name", uri}, {"state", "active"}, {"backchannel_logout_uri", uri}};
      record(clients.back(), json::serialize(body), tenant);
    }
    ended(sid, clients, tenant);
  }
  std::unique_ptr<BackchannelLogout> node(PostForm post, LogoutLimits limits = {}) {
    return std::make_unique<BackchannelLogout>(std::move(post), *store, keyring, clock, random, limits);
  }
  PostForm to_nobody() {
    return [](const std::string&, const std::string&) { return Fail{Fault{Fault::Kind::unavailable, "timed out"}}; };
  }
  PostForm to_net() {
    return [this](const std::string& uri, const std::string&) { return net.post(uri); };
  }
  // A node whose threads run until the end of the test.
  BackchannelLogout& running(LogoutLimits limits = {}) {
    started = node(to_net(), limits);
    started->start();
    return *started;
  }
  std::size_t tellings(const std::string& tenant = "default") {
    return store->events(tenant, {.action = "session.tell"}, {.limit = 1000})->events.size();
  }
  std::size_t waiting() {
    return store->list(deliveries_tenant, store::Kind::logout_delivery, {.limit = 1000})->size();
  }

  SteppedClock clock;
  SystemRandom random;
  crypto::SealKey seal = crypto::SealKey::from_text(crypto::SealKey::generate_text(random)).take();
  std::unique_ptr<store::Store> store = store::open_memory_store();
  Keyring keyring{*store, seal, clock, random, {}};
  Net net;
  std::unique_ptr<BackchannelLogout> started;
  const std::string first = make_id("app", clock.at, random), second = make_id("app", clock.at, random);
};

}  // namespace deputy::tokens
