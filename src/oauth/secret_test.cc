// A client secret says of itself that it is one, and a damaged one does not.
#include "oauth/secret.h"

#include <gtest/gtest.h>

#include <set>

using namespace deputy;

namespace {
SystemRandom system_random;
}

TEST(ClientSecret, has_a_prefix_scanners_know_and_never_repeats) {
  std::set<std::string> made;
  for (int i = 0; i < 1000; ++i) {
    const auto secret = oauth::make_client_secret(system_random);
    EXPECT_TRUE(secret.starts_with("dsk_"));
    EXPECT_EQ(secret.size(), 53u);
    EXPECT_TRUE(oauth::has_secret_form(secret)) << secret;
    made.insert(secret);
  }
  EXPECT_EQ(made.size(), 1000u);
}

TEST(ClientSecret, refuses_a_text_with_one_letter_changed) {
  const auto secret = oauth::make_client_secret(system_random);
  for (std::size_t at = 0; at < secret.size(); ++at) {
    auto damaged = secret;
    damaged[at] = damaged[at] == 'a' ? 'b' : 'a';
    EXPECT_FALSE(oauth::has_secret_form(damaged)) << at;
  }
}

TEST(ClientSecret, refuses_other_lengths_and_alphabets) {
  const auto secret = oauth::make_client_secret(system_random);
  EXPECT_FALSE(oauth::has_secret_form(""));
  EXPECT_FALSE(oauth::has_secret_form("dsk_"));
  EXPECT_FALSE(oauth::has_secret_form(secret + "a"));
  EXPECT_FALSE(oauth::has_secret_form(secret.substr(1)));
  auto spaced = secret;
  spaced[10] = ' ';
  EXPECT_FALSE(oauth::has_secret_form(spaced));
}
