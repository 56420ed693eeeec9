// Reading public keys with every bound held, and verifying signatures.
#include <openssl/core_names.h>
#include <sodium.h>

#include "base/encoding.h"
#include "base/metrics.h"
#include "crypto/ecdsa.h"
#include "crypto/hash.h"
#include "crypto/key_state.h"

namespace deputy::crypto {
namespace {

Fail<Fault> refuse(const char* why) { return Fail{Fault{Fault::Kind::invalid, why}}; }

// The curve alone. A copy of it with a point set costs 6 µs; a key built from names and numbers costs 22, and a DPoP
// proof brings a key with every request. Each thread has its own: copying is not promised to be safe for two at once.
EVP_PKEY* p256_template() {
  thread_local const Pkey curve = [] {
    KeyParameters parameters;
    parameters.add_name(OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1");
    return parameters.build("EC", EVP_PKEY_KEY_PARAMETERS);
  }();
  CHECK(curve != nullptr);
  return curve.get();
}

// RFC 8725 §3.4: a point that is not on the curve leaks a private key elsewhere and proves nothing here.
Result<Pkey, Fault> p256(const PublicParts& parts) {
  const auto x = base64url_decode(parts.x), y = base64url_decode(parts.y);
  if (!x || !y || x->size() != p256_octets || y->size() != p256_octets)
    return refuse("RFC 7518 §6.2.1: x and y of P-256 are 32 octets each");
  Pkey key(EVP_PKEY_dup(p256_template()));
  CHECK(key != nullptr);
  const std::string point = "\x04" + *x + *y;  // uncompressed (SEC 1 §2.3.3); setting it checks the curve's equation
  if (EVP_PKEY_set1_encoded_public_key(key.get(), as_bytes(point), point.size()) != 1) {
    forget_errors();
    return refuse("the point is not on P-256");
  }
  return key;
}

Result<Pkey, Fault> rsa(const PublicParts& parts) {
  constexpr std::size_t modulus_octets_min = 256, modulus_octets_max = 1024, exponent_octets_max = 8;
  const auto n = base64url_decode(parts.n), e = base64url_decode(parts.e);
  if (!n || !e || n->empty() || e->empty()) return refuse("RFC 7518 §6.3.1: n and e are numbers in base64url");
  // A leading zero is a second spelling of one key, with a thumbprint of its own.
  if (n->front() == '\0' || e->front() == '\0') return refuse("RFC 7518 §6.3.1: a number has no leading zero octet");
  const bool top_bit = (static_cast<unsigned char>(n->front()) & 0x80) != 0;
  if (n->size() < modulus_octets_min || (n->size() == modulus_octets_min && !top_bit))
    return refuse("RFC 7518 §3.3: an RSA key of 2048 bits or more");
  if (n->size() > modulus_octets_max) return refuse("an RSA key of 8192 bits or less: verifying costs by its size");
  if ((n->back() & 1) == 0 || (e->back() & 1) == 0) return refuse("RFC 8017 §3.1: modulus and exponent are odd");
  const bool below_f4 = e->size() < 3 || (e->size() == 3 && *e < std::string_view("\x01\x00\x01", 3));
  if (below_f4 || e->size() > exponent_octets_max)
    return refuse("FIPS 186-5 §5.1: a public exponent above 2^16 (and of 64 bits or less)");
  KeyParameters parameters;
  parameters.add_number(OSSL_PKEY_PARAM_RSA_N, *n);
  parameters.add_number(OSSL_PKEY_PARAM_RSA_E, *e);
  auto key = parameters.build("RSA", EVP_PKEY_PUBLIC_KEY);
  if (!key) return refuse("no RSA key has these numbers");
  return key;
}

bool verify_ed25519(const unsigned char* key, std::string_view message, std::string_view signature) {
  // libsodium refuses an S not below the order (RFC 8032 §5.1.7) and points of small order.
  return signature.size() == crypto_sign_BYTES &&
         crypto_sign_verify_detached(as_bytes(signature), as_bytes(message), message.size(), key) == 0;
}

}  // namespace

bool key_fits(Algorithm key, Algorithm asked) {
  return key == asked || (key == Algorithm::RS256 && asked == Algorithm::PS256);
}

void ready_libsodium() {
  static const bool ready = sodium_init() >= 0;
  CHECK(ready);
}

Result<PublicKey, Fault> PublicKey::from_parts(const PublicParts& parts) {
  auto state = std::make_shared<State>();
  if (parts.kty == "EC") {
    if (parts.crv != "P-256") return refuse("RFC 7518 §3.4: the curve of ES256 is P-256");
    TRY(auto key, p256(parts));
    state->key = std::move(key);
    state->algorithm = Algorithm::ES256;
    state->parts = {.kty = "EC", .crv = "P-256", .x = parts.x, .y = parts.y, .n = {}, .e = {}};
  } else if (parts.kty == "OKP") {
    if (parts.crv != "Ed25519") return refuse("RFC 8037 §3.1: the curve of EdDSA is, here, Ed25519");
    const auto x = base64url_decode(parts.x);
    if (!x || x->size() != state->ed25519.size()) return refuse("RFC 8037 §2: x of Ed25519 is 32 octets");
    ready_libsodium();
    if (crypto_core_ed25519_is_valid_point(as_bytes(*x)) != 1)
      return refuse("RFC 8725 §3.4: x is no point of the prime-order group of Ed25519");
    std::copy(x->begin(), x->end(), state->ed25519.begin());
    state->algorithm = Algorithm::EdDSA;
    state->parts = {.kty = "OKP", .crv = "Ed25519", .x = parts.x, .y = {}, .n = {}, .e = {}};
  } else if (parts.kty == "RSA") {
    TRY(auto key, rsa(parts));
    state->key = std::move(key);
    state->signature_octets = static_cast<std::size_t>(EVP_PKEY_get_size(state->key.get()));
    state->algorithm = Algorithm::RS256;
    state->parts = {.kty = "RSA", .crv = {}, .x = {}, .y = {}, .n = parts.n, .e = parts.e};
  } else {
    return refuse("RFC 7518 §6.1: a key of kind EC, OKP or RSA");
  }
  PublicKey made;
  made.state_ = std::move(state);
  return made;
}

const PublicParts& PublicKey::parts() const { return state_->parts; }
Algorithm PublicKey::algorithm() const { return state_->algorithm; }
bool PublicKey::fits(Algorithm algorithm) const { return key_fits(state_->algorithm, algorithm); }

bool PublicKey::verify(Algorithm algorithm, std::string_view message, std::string_view signature) const {
  if (!fits(algorithm)) return false;                              // RFC 8725 §3.1: one key, one kind of algorithm
  if (signature.size() != state_->signature_octets) return false;  // RFC 7518 §3.4, RFC 8017 §8.2.2 step 1
  static auto verified =
      metrics::counter("deputy_signatures_verified_total", "Signatures that were held against a key, good or bad.");
  verified.add();
  if (algorithm == Algorithm::EdDSA) return verify_ed25519(state_->ed25519.data(), message, signature);

  const unsigned char* bytes = as_bytes(signature);
  std::size_t size = signature.size();
  std::optional<DerSignature> der;
  if (algorithm == Algorithm::ES256) {
    der = der_from_raw(signature);
    if (!der) return false;  // FIPS 186-5 §6.4.2 step 1
    bytes = der->bytes.data();
    size = der->size;
  }
  const Digest digest = sha256(message);
  const auto context = state_->contexts.lend(state_->key.get(), algorithm);
  const bool good = EVP_PKEY_verify(context.get(), bytes, size, digest.data(), digest.size()) == 1;
  if (!good) forget_errors();
  return good;
}

}  // namespace deputy::crypto
