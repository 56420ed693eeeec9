// Asking for the directory, for each of the store's files that is there, and for room.
#include "server/writable.h"

#include <cerrno>
#include <cstring>

namespace deputy::server {
namespace {

Fail<Fault> cannot_write(const std::string& path, int error) {
  return Fail{Fault{Fault::Kind::unavailable, "cannot write to " + path + ": " + std::strerror(error)}};
}

// What is kept back for root is root's to use. Some file systems count nothing: they say nothing of room.
bool is_full(const struct statvfs& facts) {
  return facts.f_blocks > 0 && (::geteuid() == 0 ? facts.f_bfree : facts.f_bavail) == 0;
}

}  // namespace

Result<Done, Fault> check_writable(const Config& config, const System& system) {
  if (system.access(config.data.c_str(), W_OK | X_OK) != 0) return cannot_write(config.data, errno);
  const auto& store = config.sqlite.file;
  for (const auto& file : {config.data + "/deputy.lock", store, store + "-wal", store + "-shm"})
    if (system.access(file.c_str(), R_OK | W_OK) != 0 && errno != ENOENT) return cannot_write(file, errno);
  struct statvfs facts{};
  if (system.statvfs(config.data.c_str(), &facts) == 0 && is_full(facts)) return cannot_write(config.data, ENOSPC);
  return Done{};
}

}  // namespace deputy::server
