// Making the file of --secret-file, and writing the secret into it.
#include "cli/secret_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <ostream>

#include "cli/files.h"
#include "client/refusal.h"

namespace deputy::cli {

Result<SecretFile, Failure> SecretFile::make(const std::string& path) {
  if (path.empty()) return SecretFile();
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file >= 0) return SecretFile(path, file);
  const int error = errno;
  if (error == EEXIST) return misuse(client::printable(path) + " is there already; name another file for the secret");
  const auto folder = std::filesystem::path(path).parent_path();
  std::error_code code;
  if (!folder.empty() && !std::filesystem::is_directory(folder, code))
    return misuse(client::printable(folder.string()) + " is no folder; make it, or name another file for the secret");
  return refuse(fmt::format("{}: {}", client::printable(path), std::strerror(error)));
}

SecretFile::~SecretFile() {
  if (file_ < 0) return;
  ::close(file_);
  ::unlink(path_.c_str());
}

Result<Done, Failure> SecretFile::write(std::string_view secret) {
  const std::string line = std::string(secret) + "\n";
  if (!write_all(file_, line)) return refuse(fmt::format("{}: {}", client::printable(path_), std::strerror(errno)));
  ::close(std::exchange(file_, -1));
  return Done{};
}

Result<Done, Failure> show_with_secret(Session& session, json::object record, SecretFile file,
                                       const std::string& if_lost) {
  const auto secret = json_text(record, "secret");
  const auto shown = [&] {
    session.show(record);
    return static_cast<bool>(session.out().flush());
  };
  const auto lost = [&] { return refuse("the output could not be written, and " + if_lost); };
  if (!secret || !file.is_open()) {
    if (!shown() && secret) return lost();
    if (secret) session.err() << "The secret is shown this once; keep it where only its owner can read it.\n";
    return Done{};
  }
  if (const auto written = file.write(*secret); !written) {
    if (!shown()) return lost();
    return refuse(written.error().sentence +
                  "; so the secret is shown, this once: keep it where only its owner can read it");
  }
  record.erase("secret");
  record["secret_file"] = file.path();
  session.show(record);
  return Done{};
}

}  // namespace deputy::cli
