// DataLock: one server a data directory. Two would each answer from caches that know nothing of the other's changes.
#pragma once

#include <string>
#include <utility>

#include "base/fault.h"
#include "base/result.h"

namespace deputy::server {

class DataLock {
 public:
  // Held until this is gone, or the process is, however it ends. Faults: conflict when another process holds it,
  // unavailable when it cannot be told.
  static Result<DataLock, Fault> take(const std::string& directory);
  // False once the file was removed or replaced: what is held then keeps nobody out. The directory itself may be moved.
  bool stands() const;
  DataLock(DataLock&& other) noexcept
      : directory_(std::exchange(other.directory_, -1)), file_(std::exchange(other.file_, -1)) {}
  DataLock(const DataLock&) = delete;
  DataLock& operator=(const DataLock&) = delete;
  ~DataLock();

 private:
  DataLock(int directory, int file) : directory_(directory), file_(file) {}
  int directory_, file_;
};

}  // namespace deputy::server
