// Doubts are told of what can be served and is hardly meant, and of nothing else.
#include "server/doubts.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "http/certificate_test.h"
#include "server/temporary_folder_test.h"

namespace deputy::server {
namespace {

class Doubts : public ::testing::Test {
 protected:
  Config config(Values settings) const {
    settings.try_emplace("data", folder_);
    return *build({{{"http.port", "0"}, {"origin", "http://127.0.0.1:8440"}}, std::move(settings)});
  }
  std::vector<std::string> said(Values settings) const {
    return doubts(config(std::move(settings)), SystemClock().now());
  }
  bool doubtful(Values settings) const { return !said(std::move(settings)).empty(); }

  const TemporaryFolder temporary_;
  const std::string& folder_ = temporary_.path();
};

TEST_F(Doubts, an_https_origin_that_only_a_proxy_can_serve_and_no_proxy_that_is_named) {
  const http::Certificate certificate("id");
  const Values behind{{"origin", "https://id.example"}};
  auto named = behind;
  named.emplace("http.trusted_proxies", "127.0.0.1");
  EXPECT_TRUE(doubtful(behind));
  EXPECT_FALSE(doubtful(named));
  EXPECT_FALSE(doubtful({{"origin", "https://127.0.0.1"},
                         {"http.certificate_file", certificate.tls.certificate_file},
                         {"http.private_key_file", certificate.tls.private_key_file}}));
  EXPECT_FALSE(doubtful({}));
}

TEST_F(Doubts, an_origin_of_this_machine_with_a_port_at_which_the_server_does_not_listen) {
  const auto doubted = [&](std::string origin, const char* port, const char* proxies = "") {
    const auto* address = origin.starts_with("http://[") ? "::1" : "127.0.0.1";
    return doubtful({{"origin", std::move(origin)},
                     {"http.port", port},
                     {"http.address", address},
                     {"http.trusted_proxies", proxies}});
  };
  EXPECT_TRUE(doubted("http://127.0.0.1:8440", "9000"));
  EXPECT_TRUE(doubted("http://[::1]", "9000"));
  EXPECT_TRUE(doubted("http://localhost:8001", "1")) << "the port, and not its end";
  EXPECT_FALSE(doubted("http://127.0.0.1:9000", "9000"));
  EXPECT_FALSE(doubted("http://[::1]:9000", "9000"));
  EXPECT_FALSE(doubted("http://localhost", "80"));
  EXPECT_FALSE(doubted("http://127.0.0.1:8440", "0")) << "any free one";
  EXPECT_FALSE(doubted("http://127.0.0.1:8440", "9000", "127.0.0.1")) << "a proxy listens there";
}

TEST_F(Doubts, an_origin_of_this_machine_with_an_address_at_which_the_server_does_not_listen) {
  const http::Certificate certificate("id");
  const auto first = [&](std::string origin, const char* address, Values more = {}) {
    more.insert({{"origin", std::move(origin)}, {"http.address", address}});
    const auto all = said(std::move(more));
    return all.empty() ? "" : all.front().substr(0, all.front().find(','));
  };
  const std::string another = "origin names another address than http.address";
  EXPECT_EQ(first("http://127.0.0.1:8440", "::1"), another);
  EXPECT_EQ(first("http://[::1]:8440", "127.0.0.1"), another);
  EXPECT_EQ(first("http://127.0.0.1:8440", "127.0.0.2"), another);
  EXPECT_EQ(first("http://localhost:8440", "127.0.0.2"), another);
  EXPECT_EQ(first("http://127.0.0.1:8440", "::ffff:127.0.0.1"), "");
  EXPECT_EQ(first("http://localhost:8440", "127.0.0.1"), "");
  EXPECT_EQ(first("http://localhost:8440", "::1"), "");

  const Values tls{{"http.certificate_file", certificate.tls.certificate_file},
                   {"http.private_key_file", certificate.tls.private_key_file}};
  const std::string others = "http.address lets other machines in";
  EXPECT_EQ(first("https://127.0.0.1:8440", "10.0.0.1", tls), another);
  EXPECT_EQ(first("https://127.0.0.1:8440", "0.0.0.0", tls), others);
  EXPECT_EQ(first("https://localhost:8440", "::", tls), others);
  EXPECT_EQ(first("https://[::1]:8440", "0.0.0.0", tls), another);
  EXPECT_EQ(first("https://[::1]:8440", "::", tls), others);
  auto proxied = tls;
  proxied.emplace("http.trusted_proxies", "10.0.0.1");
  EXPECT_EQ(first("https://127.0.0.1:8440", "0.0.0.0", proxied), "");
}

TEST_F(Doubts, a_variable_that_nearly_names_a_setting) {
  EXPECT_FALSE(doubtful({}));
  for (const auto* name : {"DEPUTY_HTP_PORT", "DEPUTY_SERVER", "DEPUTY_HTTP_THREADS"}) ::setenv(name, "1", 1);
  const auto all = said({});
  for (const auto* name : {"DEPUTY_HTP_PORT", "DEPUTY_SERVER", "DEPUTY_HTTP_THREADS"}) ::unsetenv(name);
  EXPECT_EQ(all, (std::vector<std::string>{"DEPUTY_HTP_PORT in the environment names no setting: was "
                                           "DEPUTY_HTTP_PORT meant?"}));
}

TEST_F(Doubts, a_file_that_others_may_read_with_its_mode) {
  const auto one = [&](const std::string& path, mode_t mode) {
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    const auto all = said({});
    EXPECT_EQ(::chmod(path.c_str(), 0700), 0);
    return all.empty() ? "" : all.front();
  };
  for (const auto* name : {"/deputy.db", "/deputy.db-wal", "/deputy.db-shm"}) {
    const auto path = folder_ + name;
    std::ofstream(path).flush();
    EXPECT_EQ(one(path, 0644), path + " is open to others (mode 0644): chmod 600 " + path);
    EXPECT_EQ(one(path, 0600), "");
  }
  EXPECT_EQ(one(folder_, 0755), folder_ + " is open to others (mode 0755): chmod 700 " + folder_);
  const auto settings = folder_ + "/deputy.yaml";
  std::ofstream(settings).flush();
  EXPECT_EQ(one(settings, 0666), settings + " is open to others (mode 0666): chmod 600 " + settings);
  EXPECT_EQ(one(settings, 0644), "") << "no setting is a secret";
}

TEST_F(Doubts, a_certificate_that_clients_refuse) {
  const http::Certificate certificate("id");
  const auto of = [&](const char* origin, Seconds from_now, const char* proxies = "") {
    const auto all = doubts(config({{"origin", origin},
                                    {"http.trusted_proxies", proxies},
                                    {"http.certificate_file", certificate.tls.certificate_file},
                                    {"http.private_key_file", certificate.tls.private_key_file}}),
                            SystemClock().now() + from_now);
    const auto start = "the certificate in " + certificate.tls.certificate_file + " ";
    EXPECT_LE(all.size(), 1U);
    return all.empty() || !all.front().starts_with(start) ? "" : all.front().substr(start.size());
  };
  const Seconds day{86400}, none{0};
  EXPECT_EQ(of("https://127.0.0.1", none), "");
  EXPECT_EQ(of("https://localhost", none), "");
  EXPECT_EQ(of("https://localhost", day), "has expired: clients refuse it");
  EXPECT_EQ(of("https://localhost", -day), "is not valid yet: clients refuse it");
  EXPECT_EQ(of("https://id.example", none), "is not for the host that origin names: clients refuse it");
  EXPECT_EQ(of("https://10.0.0.1", none), "is not for the host that origin names: clients refuse it");
  EXPECT_EQ(of("https://id", none), "is not for the host that origin names: clients refuse it") << "its common name";
  EXPECT_EQ(of("https://id.example", none, "127.0.0.1"), "") << "clients see the proxy's";
}

}  // namespace
}  // namespace deputy::server
