// Read as curl reads it, into a store of certificates.
#include "http/ca_file.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <memory>

namespace deputy::http {

Result<Done, Fault> check_ca_file(const std::string& file) {
  const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(X509_STORE_new(), X509_STORE_free);
  const bool read = store && X509_STORE_load_file(store.get(), file.c_str()) == 1;
  ERR_clear_error();
  if (read) return Done{};
  return Fail{Fault{Fault::Kind::invalid, "no certificates can be read from " + file + ": it must hold them in PEM"}};
}

}  // namespace deputy::http
