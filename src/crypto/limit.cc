// Bare loops over OpenSSL and libsodium.
#include "crypto/limit.h"

#include <openssl/ec.h>
#include <sodium.h>

#include <chrono>

#include "crypto/key_state.h"

namespace deputy::crypto {
namespace {

const std::string message(512, 'm');  // a signed access token's header and claims

template <class Step>
double per_second(Millis for_how_long, Step step) {
  using Stopwatch = std::chrono::steady_clock;
  constexpr int warm_up = 500, batch = 100;
  for (int i = 0; i < warm_up; ++i) step();
  const auto start = Stopwatch::now();
  std::int64_t done = 0;
  for (;;) {
    for (int i = 0; i < batch; ++i) step();
    done += batch;
    const std::chrono::duration<double> spent = Stopwatch::now() - start;
    if (spent >= for_how_long) return static_cast<double>(done) / spent.count();
  }
}

struct Es256Loop {
  Pkey key{EVP_EC_gen("P-256")};
  PkeyContext sign_context{EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr)};
  PkeyContext verify_context{EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr)};
  DigestContext hash_context{EVP_MD_CTX_new()};
  std::array<unsigned char, 32> digest{};
  std::array<unsigned char, 72> signature{};
  std::size_t size = 0;

  Es256Loop() {
    CHECK(EVP_PKEY_sign_init(sign_context.get()) == 1 && EVP_PKEY_verify_init(verify_context.get()) == 1);
    CHECK(EVP_DigestInit_ex2(hash_context.get(), fetched_sha256(), nullptr) == 1);
    sign();
  }
  void hash() {
    CHECK(EVP_DigestInit_ex2(hash_context.get(), nullptr, nullptr) == 1);
    CHECK(EVP_DigestUpdate(hash_context.get(), message.data(), message.size()) == 1);
    CHECK(EVP_DigestFinal_ex(hash_context.get(), digest.data(), nullptr) == 1);
  }
  void sign() {
    hash();
    size = signature.size();
    CHECK(EVP_PKEY_sign(sign_context.get(), signature.data(), &size, digest.data(), digest.size()) == 1);
  }
  void verify() {
    hash();
    CHECK(EVP_PKEY_verify(verify_context.get(), signature.data(), size, digest.data(), digest.size()) == 1);
  }
};

struct EddsaLoop {
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> public_half{};
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secret{};
  std::array<unsigned char, crypto_sign_BYTES> signature{};

  EddsaLoop() {
    ready_libsodium();
    CHECK(crypto_sign_keypair(public_half.data(), secret.data()) == 0);
    sign();
  }
  void sign() {
    crypto_sign_detached(signature.data(), nullptr, as_bytes(message), message.size(), secret.data());
  }
  void verify() {
    CHECK(crypto_sign_verify_detached(signature.data(), as_bytes(message), message.size(), public_half.data()) == 0);
  }
};

}  // namespace

double raw_es256_signatures_per_second(Millis for_how_long) {
  Es256Loop loop;
  return per_second(for_how_long, [&] { loop.sign(); });
}
double raw_es256_verifications_per_second(Millis for_how_long) {
  Es256Loop loop;
  return per_second(for_how_long, [&] { loop.verify(); });
}
double raw_eddsa_signatures_per_second(Millis for_how_long) {
  EddsaLoop loop;
  return per_second(for_how_long, [&] { loop.sign(); });
}
double raw_eddsa_verifications_per_second(Millis for_how_long) {
  EddsaLoop loop;
  return per_second(for_how_long, [&] { loop.verify(); });
}

}  // namespace deputy::crypto
