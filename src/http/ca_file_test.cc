// What is taken as certificates of authorities, and what is named as none.
#include "http/ca_file.h"

#include <gmock/gmock.h>

#include <fstream>

#include "http/certificate_test.h"

namespace deputy::http {
namespace {

TEST(CaFile, certificates_in_pem_are_taken) {
  const Certificate certificate("authority");
  EXPECT_TRUE(check_ca_file(certificate.tls.certificate_file));
}

TEST(CaFile, what_holds_no_certificate_is_named) {
  const Certificate certificate("authority");
  const auto folder = std::filesystem::path(certificate.tls.certificate_file).parent_path();
  const std::string empty = folder / "empty.pem", broken = folder / "broken.pem";
  std::ofstream{empty};
  std::ofstream(broken) << "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n";
  for (const auto& file : {empty, broken, (folder / "absent.pem").string(), folder.string(),
                           certificate.tls.private_key_file}) {
    const auto read = check_ca_file(file);
    ASSERT_FALSE(read) << file;
    EXPECT_THAT(read.error().detail, testing::HasSubstr(file));
  }
}

}  // namespace
}  // namespace deputy::http
