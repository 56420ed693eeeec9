// Making, keeping and using private keys.
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <sodium.h>

#include "base/encoding.h"
#include "crypto/ecdsa.h"
#include "crypto/hash.h"
#include "crypto/key_state.h"

namespace deputy::crypto {
namespace {

Fail<Fault> refuse(const char* why) { return Fail{Fault{Fault::Kind::invalid, why}}; }

Secret ed25519_from_seed(std::string_view seed) {
  ready_libsodium();
  CHECK(seed.size() == crypto_sign_SEEDBYTES);
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> both;
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> half;
  CHECK(crypto_sign_seed_keypair(half.data(), both.data(), as_bytes(seed)) == 0);
  Secret secret(as_text(both));
  sodium_memzero(both.data(), both.size());
  return secret;
}

// Signing would not tell: OpenSSL notices factors that do not fit and does without them, slowly.
bool is_product_of_its_primes(const EVP_PKEY* key) {
  const auto number = [&](const char* parameter) {
    BIGNUM* read = nullptr;
    if (EVP_PKEY_get_bn_param(key, parameter, &read) != 1) forget_errors();
    return std::unique_ptr<BIGNUM, Free>(read);
  };
  const auto n = number(OSSL_PKEY_PARAM_RSA_N);
  const auto p = number(OSSL_PKEY_PARAM_RSA_FACTOR1), q = number(OSSL_PKEY_PARAM_RSA_FACTOR2);
  if (!n || !p || !q) return false;
  const std::unique_ptr<BIGNUM, Free> product(BN_secure_new());
  const std::unique_ptr<BN_CTX, Free> scratch(BN_CTX_secure_new());
  CHECK(product && scratch && BN_mul(product.get(), p.get(), q.get(), scratch.get()) == 1);
  return BN_cmp(product.get(), n.get()) == 0;
}

Result<PublicParts, Fault> public_parts(const EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "EC") == 1) {
    std::array<char, 32> group{};
    std::size_t length = 0;
    if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size(), &length) != 1 ||
        std::string_view(group.data(), length) != "prime256v1") {
      forget_errors();
      return refuse("RFC 7518 §3.4: the curve of ES256 is P-256");
    }
    const auto x = key_number(key, OSSL_PKEY_PARAM_EC_PUB_X, p256_octets);
    const auto y = key_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, p256_octets);
    if (!x || !y) return refuse("the key has no public half");
    return PublicParts{.kty = "EC", .crv = "P-256", .x = base64url(*x), .y = base64url(*y), .n = {}, .e = {}};
  }
  if (EVP_PKEY_is_a(key, "RSA") == 1) {
    if (!is_product_of_its_primes(key)) return refuse("RFC 8017 §3.2: n is p times q");
    const auto n = key_number(key, OSSL_PKEY_PARAM_RSA_N), e = key_number(key, OSSL_PKEY_PARAM_RSA_E);
    if (!n || !e) return refuse("the key has no public half");
    return PublicParts{.kty = "RSA", .crv = {}, .x = {}, .y = {}, .n = base64url(*n), .e = base64url(*e)};
  }
  return refuse("RFC 7518 §6.1: a key of kind EC, OKP or RSA");
}

}  // namespace

PrivateKey PrivateKey::generate(Algorithm algorithm) {
  auto state = std::make_shared<State>();
  if (algorithm == Algorithm::EdDSA) {
    ready_libsodium();
    std::string seed(crypto_sign_SEEDBYTES, '\0');
    randombytes_buf(seed.data(), seed.size());
    state->ed25519 = ed25519_from_seed(seed);
    wipe(seed);
  } else if (algorithm == Algorithm::ES256) {
    state->key.reset(EVP_EC_gen("P-256"));
  } else {
    state->key.reset(EVP_RSA_gen(2048));
  }
  CHECK(state->key || !state->ed25519.empty());
  auto key = accept(std::move(state));
  CHECK(key);
  return std::move(key).take();
}

Result<PrivateKey, Fault> PrivateKey::accept(std::shared_ptr<State> state) {
  PublicParts parts;
  if (state->key) {
    TRY(auto read, public_parts(state->key.get()));
    parts = std::move(read);
  } else {
    const auto half = state->ed25519.reveal().substr(crypto_sign_SEEDBYTES);
    parts = {.kty = "OKP", .crv = "Ed25519", .x = base64url(half), .y = {}, .n = {}, .e = {}};
  }
  TRY(auto public_half, PublicKey::from_parts(parts));
  state->public_key = std::move(public_half);
  PrivateKey key;
  key.state_ = std::move(state);
  // A key file whose halves differ would sign what nobody can verify, and for RSA could give its factors away.
  constexpr std::string_view trial = "the halves of one key";
  const auto signature = key.try_sign(key.algorithm(), trial);
  if (!signature || !key.public_key().verify(key.algorithm(), trial, *signature))
    return refuse("the private and the public members are not of one key");
  return key;
}

Result<PrivateKey, Fault> PrivateKey::from_pkcs8(const Secret& der) {
  const auto text = der.reveal();
  const auto* at = as_bytes(text);
  const std::unique_ptr<PKCS8_PRIV_KEY_INFO, Free> info(
      d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(text.size())));
  if (!info || at != as_bytes(text) + text.size()) {
    forget_errors();
    return refuse("RFC 5958 §2: not one PKCS#8 private key");
  }
  auto state = std::make_shared<State>();
  state->key.reset(EVP_PKCS82PKEY(info.get()));
  if (!state->key) {
    forget_errors();
    return refuse("a PKCS#8 key of no kind we speak");
  }
  if (EVP_PKEY_is_a(state->key.get(), "ED25519") == 1) {
    std::string seed(crypto_sign_SEEDBYTES, '\0');
    std::size_t size = seed.size();
    const bool read = EVP_PKEY_get_raw_private_key(state->key.get(), as_bytes(seed), &size) == 1;
    if (!read || size != seed.size()) {
      forget_errors();
      return refuse("RFC 8410 §7: a private key of 32 octets");
    }
    state->ed25519 = ed25519_from_seed(seed);
    state->key.reset();
    wipe(seed);
  }
  return accept(std::move(state));
}

Secret PrivateKey::to_pkcs8() const {
  Pkey built;
  if (!state_->key)
    built.reset(EVP_PKEY_new_raw_private_key_ex(nullptr, "ED25519", nullptr, as_bytes(state_->ed25519.reveal()),
                                                crypto_sign_SEEDBYTES));
  const std::unique_ptr<PKCS8_PRIV_KEY_INFO, Free> info(EVP_PKEY2PKCS8(built ? built.get() : state_->key.get()));
  CHECK(info != nullptr);
  unsigned char* out = nullptr;
  const int size = i2d_PKCS8_PRIV_KEY_INFO(info.get(), &out);
  CHECK(size > 0);
  Secret der(as_text({out, static_cast<std::size_t>(size)}));
  OPENSSL_clear_free(out, static_cast<std::size_t>(size));
  return der;
}

PublicKey PrivateKey::public_key() const { return state_->public_key; }
Algorithm PrivateKey::algorithm() const { return state_->public_key.algorithm(); }

std::string PrivateKey::sign(Algorithm algorithm, std::string_view message) const {
  CHECK(state_->public_key.fits(algorithm));
  auto signature = try_sign(algorithm, message);
  CHECK(signature);  // accept() has seen this key sign
  return std::move(*signature);
}

std::optional<std::string> PrivateKey::try_sign(Algorithm algorithm, std::string_view message) const {
  if (algorithm == Algorithm::EdDSA) {
    std::string signature(crypto_sign_BYTES, '\0');
    crypto_sign_detached(as_bytes(signature), nullptr, as_bytes(message), message.size(),
                         as_bytes(state_->ed25519.reveal()));
    return signature;
  }
  const Digest digest = sha256(message);
  const auto context = state_->contexts.lend(state_->key.get(), algorithm);
  std::array<unsigned char, 1024> out;  // RSA: 8192 bits at most
  std::size_t size = out.size();
  if (EVP_PKEY_sign(context.get(), out.data(), &size, digest.data(), digest.size()) != 1) {
    forget_errors();
    return std::nullopt;
  }
  const auto signature = as_text({out.data(), size});
  if (algorithm == Algorithm::ES256) return raw_from_der(signature);
  return std::string(signature);
}

}  // namespace deputy::crypto
