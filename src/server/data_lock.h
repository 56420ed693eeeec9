// DataLock: one server a data directory. Two would each answer from caches that know nothing of the other's changes.
#pragma once

#include <string>
#include <utility>

#include "base/fault.h"
#include "base/result.h"

namespace deputy::server {

class DataLock {
 public:
  // Held until this is gone, or the process is, however it ends. Faults: conflict when another process holds it.
  static Result<DataLock, Fault> take(const std::string& directory);
  DataLock(DataLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  DataLock(const DataLock&) = delete;
  DataLock& operator=(const DataLock&) = delete;
  ~DataLock();

 private:
  explicit DataLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace deputy::server
