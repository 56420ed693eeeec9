// Desk: what tests of signing in need: a store, a clock, cheap hashes, and a person called alice.
#pragma once

#include <gtest/gtest.h>

#include "base/id.h"
#include "signin/attempt.h"
#include "signin/authenticator.h"
#include "signin/methods.h"

namespace deputy::signin::test {

class Desk : public ::testing::Test {
 protected:
  explicit Desk(std::string origin = "https://id.example") : seal(seal_key()) {
    open({.origin = std::move(origin), .cost = {.memory_kib = 8, .passes = 1},
          .pool = {.name = "test", .threads = 1, .queue_max = 4}, .breached_file = "", .throttle = {}});
    put(store::Kind::tenant, "default", {{"name", "Default"}});
    alice = user("alice");
  }

  void open(Config config) {
    auto opened = Methods::open(std::move(config), *store, seal, random);
    ASSERT_TRUE(opened);
    methods_ = std::move(opened).take();
  }
  Methods& methods() { return *methods_; }

  std::string user(std::string_view username, std::string_view state = "active") {
    const auto id = make_id("usr", now, random);
    put(store::Kind::user, id, {{"username", username}, {"state", state}},
        {{"username", std::string(username), true}});
    return id;
  }
  void put(store::Kind kind, const std::string& id, const json::object& body, std::vector<store::Index> indexes = {}) {
    const auto there = store->get("default", kind, id);
    ASSERT_TRUE(there);
    commit({store::Put{.record = {.kind = kind, .tenant = "default", .id = id, .under = id, .created_at = now,
                                  .updated_at = now, .body = json::serialize(body)},
                       .expected_version = *there ? (*there)->version : 0,
                       .indexes = std::move(indexes)}});
  }
  void tenant(const json::object& fields) { put(store::Kind::tenant, "default", fields); }

  Attempt attempt(std::string peer = "192.0.2.1", std::string device = "") {
    audit::Event event;
    event.id = make_id("evt", now, random);
    event.at = now;
    event.tenant = "default";
    event.action = "user.sign_in";
    event.decision = audit::Decision::refused;
    return {.tenant = "default", .peer = std::move(peer), .device = std::move(device), .session = "session-1",
            .now = now, .event = std::move(event)};
  }

  // The batch is written; or why it was not.
  std::optional<store::Refused::Why> refusal_of(store::Writes writes) {
    const auto outcome = store->commit_now(std::move(writes));
    EXPECT_TRUE(outcome);
    const auto* refused = std::get_if<store::Refused>(&*outcome);
    if (refused == nullptr) return std::nullopt;
    return refused->why;
  }
  void commit(store::Writes writes) { ASSERT_FALSE(refusal_of(std::move(writes))); }

  std::optional<Authenticator> authenticator(Type type) {
    const auto all = authenticators_of(*store, "default", alice);
    EXPECT_TRUE(all);
    const auto* found = find(*all, type);
    return found == nullptr ? std::nullopt : std::optional(*found);
  }

  static crypto::SealKey seal_key() {
    SystemRandom random;
    auto key = crypto::SealKey::from_text(crypto::SealKey::generate_text(random));
    CHECK(key);
    return std::move(key).take();
  }

  Instant now = from_unix_seconds(1'800'000'000);
  SystemRandom random;
  crypto::SealKey seal;
  std::unique_ptr<store::Store> store = store::open_memory_store();
  std::string alice;

 private:
  std::unique_ptr<Methods> methods_;
};

// "granted", or the code of why not.
template <class T>
std::string how(const Result<T, Refusal>& result) {
  return result ? "granted" : std::string(code_of(result.error().why));
}

}  // namespace deputy::signin::test
