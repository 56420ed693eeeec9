// SecretFile: the file of --secret-file, which is there before the secret is, so that none is made and then lost.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/fault.h"
#include "base/result.h"

namespace deputy {

class SecretFile {
 public:
  // Makes the file, empty, for its owner alone (0600); where there is anything of that name, be it a link, it refuses.
  // No path: no file. Faults: conflict and invalid, where another name would do; unavailable.
  static Result<SecretFile, Fault> make(const std::string& path);

  SecretFile() = default;
  SecretFile(SecretFile&& other) noexcept : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)) {}
  SecretFile& operator=(SecretFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(file_, other.file_);
    return *this;
  }
  ~SecretFile();  // takes away a file that no secret was written to

  bool is_open() const { return file_ >= 0; }
  const std::string& path() const { return path_; }
  Result<Done, Fault> write(std::string_view secret);

 private:
  SecretFile(std::string path, int file) : path_(std::move(path)), file_(file) {}
  std::string path_;
  int file_ = -1;
};

}  // namespace deputy
