// Files as the command line reads and writes them: whole, bounded, and private where they hold a secret.
#pragma once

#include <fstream>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "base/secret.h"
#include "cli/failure.h"
#include "cli/world.h"

namespace deputy::cli {

// The whole file, at most 16 MiB.
Result<std::string, Failure> read_file(const std::string& path);
// As above, but "-" is standard input.
Result<std::string, Failure> read_input(const std::string& path, const World& world);
// To be read piece by piece. A folder opens as a file does, and is refused here.
Result<std::ifstream, Failure> open_file(const std::string& path);
// Where a read failed, what came before it is not all there is: nothing is done with that. errno says why.
Result<Done, Failure> check_read(const std::istream& in, const std::string& name);
// Lines without their ends; of one that is longer than `bytes_max` the beginning, and of what follows nothing is read.
class LineReader {
 public:
  LineReader(std::istream& in, std::size_t bytes_max) : in_(in), buffer_(bytes_max + 1, '\0') {}
  // None: there are no more, or they cannot be read (check_read). It stands until the next is read.
  std::optional<std::string_view> next();

 private:
  std::istream& in_;
  std::string buffer_;  // with the zero that std::istream writes behind a line
};
// The first line of a file, as a secret. Where others can read the file, that is told to `err`.
Result<Secret, Failure> read_secret_file(const std::string& path, std::ostream& err);

enum class Existing { replace, refuse };
// Whole or not at all, mode 0600, folders made (0700) where they are missing.
Result<Done, Failure> write_private_file(const std::string& path, std::string_view text, Existing existing);

// Held by one at a time, while others wait for it. The file is made where it is missing (0600, its folders too), and
// stays when it is let go.
class FileLock {
 public:
  static Result<FileLock, Failure> take(const std::string& path);
  FileLock(FileLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  ~FileLock();

 private:
  explicit FileLock(int file) : file_(file) {}
  int file_;
};

// A file that is written piece by piece, beside its place, and put there when it is whole: mode 0600. A link is
// followed; what is there and is no file, as a pipe, is written to as it is.
class GrowingFile {
 public:
  static Result<GrowingFile, Failure> open(const std::string& path);
  GrowingFile(GrowingFile&& other) noexcept
      : path_(std::move(other.path_)), beside_(std::move(other.beside_)), file_(std::exchange(other.file_, -1)) {}
  ~GrowingFile();  // takes away what was not put in place
  Result<Done, Failure> append(std::string_view text);
  Result<Done, Failure> place();

 private:
  GrowingFile(std::string path, std::string beside, int file)
      : path_(std::move(path)), beside_(std::move(beside)), file_(file) {}
  std::string path_, beside_;  // beside_ empty: path_ itself is written to
  int file_;
};

// $NAME/deputy, or ~/FALLBACK/deputy: where this user keeps things of that sort.
Result<std::string, Failure> home_folder(const World& world, const std::string& name, const std::string& fallback);

}  // namespace deputy::cli
