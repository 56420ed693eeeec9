// The setting `origin`: what it may be, and what it is by itself.
#include <gtest/gtest.h>

#include "server/config.h"

namespace deputy::server {
namespace {

std::string why(const std::vector<Values>& layers) {
  const auto config = build(layers);
  return config ? "good" : config.error().detail;
}

TEST(Origin, an_origin_is_scheme_host_and_port_and_nothing_else) {
  for (const auto* good :
       {"https://id.example", "https://id.example:8443", "http://localhost:1", "http://[::1]:8440",
        "http://127.0.0.1:443", "https://192.0.2.1", "https://[2001:db8::1]:1", "https://xn--fsq.example", "https://id.0xide", "https://a_b.example:65535"})
    EXPECT_EQ(why({{{"origin", good}}}), "good") << good;
  const auto plain = why({{{"origin", "http://localhost.evil.example"}}});
  EXPECT_NE(plain.find("unless its host is loopback"), std::string::npos);
  for (const auto* bad :
       {"", "id.example", "https://", "https://a/b", "https://a/", "https://a?b", "https://u@a", "ftp://a",
        "https://h:99999", "https://h:0", "https://h:", "https://h:08", "https://h:1/", "https://h:1:2", "https://:8440", "https://[",
        "https://[]", "https://[::1", "https://[::1]x", "https://[::g]", "https://a\"b", "https://a,b", "https://a\\b",
        "https://é.example", "https://a\tb", "https://a b", "https://a+b", "https://a%41", "https://a..b", "https://.a",
        "https://1.2.3.999", "https://1.2.3"})
    EXPECT_NE(why({{{"origin", bad}}}).find("origin: must be https://host[:port]"), std::string::npos) << bad;
  EXPECT_NE(why({{{"origin", "https://" + std::string(260, 'a')}}}), "good") << "no audit log could be named after it";
}

TEST(Origin, an_origin_that_is_not_set_is_where_the_server_listens) {
  const auto origin = [](Values values) {
    const auto config = build({{{"log.level", "warn"}}, std::move(values)});
    EXPECT_EQ(config->texts.at("origin"), config->endpoints.origin);
    return config->endpoints.origin;
  };
  const auto with_tls = [&](const char* port) {
    return origin({{"http.port", port}, {"http.certificate_file", "tls.pem"}, {"http.private_key_file", "tls.key"}});
  };
  EXPECT_EQ(origin({}), "http://127.0.0.1:8440");
  EXPECT_EQ(origin({{"http.port", "9000"}}), "http://127.0.0.1:9000");
  EXPECT_EQ(origin({{"http.port", "80"}}), "http://127.0.0.1");
  EXPECT_EQ(origin({{"http.port", "443"}}), "http://127.0.0.1:443");
  EXPECT_EQ(origin({{"http.port", "0"}}), "http://127.0.0.1:8440") << "any free one";
  EXPECT_EQ(with_tls("9443"), "https://127.0.0.1:9443");
  EXPECT_EQ(with_tls("443"), "https://127.0.0.1");
  EXPECT_EQ(origin({{"http.port", "9000"}, {"origin", "http://127.0.0.1:8440"}}), "http://127.0.0.1:8440")
      << "it is set";
  EXPECT_EQ(origin({{"http.address", "::1"}}), "http://[::1]:8440");
  EXPECT_EQ(origin({{"http.address", "0:0::1"}, {"http.port", "80"}}), "http://[::1]");
  EXPECT_EQ(origin({{"http.address", "::ffff:127.0.0.1"}}), "http://127.0.0.1:8440");
}

TEST(Origin, an_origin_is_known_where_it_is_told_or_the_address_is_that_of_this_machine) {
  const auto known = [](const char* address, Values more = {}) {
    more.insert({{"http.address", address}, {"http.trusted_proxies", "10.0.0.1"}});
    return build({std::move(more)})->origin_known;
  };
  for (const auto* address : {"127.0.0.1", "::1", "::ffff:127.0.0.1"}) EXPECT_TRUE(known(address)) << address;
  for (const auto* address : {"0.0.0.0", "::", "10.0.0.2", "127.0.0.2", "fe80::1%eth0"}) {
    EXPECT_FALSE(known(address)) << address;
    EXPECT_TRUE(known(address, {{"origin", "https://id.example"}})) << address;
  }
}

// Browsers send an origin in one spelling, and a passkey is made for that one.
TEST(Origin, an_origin_in_another_spelling_is_refused_with_the_one_there_is) {
  for (const auto* other : {"https://ID.example", "HTTPS://id.example", "https://id.example:443", "http://localhost:80",
                            "http://[0:0::1]", "https://[2001:DB8::1]", "https://127.1", "https://0x7f.1",
                            "https://id.example."})
    EXPECT_NE(why({{{"origin", other}}}).find("as browsers send it: in lower case, :443 left out"), std::string::npos)
        << other;
}

}  // namespace
}  // namespace deputy::server
