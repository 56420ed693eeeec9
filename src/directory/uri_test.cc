// canonical_uri: one spelling for each identifier, and none for what two readers could read two ways.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "directory/noun.h"

using deputy::directory::canonical_uri;

TEST(CanonicalUri, gives_one_spelling) {
  const std::pair<const char*, const char*> cases[] = {
      {"https://api.example", "https://api.example"},
      {"HTTPS://API.Example:443/Path?Q=A", "https://api.example/Path?Q=A"},
      {"https://api.example/", "https://api.example/"},
      {"https://api.example?x=1", "https://api.example?x=1"},
      {"https://api.example:8443/a", "https://api.example:8443/a"},
      {"http://LOCALHOST:80/a", "http://localhost/a"},
      {"http://127.0.0.1:8080", "http://127.0.0.1:8080"},
      {"http://[::1]:9000/", "http://[::1]:9000/"},
      {"https://[2001:DB8::1]", "https://[2001:db8::1]"},
      {"https://xn--bcher-kva.example", "https://xn--bcher-kva.example"},
      {"URN:Example:Thing", "urn:example:Thing"},
  };
  for (const auto& [sent, expected] : cases) EXPECT_EQ(canonical_uri(sent), expected) << sent;
}

TEST(CanonicalUri, refuses_what_rfc_8707_does) {
  for (const auto* bad : {"", "api", "/path", "//api.example", "https://api.example#part", "https://api.example/#",
                          "mailto:a@b.example", "ftp://a.example", "javascript:alert(1)", "https:api.example",
                          "https://", "https:///path", "urn:", "urn:a:b", "urn:example:", "urn:exa_mple:a"})
    EXPECT_FALSE(canonical_uri(bad)) << bad;
}

TEST(CanonicalUri, a1_refuses_what_reads_as_another_host) {
  for (const auto* bad : {"https://good.example@evil.example", "https://a@b@c.example", "https://:@evil.example",
                          "https://good.example\\@evil.example", "https://good.example\\.evil.example",
                          "https://good.example%2eevil.example", "https://go od.example", "https://b\xc3\xbc" "cher.example",
                          "https://evil.example\n", "https://[::1]evil.example", "https://[::1", "https://[evil]",
                          "https://::1", "https://.example", "https://a..example", "https://a.example/%zz",
                          "https://a.example:", "https://a.example:0443", "https://a.example:65536",
                          "https://a.example:44a", "https://a.example:443:443"})
    EXPECT_FALSE(canonical_uri(bad)) << bad;
}

TEST(CanonicalUri, a41_plain_http_is_for_loopback_only) {
  for (const auto* bad : {"http://api.example", "http://localhost.evil.example", "http://127.0.0.1.evil.example",
                          "http://127.0.0.1.5", "http://127.1", "http://127.", "http://0.0.0.0", "http://[::2]",
                          "http://10.0.0.1"})
    EXPECT_FALSE(canonical_uri(bad)) << bad;
}

TEST(Url, is_of_https_or_http_on_any_host) {
  using deputy::directory::is_url;
  for (const auto* good : {"https://idp.example/jwks", "http://idp.internal.example/jwks", "http://10.0.0.1:8080",
                           "HTTPS://Idp.Example:443/Keys?set=A"})
    EXPECT_TRUE(is_url(good)) << good;
  for (const auto* bad : {"", "idp.example", "urn:example:keys", "ftp://idp.example/", "https://me@idp.example/",
                          "http://idp.example/#keys", "http://"})
    EXPECT_FALSE(is_url(bad)) << bad;
}

RC_GTEST_PROP(CanonicalUri, is_its_own_canonical_form, ()) {
  const auto part = [](const char* letters, int most) {
    auto text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string(letters)));
    text.resize(std::min<std::size_t>(text.size(), static_cast<std::size_t>(most)));
    return text;
  };
  const auto begin =
      *rc::gen::elementOf(std::vector<std::string>{"https://A", "HTTPS://[::1", "HTTP://LOCALHOST", "Urn:aB:x"});
  const auto port = *rc::gen::elementOf(std::vector<std::string>{"", "", ":443", ":80", ":8080", ":0", "]:443"});
  const auto text =
      begin + part("aB1.-", 4) + part("aB1.-:[]@%", *rc::gen::inRange(0, 3)) + port + "/" + part("/?aAf2:;=%#", 6);
  const auto once = canonical_uri(text);
  if (once) RC_ASSERT(canonical_uri(*once) == once);
  RC_CLASSIFY(once.has_value());
}
