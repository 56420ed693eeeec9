// Follower: a revocation follower, and a server that says what the test has it say.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "client/revocation_follower.h"
#include "client/table_transport.h"
#include "delegation/revocation_json.h"
#include "jose/jwt.h"

namespace deputy::client::test {

class TestClock final : public Clock {
 public:
  Instant now() const override { return at; }
  Instant at = from_unix_millis(1'800'000'000'000);
};

inline const std::string issuer = "https://id.example";

struct Follower : testing::Test {
  TestClock clock;
  SystemRandom random;
  client::TableTransport transport;
  client::Api api{transport, clock, random, issuer, {"agt_guard", Secret("s")}};
  crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::Algorithm::ES256);
  std::vector<std::uint64_t> heard;
  RevocationFollower follower{api, clock, [this](const delegation::Revocation& one) {
                                heard.push_back(one.seq);
                                if (heard.size() == stop_after) follower.stop();
                              }};
  std::size_t stop_after = 100;
  int snapshots = 0, streams = 0;

  void SetUp() override {
    transport.serve(issuer);
    const json::object set{
        {"keys", json::array{jose::public_jwk(key.public_key(), "k1", crypto::Algorithm::ES256)}}};
    transport.on("GET " + issuer + "/oauth2/jwks", 200, json::serialize(set));
    snapshot_is({}, 0);
  }

  delegation::Revocation entry(std::uint64_t seq, std::uint64_t previous) {
    return {.seq = seq, .previous = previous, .kind = delegation::Kills::token, .target = "jti_" + std::to_string(seq),
            .issued_before = clock.at, .until = clock.at + Seconds(300), .at = clock.at};
  }
  // What the server calls a seq is its own affair.
  static std::string place(std::uint64_t seq) { return std::to_string(seq) + "-" + std::to_string(seq + 4711); }
  std::string event(std::uint64_t seq, std::uint64_t previous) {
    return "id: " + place(seq) + "\nevent: revocation\ndata: " +
           json::serialize(delegation::to_json(entry(seq, previous))) + "\n\n";
  }
  std::string beat(std::uint64_t last, Millis later = Millis(0)) {
    return "event: heartbeat\ndata: {\"last\":" + std::to_string(last) + ",\"now\":\"" + rfc3339(clock.at + later) +
           "\"}\n\n";
  }
  std::string snapshot(std::vector<delegation::Revocation> entries, std::uint64_t seq,
                       std::string_view type = "revocation-snapshot+jwt") {
    json::array list;
    for (const auto& one : entries) list.push_back(delegation::to_json(one));
    const json::object claims{{"iss", issuer},
                              {"aud", issuer + "/v1/revocations"},
                              {"iat", unix_seconds(clock.at)},
                              {"exp", unix_seconds(clock.at) + 60},
                              {"seq", seq},
                              {"place", place(seq)},
                              {"revocations", std::move(list)}};
    return jose::sign(key, crypto::Algorithm::ES256, "k1", type, json::serialize(claims));
  }
  void snapshot_is(std::vector<delegation::Revocation> entries, std::uint64_t seq) {
    transport.on("GET " + issuer + "/v1/revocations/snapshot",
                 [this, text = snapshot(std::move(entries), seq)](const http::Call&) {
                   ++snapshots;
                   return Result<http::Reply, Fault>(http::Reply{200, {}, text});
                 });
  }
  // What the connections say, one after the other; then the client is refused, and the follower gives up.
  void streams_are(std::vector<std::string> texts) {
    transport.on("GET " + issuer + "/v1/revocations",
                 [this, texts = std::move(texts)](const http::Call& call) -> Result<http::Reply, Fault> {
                   if (call.url.ends_with("/snapshot")) {
                     ++snapshots;
                     return http::Reply{200, {}, next_snapshot};
                   }
                   const auto at = static_cast<std::size_t>(streams++);
                   if (at < texts.size() && texts[at] == "410") return http::Reply{410, {}, ""};
                   return at < texts.size() ? http::Reply{200, {}, texts[at]} : http::Reply{403, {}, ""};
                 });
  }
  std::string next_snapshot = snapshot({}, 0);
  bool dead(std::string_view jti) {
    return follower.set().kills("", {.jti = jti, .issued_at = clock.at});
  }
  bool fresh() { return follower.fresh(clock.at, Seconds(10)); }
};

}  // namespace deputy::client::test
