// Reading the seal key, and trying it on what the store holds.
#include "server/seal_key.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "store/sqlite_look.h"
#include "tokens/log_key.h"

namespace deputy::server {
namespace {

Fail<Fault> cannot_read(const std::string& file, int error) {
  return Fail{Fault{Fault::Kind::unavailable, "cannot read " + file + ": " + std::strerror(error)}};
}

Result<crypto::SealKey, Fault> key_of(std::string_view text, const std::string& from) {
  auto key = crypto::SealKey::from_text(text);
  if (!key) return Fail{Fault{key.error().kind, from + ": " + key.error().detail}};
  return key;
}

}  // namespace

Result<crypto::SealKey, Fault> read_seal_key(const Config& config) {
  if (const char* text = std::getenv("DEPUTY_SEAL_KEY")) {
    auto key = key_of(text, "DEPUTY_SEAL_KEY");
    ::unsetenv("DEPUTY_SEAL_KEY");  // nothing we start, and no crash report, inherits it
    return key;
  }
  const auto& file = config.seal_key_file;
  struct stat facts{};
  if (::stat(file.c_str(), &facts) != 0) {
    if (errno != ENOENT) return cannot_read(file, errno);
    return Fail{Fault{Fault::Kind::not_found, "there is no seal key at " + file +
                                                  ": name the file `deputy init` made in seal_key_file, or set "
                                                  "DEPUTY_SEAL_KEY"}};
  }
  if ((facts.st_mode & 077) != 0)
    return Fail{Fault{Fault::Kind::invalid, "the seal key is open to others: chmod 600 " + file}};
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return cannot_read(file, errno);
  std::array<char, 128> bytes{};  // a key and the end of its line, with room for what is none
  const auto got = ::read(fd, bytes.data(), bytes.size());
  const int error = errno;
  ::close(fd);
  if (got < 0) return cannot_read(file, error);
  const std::string_view text(bytes.data(), static_cast<std::size_t>(got));
  auto key = key_of(text.substr(0, text.find('\n')), file);
  for (volatile char& c : bytes) c = 0;
  return key;
}

Result<Done, Fault> check_seal_key(const Config& config, const crypto::SealKey& seal) {
  TRY(const auto log_keys, store::look_at_sqlite_record(config.sqlite, tokens::log_keys_tenant, store::Kind::key,
                                                        tokens::log_keys_id));
  if (!log_keys) return Done{};
  const auto opened = tokens::opens_log_keys(*log_keys, seal);
  if (opened) return Done{};
  return Fail{Fault{Fault::Kind::invalid, "the seal key does not open what is in " + config.data + ": put the one it "
                                          "was made with in " + config.seal_key_file + ", or in DEPUTY_SEAL_KEY (" +
                                          opened.error().detail + ")"}};
}

Result<crypto::SealKey, Fault> read_own_seal_key(const Config& config) {
  TRY(auto seal, read_seal_key(config));
  TRY(auto own, check_seal_key(config, seal));
  return seal;
}

}  // namespace deputy::server
