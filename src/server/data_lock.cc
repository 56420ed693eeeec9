// A file of its own beside the store: closing a descriptor of the store's file would drop the store's own locks.
#include "server/data_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace deputy::server {

Result<DataLock, Fault> DataLock::take(const std::string& directory) {
  const auto file = directory + "/deputy.lock";
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Fail{Fault{Fault::Kind::unavailable, "cannot open " + file}};
  DataLock lock(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0)
    return Fail{Fault{Fault::Kind::conflict, "another server runs on " + directory + " already"}};
  return lock;
}

DataLock::~DataLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace deputy::server
