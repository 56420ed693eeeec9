// For tests: a self-signed certificate for 127.0.0.1 and localhost, made on the spot, in a directory of its own.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "http/server.h"

namespace deputy::http {

class Certificate {
 public:
  explicit Certificate(const std::string& name) {
    char pattern[] = "/tmp/deputy_http_XXXXXX";
    directory_ = ::mkdtemp(pattern);
    tls = {.certificate_file = directory_ + "/certificate.pem", .private_key_file = directory_ + "/key.pem"};
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    auto* subject = X509_get_subject_name(certificate);
    const auto* text = reinterpret_cast<const unsigned char*>(name.c_str());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, text, -1, -1, 0);
    X509_set_issuer_name(certificate, subject);
    auto* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost");
    X509_add_ext(certificate, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(certificate, key, EVP_sha256());
    if (FILE* file = std::fopen(tls.certificate_file.c_str(), "w")) {
      PEM_write_X509(file, certificate);
      std::fclose(file);
    }
    if (FILE* file = std::fopen(tls.private_key_file.c_str(), "w")) {
      PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
      std::fclose(file);
    }
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  Certificate(const Certificate&) = delete;
  ~Certificate() { std::filesystem::remove_all(directory_); }

  Tls tls;

 private:
  std::string directory_;
};

}  // namespace deputy::http
