// Key sets from real servers: one that never answers takes no other's place.
#include <future>

#include "crypto/key.h"
#include "http/client.h"
#include "http/raw_client_test.h"
#include "jose/jwk.h"
#include "tokens/key_set_fetcher.h"

namespace deputy::server {
namespace {

// A host of its own: all of 127.0.0.0/8 is this machine.
struct Site {
  explicit Site(const std::string& address) : address_(address) {
    http::ServerConfig config;
    config.address = address;
    server = http::serving(config, [this](const http::Request& request, const http::Send& send) {
      if (++asked == 2) second.set_value();
      {
        std::lock_guard lock(mutex);
        if (!answers) return unanswered.push_back(send);
      }
      static const auto key = crypto::PrivateKey::generate(crypto::Algorithm::ES256);
      http::Response response;
      response.body = json::serialize(json::object{
          {"keys", json::array{jose::public_jwk(key.public_key(), request.path, crypto::Algorithm::ES256)}}});
      send(std::move(response));
    });
  }
  std::string url(const std::string& path) const {
    return "http://" + address_ + ":" + std::to_string(server->port()) + path;
  }

  void let_go() {
    std::lock_guard lock(mutex);
    answers = true;
    for (const auto& send : unanswered) send({.status = 503});
  }

  std::string address_;
  bool answers = true;
  std::atomic<int> asked = 0;
  std::promise<void> second;
  std::mutex mutex;
  std::vector<http::Send> unanswered;
  std::unique_ptr<http::Server> server;
};

TEST(KeySets, a_server_that_hangs_holds_up_no_other) {
  Site hangs("127.0.0.1"), first("127.0.0.2"), second("127.0.0.3");
  hangs.answers = false;
  const SystemClock clock;
  const http::FetchLimits limits{.timeout = Seconds(60), .allow_special_addresses = true, .allow_plain_http = true};
  tokens::KeySetFetcher sets(
      [limits](const std::string& uri) -> Result<tokens::KeySetDocument, Fault> {
        TRY(auto fetched, http::fetch(uri, limits));
        return tokens::KeySetDocument{std::move(fetched.body), Seconds(300)};
      },
      clock);
  for (int i = 0; i < 10; ++i) sets.find(hangs.url("/" + std::to_string(i)));
  for (const auto* site : {&first, &second})
    for (const auto* path : {"/1", "/2"}) sets.find(site->url(path));
  for (auto* site : {&first, &second}) {
    // The second call begins when the first is done.
    ASSERT_EQ(site->second.get_future().wait_for(Seconds(30)), std::future_status::ready);
    EXPECT_NE(sets.find(site->url("/1")), nullptr);
  }
  EXPECT_LE(hangs.asked, 1);
  hangs.let_go();
}

}  // namespace
}  // namespace deputy::server
