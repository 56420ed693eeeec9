// A private key as a JWK (RFC 7518 §6.2.2, §6.3.2; RFC 8037 §2): how an agent keeps its own.
#include <openssl/core_names.h>
#include <sodium.h>

#include <array>

#include "base/encoding.h"
#include "base/json.h"
#include "base/json_text.h"
#include "crypto/ecdsa.h"
#include "crypto/key_state.h"

namespace deputy::crypto {
namespace {

Fail<Fault> refuse(const char* why) { return Fail{Fault{Fault::Kind::invalid, why}}; }

struct PrivateNumber {
  const char* member;
  const char* parameter;
};
constexpr std::array<PrivateNumber, 6> rsa_numbers{{{"d", OSSL_PKEY_PARAM_RSA_D},
                                                    {"p", OSSL_PKEY_PARAM_RSA_FACTOR1},
                                                    {"q", OSSL_PKEY_PARAM_RSA_FACTOR2},
                                                    {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1},
                                                    {"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2},
                                                    {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1}}};

// The parsed members, whose texts are wiped when we are done with them.
struct Members {
  json::object object;
  ~Members() {
    for (auto& member : object)
      if (auto* text = member.value().if_string()) OPENSSL_cleanse(text->data(), text->size());
  }
  std::string text(std::string_view name) const { return std::string(json_text(object, name).value_or("")); }
  // The octets of a member in base64url, to be wiped by whoever asked; empty when there are none.
  std::string octets(std::string_view name) const {
    return base64url_decode(json_text(object, name).value_or("")).value_or("");
  }
};

Result<Pkey, Fault> p256_pair(const Members& members) {
  std::string d = members.octets("d");
  if (!is_p256_scalar(d)) {
    wipe(d);
    return refuse("RFC 7518 §6.2.2.1: d of P-256 is 32 octets in [1, n-1]");
  }
  KeyParameters parameters;
  parameters.add_name(OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1");
  parameters.add_octets(OSSL_PKEY_PARAM_PUB_KEY, "\x04" + members.octets("x") + members.octets("y"));
  parameters.add_number(OSSL_PKEY_PARAM_PRIV_KEY, d);
  wipe(d);
  auto key = parameters.build("EC", EVP_PKEY_KEYPAIR);
  if (!key) return refuse("no key on P-256 has these numbers");
  return key;
}

Result<Pkey, Fault> rsa_pair(const Members& members) {
  if (members.object.contains("oth")) return refuse("RFC 7518 §6.3.2.7: keys of two primes only");
  KeyParameters parameters;
  const auto n = members.octets("n");
  parameters.add_number(OSSL_PKEY_PARAM_RSA_N, n);
  parameters.add_number(OSSL_PKEY_PARAM_RSA_E, members.octets("e"));
  for (const auto& number : rsa_numbers) {
    std::string octets = members.octets(number.member);
    const bool fits = !octets.empty() && octets.size() <= n.size();
    if (fits) parameters.add_number(number.parameter, octets);
    wipe(octets);
    if (!fits) return refuse("RFC 7518 §6.3.2: d, p, q, dp, dq and qi, none longer than n");
  }
  auto key = parameters.build("RSA", EVP_PKEY_KEYPAIR);
  if (!key) return refuse("no RSA key has these numbers");
  return key;
}

Result<Secret, Fault> ed25519_pair(const Members& members) {
  ready_libsodium();
  std::string seed = members.octets("d");
  if (seed.size() != crypto_sign_SEEDBYTES) {
    wipe(seed);
    return refuse("RFC 8037 §2: d of Ed25519 is 32 octets");
  }
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> half;
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> both;
  crypto_sign_seed_keypair(half.data(), both.data(), as_bytes(seed));
  wipe(seed);
  Secret pair(as_text(both));
  sodium_memzero(both.data(), both.size());
  if (members.octets("x") != as_text(half)) return refuse("the private and the public members are not of one key");
  return pair;
}

}  // namespace

Result<PrivateKey, Fault> PrivateKey::from_jwk(std::string_view jwk_json) {
  TRY(auto object, parse_json_object(jwk_json));
  const Members members{std::move(object)};
  const PublicParts parts{.kty = members.text("kty"), .crv = members.text("crv"), .x = members.text("x"),
                          .y = members.text("y"), .n = members.text("n"), .e = members.text("e")};
  TRY(auto public_half, PublicKey::from_parts(parts));
  auto state = std::make_shared<State>();
  switch (public_half.algorithm()) {
    case Algorithm::ES256: {
      TRY(auto key, p256_pair(members));
      state->key = std::move(key);
      break;
    }
    case Algorithm::EdDSA: {
      TRY(auto pair, ed25519_pair(members));
      state->ed25519 = std::move(pair);
      break;
    }
    case Algorithm::RS256:
    case Algorithm::PS256: {
      TRY(auto key, rsa_pair(members));
      state->key = std::move(key);
      break;
    }
  }
  return accept(std::move(state));
}

std::string PrivateKey::to_jwk() const {
  const auto& parts = state_->public_key.parts();
  JsonText out(2048);  // no growth: a moved buffer would leave private octets behind
  out.text("kty", parts.kty).text("crv", parts.crv).text("x", parts.x).text("y", parts.y);
  out.text("n", parts.n).text("e", parts.e);
  const auto append_secret = [&](std::string_view name, std::string octets) {
    std::string text = base64url(octets);
    out.text(name, text);
    wipe(text);
    wipe(octets);
  };
  if (!state_->key) {
    append_secret("d", std::string(state_->ed25519.reveal().substr(0, crypto_sign_SEEDBYTES)));
  } else if (parts.kty == "EC") {
    append_secret("d", key_number(state_->key.get(), OSSL_PKEY_PARAM_PRIV_KEY, p256_octets).value());
  } else {
    for (const auto& number : rsa_numbers)
      append_secret(number.member, key_number(state_->key.get(), number.parameter).value());
  }
  return out.close();
}

}  // namespace deputy::crypto
