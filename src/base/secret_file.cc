// Making the file of --secret-file, and writing the secret into it.
#include "base/secret_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/write_all.h"

namespace deputy {
namespace {

Fail<Fault> no(Fault::Kind kind, std::string detail) { return Fail{Fault{kind, std::move(detail)}}; }

}  // namespace

Result<SecretFile, Fault> SecretFile::make(const std::string& path) {
  if (path.empty()) return SecretFile();
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file >= 0) return SecretFile(path, file);
  const int error = errno;
  if (error == EEXIST)
    return no(Fault::Kind::conflict, path + " is there already; name another file for the secret");
  const auto folder = std::filesystem::path(path).parent_path();
  std::error_code code;
  if (!folder.empty() && !std::filesystem::is_directory(folder, code))
    return no(Fault::Kind::invalid, folder.string() + " is no folder; make it, or name another file for the secret");
  return no(Fault::Kind::unavailable, path + ": " + std::strerror(error));
}

SecretFile::~SecretFile() {
  if (file_ < 0) return;
  ::close(file_);
  ::unlink(path_.c_str());
}

Result<Done, Fault> SecretFile::write(std::string_view secret) {
  if (!write_all(file_, std::string(secret) + "\n"))
    return no(Fault::Kind::unavailable, path_ + ": " + std::strerror(errno));
  ::close(std::exchange(file_, -1));
  return Done{};
}

}  // namespace deputy
