// Hashes against their published vectors, and one keyed hash used by many threads.
#include "crypto/hash.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/encoding.h"

using namespace deputy;
using namespace deputy::crypto;

namespace {
std::string hmac(std::string key, std::string_view message) {
  if (key.size() < 32) key.resize(32, '\0');  // RFC 2104 §2: a short key is padded with zeros, so this is the same key
  return hex(as_text(KeyedHash(Secret(key))(message)));
}
}  // namespace

TEST(Sha256, agrees_with_fips_180) {
  EXPECT_EQ(hex(as_text(sha256(""))), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(as_text(sha256("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, rfc7636_appendix_b_challenge) {
  EXPECT_EQ(sha256_base64url("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

TEST(KeyedHash, rfc4231_vectors) {
  EXPECT_EQ(hmac(std::string(20, '\x0b'), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hmac("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hmac(std::string(20, '\xaa'), std::string(50, '\xdd')),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(hmac(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(hmac(std::string(131, '\xaa'),
                 "This is a test using a larger than block-size key and a larger than block-size data. The key needs "
                 "to be hashed before being used by the HMAC algorithm."),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

TEST(KeyedHash, is_one_function_for_all_threads) {
  const KeyedHash keyed(Secret("0123456789abcdef0123456789abcdef"));
  const KeyedHash other(Secret("fedcba9876543210fedcba9876543210"));
  std::vector<Digest> expected;
  for (int i = 0; i < 200; ++i) expected.push_back(keyed(std::to_string(i)));
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t)
      threads.emplace_back([&] {
        for (int round = 0; round < 20; ++round)
          for (std::size_t i = 0; i < expected.size(); ++i) {
            if (keyed(std::to_string(i)) != expected[i]) ++wrong;
            if (other(std::to_string(i)) == expected[i]) ++wrong;
          }
      });
  }
  EXPECT_EQ(wrong, 0);
}

TEST(KeyedHash, still_hashes_after_a_move) {
  KeyedHash keyed(Secret("0123456789abcdef0123456789abcdef"));
  const auto before = keyed("x");
  const KeyedHash moved(std::move(keyed));
  EXPECT_EQ(moved("x"), before);
}

TEST(Crc32, agrees_with_the_catalogue) {
  EXPECT_EQ(crc32("123456789"), 0xcbf43926u);
  EXPECT_EQ(crc32(""), 0u);
}
