// A line for each record asked for, made, refused or removed; read from the first to the last.
#include "cli/apply/ledger.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <sstream>

#include "base/encoding.h"
#include "client/refusal.h"
#include "cli/files.h"
#include "crypto/hash.h"
#include "directory/instant.h"

namespace deputy::cli::apply {
namespace {

constexpr std::string_view kTitle = "deputy apply: what was made on ";

std::string line_made(const std::string& id, const std::string& what) { return "made " + id + " " + what + "\n"; }
std::string line_refused(const std::string& what) { return "refused " + what + "\n"; }

// A record that was made further from the time it was asked for is another's. As long before as behind: the two clocks
// may differ, and what was there before was seen, and not asked for.
constexpr Seconds kAsked{300};

bool is_near(const Record& record, std::optional<Instant> asked) {
  return !asked || (record.created_at && std::chrono::abs(*record.created_at - *asked) <= kAsked);
}

constexpr std::string_view kNothingMade =
    "; nothing is made that no later run would know of: name another record with --record";

Fail<Failure> unwritable(const std::string& path, const char* why) {
  return refuse(fmt::format("{}: {}{}", client::printable(path), why, kNothingMade));
}

// The first word, and all behind it.
std::pair<std::string, std::string> cut(const std::string& text) {
  const auto space = std::min(text.find(' '), text.size());
  return {text.substr(0, space), text.substr(std::min(space + 1, text.size()))};
}

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
  ledger.torn_ = !text.ends_with('\n');
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);
  if (line != std::string(kTitle) + issuer)
    return refuse(fmt::format("{} is no record of what was made on {}; name another with --record",
                              client::printable(ledger.path_), issuer));
  while (std::getline(lines, line)) {
    const auto [word, rest] = cut(line);
    const auto [id, what] = cut(rest);
    if (const auto at = directory::parse_rfc3339(id); word == "asked") ledger.pending_[at ? what : rest] = at;
    if (word == "made") ledger.made_.insert(id);
    if (word == "made") ledger.pending_.erase(what);
    if (word == "refused") ledger.pending_.erase(rest);
    if (word == "removed") ledger.made_.erase(id);
  }
  return ledger;
}

void Ledger::settle(const std::vector<Record>& current, bool all_seen) {
  std::map<std::string, std::vector<const Record*>> known;  // by what they are known by
  for (const Record& record : current)
    known[client::printable(known_as(record.kind, symbol_of(record), record.fields))].push_back(&record);
  for (const auto& [what, asked] : std::exchange(pending_, {})) {
    auto found = known[what];
    const bool seen = all_seen || !found.empty();
    std::erase_if(found, [&](const Record* record) { return !is_near(*record, asked); });
    if (found.size() == 1) {
      made_.insert(found.front()->id);
      settled_ += line_made(found.front()->id, what);
    } else if (seen) {  // of several nobody can tell which it was
      settled_ += line_refused(what);
    } else {
      pending_.emplace(what, asked);
    }
  }
}

Ledger::~Ledger() {
  if (file_ >= 0) ::close(file_);
}

Result<Done, Failure> Ledger::begin() {
  if (file_ >= 0) return Done{};
  if (!exists_) {
    const auto begun = write_private_file(path_, std::string(kTitle) + issuer_ + "\n", Existing::replace);
    if (!begun) return refuse(begun.error().sentence + std::string(kNothingMade));
    exists_ = true;
  }
  file_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (file_ < 0) return unwritable(path_, std::strerror(errno));
  // A run that ended within a line must not take the next one with it.
  const std::string first = (std::exchange(torn_, false) ? "\n" : "") + std::exchange(settled_, {});
  if (!first.empty() && !write(first)) return unwritable(path_, std::strerror(errno));
  return Done{};
}

bool Ledger::write(const std::string& lines) {
  return ::write(file_, lines.data(), lines.size()) == static_cast<ssize_t>(lines.size());
}

Result<Done, Failure> Ledger::append(const std::string& line) {
  TRY(const Done begun, begin());
  if (!write(line))
    return refuse(fmt::format("{} cannot be written: add the line \"{}\" to it, or no later run knows of that",
                              client::printable(path_), line.substr(0, line.find('\n'))));
  return Done{};
}

Result<Done, Failure> Ledger::ask(const std::string& what, Instant now) {
  TRY(const Done begun, begin());
  if (!write(fmt::format("asked {} {}\n", rfc3339(now), client::printable(what))))
    return unwritable(path_, std::strerror(errno));
  return Done{};
}

Result<Done, Failure> Ledger::add(const std::string& id, const std::string& what) {
  made_.insert(id);
  return append(line_made(id, client::printable(what)));
}

Result<Done, Failure> Ledger::refused(const std::string& what) {
  return append(line_refused(client::printable(what)));
}

Result<Done, Failure> Ledger::remove(const std::string& id) {
  if (made_.erase(id) == 0) return Done{};
  return append(fmt::format("removed {}\n", id));
}

}  // namespace deputy::cli::apply
