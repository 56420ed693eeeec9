// What X.509 says of when and for whom.
#include "http/certificate.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>

#include "http/address.h"

namespace deputy::http {
namespace {

struct Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(FILE* file) const { std::fclose(file); }
};

std::unique_ptr<X509, Free> first_in(const std::string& file) {
  const std::unique_ptr<FILE, Free> in(std::fopen(file.c_str(), "re"));
  return std::unique_ptr<X509, Free>(in ? PEM_read_X509(in.get(), nullptr, nullptr, nullptr) : nullptr);
}

// RFC 6125 §6.4.4: the common name is not asked, as browsers do not.
bool is_for(X509* certificate, std::string host) {
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  if (parse_address(host)) return X509_check_ip_asc(certificate, host.c_str(), 0) == 1;
  return X509_check_host(certificate, host.data(), host.size(), X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, nullptr) == 1;
}

}  // namespace

std::vector<std::string> certificate_doubts(const std::string& file, std::string_view host, Instant now) {
  std::vector<std::string> all;
  const auto certificate = first_in(file);
  if (!certificate) return all;
  auto time = static_cast<std::time_t>(unix_seconds(now));
  if (X509_cmp_time(X509_get0_notAfter(certificate.get()), &time) < 0)
    all.push_back("the certificate in " + file + " has expired: clients refuse it");
  if (X509_cmp_time(X509_get0_notBefore(certificate.get()), &time) > 0)
    all.push_back("the certificate in " + file + " is not valid yet: clients refuse it");
  if (!host.empty() && !is_for(certificate.get(), std::string(host)))
    all.push_back("the certificate in " + file + " is not for the host that origin names: clients refuse it");
  return all;
}

}  // namespace deputy::http
