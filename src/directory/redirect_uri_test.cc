// Every trick by which a redirect URI passes for another (A1), as one table.
#include "directory/redirect_uri.h"

#include <gtest/gtest.h>

using namespace deputy::directory;

namespace {

struct Row {
  std::string_view registered, sent;
  bool same;
};
constexpr Row rows[] = {
    {"https://app.example/cb", "https://app.example/cb", true},
    {"https://app.example/cb?a=1", "https://app.example/cb?a=1", true},
    {"com.example.app:/cb", "com.example.app:/cb", true},
    // prefix, suffix, subdomain, another domain that ends alike
    {"https://app.example/cb", "https://app.example/cb/", false},
    {"https://app.example/cb", "https://app.example/cb/more", false},
    {"https://app.example/cb", "https://app.example/c", false},
    {"https://app.example/cb", "https://evil.app.example/cb", false},
    {"https://app.example/cb", "https://app.example.evil/cb", false},
    {"https://app.example/cb", "https://evilapp.example/cb", false},
    // path traversal, also in the spellings that servers and proxies resolve (CVE-2026-3872)
    {"https://app.example/cb", "https://app.example/x/../cb", false},
    {"https://app.example/cb", "https://app.example/cb/..;/evil", false},
    {"https://app.example/cb", "https://app.example/cb/%2e%2e/evil", false},
    {"https://app.example/cb", "https://app.example/%63b", false},
    // user info, once and twice (CVE-2026-7504)
    {"https://app.example/cb", "https://app.example@evil.example/cb", false},
    {"https://app.example/cb", "https://a@app.example@evil.example/cb", false},
    {"https://app.example/cb", "https://evil.example\\@app.example/cb", false},
    // case, port, scheme, fragment, query, encoded slash, white space
    {"https://app.example/cb", "https://APP.example/cb", false},
    {"https://app.example/cb", "https://app.example/CB", false},
    {"https://app.example/cb", "https://app.example:443/cb", false},
    {"https://app.example/cb", "https://app.example:8443/cb", false},
    {"https://app.example/cb", "http://app.example/cb", false},
    {"https://app.example/cb", "https://app.example/cb#x", false},
    {"https://app.example/cb", "https://app.example/cb?x=1", false},
    {"https://app.example/cb?a=1", "https://app.example/cb", false},
    {"https://app.example/a/cb", "https://app.example/a%2fcb", false},
    {"https://app.example/cb", " https://app.example/cb", false},
    {"https://app.example/cb", "", false},
    // names that look alike (IDN): compared as they are spelled
    {"https://app.example/cb", "https://xn--pp-8cd.example/cb", false},
    // loopback: the port is free, and nothing else; one host is not another
    {"http://127.0.0.1/cb", "http://127.0.0.1:51004/cb", true},
    {"http://127.0.0.1:8000/cb", "http://127.0.0.1:51004/cb", true},
    {"http://127.0.0.1:8000/cb", "http://127.0.0.1/cb", true},
    {"http://[::1]/cb", "http://[::1]:51004/cb", true},
    {"http://localhost/cb", "http://localhost:3000/cb", true},
    // and one without a path is not the one whose path is "/"
    {"http://localhost:4242", "http://localhost:4242", true},
    {"http://localhost:4242", "http://localhost:51004", true},
    {"http://localhost:4242", "http://localhost:4242/", false},
    {"http://localhost:4242/", "http://localhost:4242", false},
    {"http://127.0.0.1/cb", "http://localhost/cb", false},
    {"http://127.0.0.1/cb", "http://[::1]/cb", false},
    {"http://localhost/cb", "http://127.0.0.1/cb", false},
    {"http://127.0.0.1/cb", "https://127.0.0.1:51004/cb", false},
    {"http://127.0.0.1/cb", "http://127.0.0.1:51004/other", false},
    {"http://127.0.0.1/cb", "http://127.0.0.1:51004@evil.example/cb", false},
    {"http://127.0.0.1/cb", "http://127.0.0.1.evil.example/cb", false},
    {"http://127.0.0.1/cb", "http://127.0.0.1:/cb", false},
    {"http://127.0.0.1/cb", "http://127.0.0.1:0/cb", false},
    {"http://127.0.0.1/cb", "http://127.0.0.1:080/cb", false},
    {"http://127.0.0.1/cb", "http://127.0.0.1:65536/cb", false},
    {"http://127.0.0.1/cb", "http://127.0.0.2:51004/cb", false},
    {"http://localhost/cb", "http://localhostevil/cb", false},
    // private-use schemes have no port to be free
    {"com.example.app:/cb", "com.example.app:/cb2", false},
    {"com.example.app:/cb", "com.example.app2:/cb", false},
    {"com.example.app:/cb", "COM.example.app:/cb", false},
};

}  // namespace

TEST(RedirectUri, a1_only_the_registered_string_is_the_registered_uri) {
  for (const auto& row : rows) {
    ASSERT_TRUE(is_redirect_uri(row.registered)) << row.registered;
    EXPECT_EQ(redirects_to(row.registered, row.sent), row.same) << row.registered << " <- " << row.sent;
  }
}

TEST(RedirectUri, a1_what_two_parsers_could_read_in_two_ways_is_not_registered) {
  for (const std::string_view bad :
       {"", "/cb", "cb", "//app.example/cb", "http://app.example/cb", "ftp://app.example/cb", "javascript:alert(1)",
        "data:text/html,x", "myapp:/cb", "https:app.example", "https://", "https://app.example/cb#", "https://app.example/#x",
        "https://user@app.example/cb", "https://a@b@app.example/cb", "https://app.example/../cb", "https://app.example/./cb",
        "https://app.example/%2e%2e/cb", "https://app.example/.%2E/cb", "https://app.example/..;/cb",
        "https://app.example/..;a=b/cb", "https://app.example/a%2fb", "https://app.example/a%5cb", "https://app.example\\cb",
        "https://app.example/*", "https://*.example/cb", "https://APP.example/cb", "https://app.example:443/cb",
        "https://app.example:99999/cb", "https://app.example/c b", "https://app.example/%zz", "https://äpp.example/cb",
        "https://[1::2::3]/cb", "https://[:::]/cb", "https://[1:2]/cb", "https://[::12345]/cb", "https://[::1.2.3]/cb",
        "https://-/cb", "https://-a.example/cb", "https://a-.example/cb", "https://a.-b/cb", "https://a.b-/cb",
        "http://127.0.0.1.evil.example/cb", "http://localhost.evil.example/cb", "com.example.app:cb",
        "com.example.app://u@h/cb", "com.example.app:/../cb", ".example:/cb", "com.:/cb"})
    EXPECT_FALSE(is_redirect_uri(bad)) << bad;
  EXPECT_FALSE(is_redirect_uri("https://app.example/" + std::string(2000, 'a')));
}

TEST(RedirectUri, rfc6749_s3_1_what_a_response_adds_is_not_there_already) {
  constexpr std::string_view added[] = {"state", "code"};
  for (const std::string_view bad :
       {"https://a.example/cb?state=x", "https://a.example/cb?a=1&code=2", "https://a.example/cb?code",
        "https://a.example/cb?&st%61te=", "com.example.app:/cb?state=x"})
    EXPECT_TRUE(brings(bad, added)) << bad;
  for (const std::string_view good :
       {"https://a.example/state=x", "https://a.example/cb?", "https://a.example/cb?State=x",
        "https://a.example/cb?my_state=x&a=code", "https://a.example/cb?iss=x"})
    EXPECT_FALSE(brings(good, added)) << good;
}

TEST(RedirectUri, what_clients_really_use_is_registered) {
  for (const std::string_view good :
       {"https://app.example", "https://app.example/", "https://app.example/cb?tenant=1", "https://app.example:8443/cb",
        "http://localhost:3000/callback", "http://127.0.0.1/", "http://[::1]:8080/cb", "com.example.app:/oauth/cb",
        "com.example.app://oauth/cb", "https://app.example/..a/b..", "https://xn--pp-8cd.example/cb",
        "https://[2001:db8::1]:8443/cb", "https://[::ffff:192.0.2.1]/cb", "https://a--b_c.example./cb"})
    EXPECT_TRUE(is_redirect_uri(good)) << good;
}
