// SHA-1 and its HMAC by OpenSSL.
#include "crypto/proof/sha1.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/result.h"
#include "crypto/openssl.h"

namespace deputy::crypto {

Sha1 sha1(std::string_view bytes) {
  Sha1 digest;
  unsigned size = 0;
  CHECK(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha1(), nullptr) == 1 &&
        size == digest.size());
  return digest;
}

Sha1 hmac_sha1(std::string_view key, std::string_view message) {
  Sha1 digest;
  unsigned size = 0;
  CHECK(HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), as_bytes(message), message.size(), digest.data(),
             &size) != nullptr &&
        size == digest.size());
  return digest;
}

}  // namespace deputy::crypto
