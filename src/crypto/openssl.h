// OpenSSL's objects as owned values, and the contexts a key lends to threads. Only for the files of crypto/.
#pragma once

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/x509.h>

#include <array>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/key.h"

namespace deputy::crypto {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(BIGNUM* number) const { BN_clear_free(number); }
  void operator()(BN_CTX* scratch) const { BN_CTX_free(scratch); }
  void operator()(PKCS8_PRIV_KEY_INFO* info) const { PKCS8_PRIV_KEY_INFO_free(info); }
};
using Pkey = std::unique_ptr<EVP_PKEY, Free>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, Free>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free>;

const EVP_MD* fetched_sha256();

inline const unsigned char* as_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
inline unsigned char* as_bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

void wipe(std::string& text);

// What a failed call leaves in the thread's error queue would be read as a failure of the next TLS call there.
void forget_errors();

// The parameters a key is built from. Numbers are given as JWK has them, big-endian; every copy is wiped.
class KeyParameters {
 public:
  KeyParameters() = default;
  KeyParameters(const KeyParameters&) = delete;
  KeyParameters& operator=(const KeyParameters&) = delete;
  ~KeyParameters();

  void add_name(const char* parameter, std::string_view name);
  void add_octets(const char* parameter, std::string_view octets);
  void add_number(const char* parameter, std::string_view big_endian);
  // Null when the library refuses them.
  Pkey build(const char* key_type, int selection);

 private:
  std::deque<std::string> values_;  // a deque: the parameters point into its strings
  std::vector<OSSL_PARAM> parameters_;
};

// A number of a key, big-endian, left-padded to `size` (0: no padding). None when the key has no such number.
std::optional<std::string> key_number(const EVP_PKEY* key, const char* parameter, std::size_t size = 0);

// Ready-made contexts of one key. A context serves one thread at a time and costs 2 µs to make, so each is lent and
// given back: what threads use at once is what is kept, and all of it dies with the key.
class Contexts {
 public:
  enum class Operation { sign, verify };
  explicit Contexts(Operation operation) : operation_(operation) {}

  class Loan {
   public:
    Loan(const Contexts& lender, Algorithm algorithm, PkeyContext context)
        : lender_(lender), algorithm_(algorithm), context_(std::move(context)) {}
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ~Loan() { lender_.give_back(algorithm_, std::move(context_)); }
    EVP_PKEY_CTX* get() const { return context_.get(); }

   private:
    const Contexts& lender_;
    Algorithm algorithm_;
    PkeyContext context_;
  };
  Loan lend(EVP_PKEY* key, Algorithm algorithm) const;

 private:
  void give_back(Algorithm algorithm, PkeyContext context) const;
  PkeyContext make(EVP_PKEY* key, Algorithm algorithm) const;

  Operation operation_;
  mutable std::mutex mutex_;
  mutable std::array<std::vector<PkeyContext>, 4> idle_;  // by algorithm
};

}  // namespace deputy::crypto
