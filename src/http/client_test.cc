// Outbound calls: what they bring, and where they do not go (ATTACKS A31).
#include "http/client.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "http/ca_file.h"
#include "http/certificate_test.h"
#include "http/raw_client_test.h"

namespace deputy::http {
namespace {

using testing::HasSubstr;

// A server of documents under TLS, and how often it was asked.
struct Site {
  Site() {
    ServerConfig config;
    config.tls = certificate.tls;
    server = serving(config, [this](const Request& request, const Send& send) {
      ++asked;
      if (request.path == "/never") {
        std::lock_guard lock(mutex);
        return unanswered.push_back(send);
      }
      Response response;
      response.content_type = "application/json";
      response.headers.emplace_back("Cache-Control", "max-age=60");
      if (request.path == "/secret") response.headers.emplace_back("Cache-Control", "no-store");
      response.headers.emplace_back("Set-Cookie", "a=1");
      response.headers.emplace_back("Set-Cookie", "b=2");
      response.body = request.method + " " + request.path + " " + request.body + " " +
                      std::string(request.header("X-Test").value_or("none")) + " " +
                      std::string(request.header("Content-Type").value_or("none"));
      if (request.path == "/redirect") {
        response.status = 302;
        response.headers.emplace_back("Location", "/elsewhere");
      }
      if (request.path == "/large") response.body.assign(200'000, 'x');
      if (request.path == "/missing") response.status = 404;
      send(std::move(response));
    });
    inside = {.bytes_max = 100'000, .timeout = Millis(5000), .allow_special_addresses = true,
              .allow_plain_http = false, .ca_file = certificate.tls.certificate_file};
    outside = inside;
    outside.allow_special_addresses = false;
  }
  std::string url(const std::string& path, const std::string& host = "127.0.0.1") const {
    return "https://" + host + ":" + std::to_string(server->port()) + path;
  }

  Certificate certificate{"site"};
  std::atomic<int> asked = 0;
  std::mutex mutex;
  std::vector<Send> unanswered;
  std::unique_ptr<Server> server;
  FetchLimits inside, outside;
};

TEST(Fetch, brings_a_document) {
  const Site site;
  const auto fetched = fetch(site.url("/keys"), site.inside);
  ASSERT_TRUE(fetched) << fetched.error().detail;
  EXPECT_EQ(fetched->status, 200);
  EXPECT_EQ(fetched->body, "GET /keys  none none");
  EXPECT_EQ(fetched->cache_control, "max-age=60");
  EXPECT_EQ(fetch(site.url("/secret"), site.inside)->cache_control, "max-age=60, no-store") << "two lines are one list";
  EXPECT_EQ(fetch(site.url("/missing"), site.inside)->status, 404);
}

TEST(Fetch, a31_does_not_go_to_special_addresses) {
  const Site site;
  for (const char* host :
       {"127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]", "0"}) {
    const auto fetched = fetch(site.url("/keys", host), site.outside);
    ASSERT_FALSE(fetched) << host;
    EXPECT_EQ(fetched.error().kind, Fault::Kind::invalid) << host << ": " << fetched.error().detail;
  }
  EXPECT_EQ(site.asked, 0);
}

TEST(Fetch, a31_does_not_follow_redirects) {
  const Site site;
  const auto fetched = fetch(site.url("/redirect"), site.inside);
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().kind, Fault::Kind::unavailable);
  EXPECT_EQ(site.asked, 1);
}

TEST(Fetch, a31_does_not_ask_a_proxy_of_the_environment) {
  const Site site;
  std::atomic<int> proxied = 0;
  const auto proxy = serving({}, [&](const Request&, const Send& send) {
    ++proxied;
    send({});
  });
  const auto address = "http://127.0.0.1:" + std::to_string(proxy->port());
  for (const char* name : {"https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy"}) ::setenv(name, address.c_str(), 1);
  EXPECT_TRUE(fetch(site.url("/keys"), site.inside));
  EXPECT_FALSE(fetch(site.url("/keys"), site.outside));
  FetchLimits plain = site.outside;
  plain.allow_plain_http = true;
  EXPECT_FALSE(fetch("http://127.0.0.1:" + std::to_string(proxy->port()) + "/", plain));
  for (const char* name : {"https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy"}) ::unsetenv(name);
  EXPECT_EQ(proxied, 0);
}

TEST(Fetch, a31_refuses_urls_of_other_kinds) {
  const Site site;
  const auto port = std::to_string(site.server->port());
  for (const auto& url :
       {std::string("http://127.0.0.1/"), std::string("file:///etc/passwd"), std::string("gopher://127.0.0.1/"),
        std::string("127.0.0.1"), std::string(""), "https://user:password@127.0.0.1:" + port + "/",
        "https://@127.0.0.1:" + port + "/", "https://127.0.0.1:" + port + "/\r\nX: y", std::string("https://"),
        "https://127.0.0.1:" + port + "/ x"}) {
    const auto fetched = fetch(url, site.inside);
    ASSERT_FALSE(fetched) << url;
    EXPECT_EQ(fetched.error().kind, Fault::Kind::invalid) << url;
  }
  EXPECT_EQ(site.asked, 0);
}

TEST(Fetch, a31_says_of_a_url_that_it_will_never_be_fetched) {
  const FetchLimits usual;
  for (const char* url : {"https://keys.example/set", "https://keys.example:8443/set?tenant=1", "https://8.8.8.8/",
                          "https://[2606:4700::1111]/"})
    EXPECT_FALSE(why_never_fetched(url, usual)) << url;
  for (const char* url : {"http://keys.example/", "ftp://keys.example/", "urn:example:keys", "",
                          "https://me@keys.example/", "https://keys.example/#set", "https://127.0.0.1/", "https://127.1/",
                          "https://0x7f000001/", "https://2130706433/", "https://10.0.0.1/", "https://169.254.169.254/",
                          "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://localhost/", "https://LOCALHOST./",
                          "https://a.localhost:8443/"})
    EXPECT_TRUE(why_never_fetched(url, usual)) << url;
  EXPECT_EQ(why_never_fetched("http://keys.example/", usual), "Send an https:// URL.");
  FetchLimits inside = usual;
  inside.allow_plain_http = inside.allow_special_addresses = true;
  EXPECT_FALSE(why_never_fetched("http://localhost:8080/keys", inside));
  EXPECT_TRUE(why_never_fetched("http://localhost:8080/keys#1", inside));
}

TEST(Fetch, refuses_what_is_too_large) {
  const Site site;
  const auto fetched = fetch(site.url("/large"), site.inside);
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().kind, Fault::Kind::unavailable);
  EXPECT_THAT(fetched.error().detail, HasSubstr("larger"));
}

TEST(Fetch, does_not_wait_for_ever) {
  Site site;
  site.inside.timeout = Millis(300);
  const auto fetched = fetch(site.url("/never"), site.inside);
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().kind, Fault::Kind::unavailable);
  std::lock_guard lock(site.mutex);
  for (auto& send : site.unanswered) send({});
}

TEST(Fetch, refuses_a_certificate_nobody_vouches_for) {
  Site site;
  site.inside.ca_file.clear();
  EXPECT_EQ(fetch(site.url("/keys"), site.inside).error().kind, Fault::Kind::unavailable);
  EXPECT_EQ(fetch(site.url("/keys"), site.inside).error().detail, untrusted);
  const Certificate other("other");
  site.inside.ca_file = other.tls.certificate_file;
  EXPECT_EQ(fetch(site.url("/keys"), site.inside).error().kind, Fault::Kind::unavailable);
  EXPECT_EQ(fetch(site.url("/keys"), site.inside).error().detail, untrusted);
  EXPECT_EQ(site.asked, 0);
}

Call asking(std::string method, std::string url) {
  return {.method = std::move(method), .url = std::move(url), .body = {}, .content_type = {}, .headers = {}};
}

TEST(ACall, sends_any_method_body_and_header) {
  const Site site;
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
    const auto reply = call({.method = method, .url = site.url("/a"), .body = "{}", .content_type = "application/json",
                             .headers = {{"X-Test", "yes"}}},
                            site.inside);
    ASSERT_TRUE(reply) << reply.error().detail;
    EXPECT_EQ(reply->body, std::string(method) + " /a {} yes application/json");
  }
  const auto head = call(asking("HEAD", site.url("/a")), site.inside);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->body, "");
}

TEST(ACall, brings_status_and_headers_as_they_are) {
  const Site site;
  const auto reply = call(asking("GET", site.url("/redirect")), site.inside);
  EXPECT_EQ(reply->status, 302);
  EXPECT_EQ(reply->header("location"), "/elsewhere");
  EXPECT_EQ(reply->header("Set-Cookie"), std::nullopt);  // twice: no one value
}

TEST(ACall, refuses_line_breaks_in_its_own_fields) {
  const Site site;
  const auto reply = call({.method = "GET", .url = site.url("/a"), .body = {}, .content_type = {},
                           .headers = {{"X-Test", "a\r\nX-Other: b"}}}, site.inside);
  EXPECT_EQ(reply.error().kind, Fault::Kind::invalid);
  EXPECT_EQ(call(asking("GET /x", site.url("/a")), site.inside).error().kind, Fault::Kind::invalid);
}

class Count final : public Feed {
 public:
  std::string next() override { return std::to_string(++at_) + ";"; }

 private:
  int at_ = 0;
};

TEST(AStream, gives_chunks_until_told_to_stop) {
  const auto server = serving({}, [](const Request& request, const Send& send) {
    Response response;
    response.body = "0;";
    if (request.path == "/refused") response.status = 403;
    else response.feed = std::make_shared<Count>();
    send(std::move(response));
  });
  FetchLimits limits;
  limits.allow_special_addresses = limits.allow_plain_http = true;
  limits.timeout = Millis(100);  // for the connect; the stream is longer
  auto ask = asking("GET", "http://127.0.0.1:" + std::to_string(server->port()) + "/");
  std::string heard;
  const auto reply = call_streaming(ask, limits, [&](std::string_view chunk) {
    heard += chunk;
    return heard.find("3;") == std::string::npos;
  });
  ASSERT_TRUE(reply) << reply.error().detail;
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(heard, "0;1;2;3;");

  heard.clear();
  ask.url += "refused";
  const auto refused = call_streaming(ask, limits, [&](std::string_view chunk) {
    heard += chunk;
    return true;
  });
  EXPECT_EQ(refused->status, 403);
  EXPECT_EQ(refused->body, "0;");
  EXPECT_EQ(heard, "");
}

}  // namespace
}  // namespace deputy::http
