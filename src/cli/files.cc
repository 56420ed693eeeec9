// Reads files whole; writes them beside themselves first, then in one rename.
#include "cli/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iostream>

#include "base/write_all.h"
#include "client/refusal.h"

namespace deputy::cli {
namespace {

constexpr std::size_t kBytesMax = 16 * 1024 * 1024;

Fail<Failure> trouble(const std::string& path, int error) {
  return refuse(fmt::format("{}: {}", client::printable(path), std::strerror(error)));
}

Result<std::string, Failure> whole(std::istream& in, const std::string& name) {
  std::string text;
  char block[65536];
  errno = 0;
  while (in.read(block, sizeof block) || in.gcount() > 0) {
    text.append(block, static_cast<std::size_t>(in.gcount()));
    if (text.size() > kBytesMax) return refuse(client::printable(name) + " is larger than 16 MiB");
  }
  TRY(const Done all, check_read(in, name));
  return text;
}

bool make_private_folders(const std::filesystem::path& folder) {
  if (folder.empty() || std::filesystem::exists(folder)) return true;
  return make_private_folders(folder.parent_path()) && (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST);
}

// A new file beside the one it is to become, for its owner alone: mkostemp(3) makes it with mode 0600, under a name
// that ends in six letters of its choice.
struct Beside {
  std::string path;
  int file;
};
Result<Beside, Failure> open_beside(const std::string& path) {
  std::string name = path + "." + std::string(6, 'X');
  const int file = ::mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) return trouble(path, errno);
  return Beside{std::move(name), file};
}

// Where the name leads, through links, also where nothing is there yet.
Result<std::string, Failure> end_of_links(const std::string& path) {
  std::filesystem::path at = path;
  std::error_code code;
  for (int followed = 0; std::filesystem::is_symlink(at, code); ++followed) {
    const auto target = followed < 40 ? std::filesystem::read_symlink(at, code) : std::filesystem::path();
    if (target.empty()) return trouble(path, ELOOP);
    at = at.parent_path() / target;  // what is absolute takes the place of the folder
  }
  return at.string();
}

}  // namespace

Result<std::string, Failure> read_input(const std::string& path, const World& world) {
  return path == "-" ? whole(world.streams.in, "standard input") : read_file(path);
}

Result<std::ifstream, Failure> open_file(const std::string& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) return trouble(path, errno == 0 ? EIO : errno);
  std::error_code code;
  if (std::filesystem::is_directory(path, code)) return trouble(path, EISDIR);
  return in;
}

// std::cin tells a read that fails as an end; the C stream beneath it does not.
Result<Done, Failure> check_read(const std::istream& in, const std::string& name) {
  const int error = errno;
  if (in.bad() || (&in == &std::cin && std::ferror(stdin) != 0)) return trouble(name, error == 0 ? EIO : error);
  return Done{};
}

std::optional<std::string_view> LineReader::next() {
  in_.getline(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  const auto count = static_cast<std::size_t>(in_.gcount());
  if (in_.fail() && count + 1 < buffer_.size()) return std::nullopt;
  return std::string_view(buffer_).substr(0, in_.good() ? count - 1 : count);  // the end of a line is counted
}

Result<std::string, Failure> read_file(const std::string& path) {
  TRY(std::ifstream in, open_file(path));
  return whole(in, path);
}

Result<Secret, Failure> read_secret_file(const std::string& path, std::ostream& err) {
  TRY(std::ifstream in, open_file(path));
  struct stat facts {};
  if (::stat(path.c_str(), &facts) == 0 && S_ISREG(facts.st_mode) && (facts.st_mode & 077) != 0)
    err << fmt::format("deputy: warning: {0} holds a secret and others can read it; run `chmod 600 {0}`\n",
                       client::printable(path));
  std::string line;
  errno = 0;
  std::getline(in, line);
  TRY(const Done all, check_read(in, path));
  Secret secret(std::string_view(line).substr(0, line.find('\r')));
  for (volatile char& letter : line) letter = 0;
  if (secret.empty()) return refuse(client::printable(path) + " is empty; it should hold the secret on its first line");
  return secret;
}

Result<Done, Failure> write_private_file(const std::string& path, std::string_view text, Existing existing) {
  std::error_code code;
  if (existing == Existing::refuse && std::filesystem::exists(path, code))
    return refuse(client::printable(path) + " is there already; name another file");
  if (!make_private_folders(std::filesystem::path(path).parent_path())) return trouble(path, errno);
  TRY(const auto open, open_beside(path));
  const auto& [beside, file] = open;
  const bool written = write_all(file, text);
  const bool closed = ::close(file) == 0;
  // link() fails where the name is taken: between the look above and here another may have come
  const bool placed = written && closed &&
                      (existing == Existing::refuse ? ::link(beside.c_str(), path.c_str()) == 0
                                                    : ::rename(beside.c_str(), path.c_str()) == 0);
  const int error = errno;
  if (!placed || existing == Existing::refuse) ::unlink(beside.c_str());
  if (!placed) return trouble(path, error);
  return Done{};
}

Result<FileLock, Failure> FileLock::take(const std::string& path) {
  if (!make_private_folders(std::filesystem::path(path).parent_path())) return trouble(path, errno);
  FileLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.file_ < 0) return trouble(path, errno);
  while (::flock(lock.file_, LOCK_EX) != 0)
    if (errno != EINTR) return trouble(path, errno);
  return lock;
}

FileLock::~FileLock() {
  if (file_ >= 0) ::close(file_);
}

Result<GrowingFile, Failure> GrowingFile::open(const std::string& path) {
  std::error_code code;
  const auto there = std::filesystem::status(path, code);
  if (std::filesystem::exists(there) && !std::filesystem::is_regular_file(there)) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (file < 0) return trouble(path, errno);
    return GrowingFile(path, "", file);
  }
  TRY(std::string place, end_of_links(path));
  TRY(auto beside, open_beside(place));
  return GrowingFile(std::move(place), std::move(beside.path), beside.file);
}

GrowingFile::~GrowingFile() {
  if (file_ < 0) return;
  ::close(file_);
  if (!beside_.empty()) ::unlink(beside_.c_str());
}

Result<Done, Failure> GrowingFile::append(std::string_view text) {
  if (!write_out(file_, text)) return trouble(path_, errno);
  return Done{};
}

Result<Done, Failure> GrowingFile::place() {
  const bool placed = beside_.empty() ||  // a pipe has no disk to be on, and is in its place
                      (::fsync(file_) == 0 && ::rename(beside_.c_str(), path_.c_str()) == 0);
  if (!placed) return trouble(path_, errno);
  ::close(std::exchange(file_, -1));
  return Done{};
}

Result<std::string, Failure> home_folder(const World& world, const std::string& name, const std::string& fallback) {
  if (const auto folder = world.environment(name)) return *folder + "/deputy";
  if (const auto home = world.environment("HOME")) return *home + "/" + fallback + "/deputy";
  return misuse(fmt::format("neither {} nor HOME is set; set one", name));
}

}  // namespace deputy::cli
