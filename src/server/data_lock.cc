// A file of its own beside the store: closing a descriptor of the store's file would drop the store's own locks.
#include "server/data_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace deputy::server {
namespace {

constexpr const char* name = "deputy.lock";

Fail<Fault> cannot(const std::string& what, int error) {
  return Fail{Fault{Fault::Kind::unavailable, "cannot " + what + ": " + std::strerror(error)}};
}

}  // namespace

Result<DataLock, Fault> DataLock::take(const std::string& directory) {
  const int folder = ::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return cannot("open " + directory, errno);
  const int file = ::openat(folder, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  const int opened = errno;
  DataLock lock(folder, file);
  const auto path = directory + "/" + name;
  if (file < 0) return cannot("open " + path, opened);
  if (::flock(file, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno != EWOULDBLOCK) return cannot("lock " + path, errno);
  return Fail{Fault{Fault::Kind::conflict, "another server runs on " + directory + " already"}};
}

bool DataLock::stands() const {
  struct stat held{}, there{};
  if (::fstat(file_, &held) != 0) return true;
  if (::fstatat(directory_, name, &there, 0) != 0) return errno != ENOENT;
  return held.st_dev == there.st_dev && held.st_ino == there.st_ino;
}

DataLock::~DataLock() {
  for (const int descriptor : {file_, directory_})
    if (descriptor >= 0) ::close(descriptor);
}

}  // namespace deputy::server
