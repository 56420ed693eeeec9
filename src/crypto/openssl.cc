// Building keys from numbers, and lending contexts.
#include "crypto/openssl.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <bit>

namespace deputy::crypto {

const EVP_MD* fetched_sha256() {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
  CHECK(fetched != nullptr);
  return fetched;
}

void wipe(std::string& text) {
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

void forget_errors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

KeyParameters::~KeyParameters() {
  for (auto& value : values_) wipe(value);
}

void KeyParameters::add_name(const char* parameter, std::string_view name) {
  auto& kept = values_.emplace_back(name);
  parameters_.push_back(OSSL_PARAM_construct_utf8_string(parameter, kept.data(), kept.size()));
}

void KeyParameters::add_octets(const char* parameter, std::string_view octets) {
  auto& kept = values_.emplace_back(octets);
  parameters_.push_back(OSSL_PARAM_construct_octet_string(parameter, kept.data(), kept.size()));
}

void KeyParameters::add_number(const char* parameter, std::string_view big_endian) {
  auto& kept = values_.emplace_back(big_endian);
  if constexpr (std::endian::native == std::endian::little) std::reverse(kept.begin(), kept.end());
  parameters_.push_back(OSSL_PARAM_construct_BN(parameter, as_bytes(kept), kept.size()));
}

Pkey KeyParameters::build(const char* key_type, int selection) {
  parameters_.push_back(OSSL_PARAM_construct_end());
  const PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, key_type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, selection, parameters_.data()) != 1) {
    forget_errors();
    return nullptr;
  }
  return Pkey(key);
}

std::optional<std::string> key_number(const EVP_PKEY* key, const char* parameter, std::size_t size) {
  BIGNUM* read = nullptr;
  if (EVP_PKEY_get_bn_param(key, parameter, &read) != 1) {
    forget_errors();
    return std::nullopt;
  }
  const std::unique_ptr<BIGNUM, Free> number(read);
  const auto length = static_cast<std::size_t>(BN_num_bytes(read));
  std::string out(std::max(size, length), '\0');
  if (BN_bn2binpad(read, as_bytes(out), static_cast<int>(out.size())) < 0) return std::nullopt;
  return out;
}

Contexts::Loan Contexts::lend(EVP_PKEY* key, Algorithm algorithm) const {
  {
    const std::lock_guard lock(mutex_);
    auto& idle = idle_[static_cast<std::size_t>(algorithm)];
    if (!idle.empty()) {
      auto context = std::move(idle.back());
      idle.pop_back();
      return Loan(*this, algorithm, std::move(context));
    }
  }
  return Loan(*this, algorithm, make(key, algorithm));
}

void Contexts::give_back(Algorithm algorithm, PkeyContext context) const {
  constexpr std::size_t kept_max = 64;
  const std::lock_guard lock(mutex_);
  auto& idle = idle_[static_cast<std::size_t>(algorithm)];
  if (context && idle.size() < kept_max) idle.push_back(std::move(context));
}

PkeyContext Contexts::make(EVP_PKEY* key, Algorithm algorithm) const {
  PkeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  CHECK(context != nullptr);
  auto* raw = context.get();
  CHECK((operation_ == Operation::sign ? EVP_PKEY_sign_init(raw) : EVP_PKEY_verify_init(raw)) == 1);
  if (algorithm == Algorithm::ES256) return context;  // takes the digest as it is
  CHECK(EVP_PKEY_CTX_set_rsa_padding(
            raw, algorithm == Algorithm::PS256 ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) == 1);
  CHECK(EVP_PKEY_CTX_set_signature_md(raw, fetched_sha256()) == 1);
  if (algorithm == Algorithm::PS256) {  // RFC 7518 §3.5: MGF1 with SHA-256, a salt of the digest's size
    CHECK(EVP_PKEY_CTX_set_rsa_mgf1_md(raw, fetched_sha256()) == 1);
    CHECK(EVP_PKEY_CTX_set_rsa_pss_saltlen(raw, RSA_PSS_SALTLEN_DIGEST) == 1);
  }
  return context;
}

}  // namespace deputy::crypto
