// A line for each record made or removed; read from the first to the last.
#include "cli/apply/ledger.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <sstream>

#include "base/encoding.h"
#include "client/refusal.h"
#include "cli/files.h"
#include "crypto/hash.h"

namespace deputy::cli::apply {
namespace {

constexpr std::string_view kTitle = "deputy apply: what was made on ";

}  // namespace

Result<std::string, Failure> Ledger::default_path(const World& world, const std::string& issuer,
                                                  const std::string& file) {
  TRY(const std::string folder, home_folder(world, "XDG_STATE_HOME", ".local/state"));
  std::error_code error;
  const auto absolute = std::filesystem::absolute(file, error).lexically_normal().string();
  return fmt::format("{}/applied/{}", folder, hex(as_text(crypto::sha256(issuer + "\n" + absolute))));
}

Result<Ledger, Failure> Ledger::open(std::string path, const std::string& issuer) {
  Ledger ledger(std::move(path), issuer);
  std::error_code error;
  ledger.exists_ = std::filesystem::exists(ledger.path_, error);
  if (!ledger.exists_) return ledger;
  TRY(const std::string text, read_file(ledger.path_));
  std::istringstream lines(text);
  std::string line, word, id;
  std::getline(lines, line);
  if (line != std::string(kTitle) + issuer)
    return refuse(fmt::format("{} is no record of what was made on {}; name another with --record",
                              client::printable(ledger.path_), issuer));
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    words >> word >> id;
    if (word == "made") ledger.made_.insert(id);
    if (word == "removed") ledger.made_.erase(id);
  }
  return ledger;
}

Ledger::~Ledger() {
  if (file_ >= 0) ::close(file_);
}

Result<Done, Failure> Ledger::begin() {
  if (file_ >= 0) return Done{};
  const auto unwritable = [](const std::string& why) {
    return refuse(why + "; nothing is made that no later run would know of: name another record with --record");
  };
  if (!exists_) {
    const auto begun = write_private_file(path_, std::string(kTitle) + issuer_ + "\n", Existing::replace);
    if (!begun) return unwritable(begun.error().sentence);
    exists_ = true;
  }
  file_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (file_ < 0) return unwritable(fmt::format("{}: {}", client::printable(path_), std::strerror(errno)));
  return Done{};
}

Result<Done, Failure> Ledger::append(const std::string& line) {
  TRY(const Done begun, begin());
  if (::write(file_, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    return refuse(fmt::format("{} cannot be written: add the line \"{}\" to it, or no later run knows of that",
                              client::printable(path_), line.substr(0, line.find('\n'))));
  return Done{};
}

Result<Done, Failure> Ledger::add(const std::string& id, const std::string& symbol) {
  made_.insert(id);
  return append(fmt::format("made {} {}\n", id, client::printable(symbol)));
}

Result<Done, Failure> Ledger::remove(const std::string& id) {
  if (made_.erase(id) == 0) return Done{};
  return append(fmt::format("removed {}\n", id));
}

}  // namespace deputy::cli::apply
