// deputy audit verify: an export held against its signed checkpoint, without a server.
#include <fmt/format.h>

#include <fstream>
#include <istream>
#include <ostream>

#include "audit/verify.h"
#include "cli/commands/audit/audit.h"
#include "cli/files.h"
#include "client/refusal.h"

namespace deputy::cli {
namespace {

constexpr std::uint64_t kProgressEvery = 100'000;  // lines
constexpr std::size_t kShownMax = 10;

std::string_view word_of(audit::Finding::Kind kind) {
  constexpr std::string_view words[] = {"altered", "missing", "reordered", "truncated", "malformed", "signature",
                                        "split_view"};
  return words[static_cast<std::size_t>(kind)];
}

Result<audit::Known, Failure> known_of(const Line& line, const std::optional<audit::NoteKey>& key) {
  audit::Known known;
  known.key = key ? &*key : nullptr;
  TRY(const auto after, number_of(line, "after"));
  known.after = after.value_or(0);
  for (const auto& text : line.all("witness")) {
    auto witness = audit::parse_vkey(text);
    if (!witness || witness->type != audit::NoteKey::Type::cosigner)
      return misuse("--witness takes a witness's key: NAME+ID+KEY, of type cosignature/v1");
    known.witnesses.push_back(std::move(witness).take());
  }
  if (!line.has("since")) return known;
  if (known.after != 0) return misuse("--since needs an export from the beginning, without --after");
  TRY(const auto text, read_file(line.text("since")));
  auto earlier = audit::open_checkpoint(text, known.key);
  if (!earlier) return refuse(fmt::format("--since: {}", earlier.error().detail));
  known.since = std::move(earlier->checkpoint);
  return known;
}

std::optional<audit::Finding> read_all(std::istream& in, audit::Verifier& verifier, Session& session) {
  std::string line;
  for (std::uint64_t lines = 1; std::getline(in, line); ++lines) {
    if (auto finding = verifier.line(line)) return finding;
    if (lines % kProgressEvery == 0) session.progress(fmt::format("{} events verified", verifier.read()));
  }
  return verifier.end();
}

std::string clock_sentence(const std::vector<std::uint64_t>& events) {
  std::string list;
  for (std::size_t i = 0; i < std::min(events.size(), kShownMax); ++i)
    list += (list.empty() ? "" : ", ") + std::to_string(events[i]);
  if (events.size() > kShownMax) list += fmt::format(" and {} more", events.size() - kShownMax);
  return fmt::format("the clock ran back by more than a minute before event {}: their order is proved, their times "
                     "are not",
                     list);
}

Result<Done, Failure> fail(const audit::Finding& finding, Session& session) {
  if (session.format() == Format::table) return refuse("not verified: " + client::printable(finding.sentence));
  json::object answer{{"verified", false}, {"finding", word_of(finding.kind)}, {"sentence", finding.sentence}};
  if (finding.seq != 0) answer["seq"] = finding.seq;
  session.show(answer);
  return Fail{Failure(Exit::refused, "")};
}

void succeed(const audit::Verifier& verifier, const audit::Known& known, Session& session) {
  std::vector<std::string> warnings;
  if (known.key == nullptr)
    warnings.emplace_back("nobody vouches for the checkpoint without --key: the export agrees with itself, no more");
  if (!verifier.clock_ran_back().empty()) warnings.push_back(clock_sentence(verifier.clock_ran_back()));
  if (session.format() != Format::table) {
    session.show(json::object{{"verified", true},
                              {"log", verifier.checkpoint().origin},
                              {"after", known.after},
                              {"size", verifier.checkpoint().size},
                              {"bodies", verifier.bodies()},
                              {"warnings", json::array(warnings.begin(), warnings.end())}});
    return;
  }
  for (const auto& warning : warnings) session.err() << "deputy: warning: " << warning << '\n';
  session.out() << fmt::format("verified: events {} to {} of {}, {} of them with their bodies\n", known.after + 1,
                               verifier.read(), client::printable(verifier.checkpoint().origin), verifier.bodies());
}

Result<Done, Failure> verify(const Line& line, Session& session) {
  TRY(const auto key, key_of(line));
  TRY(const auto known, known_of(line, key));
  const std::string path = line.text("FILE");
  std::ifstream file;
  if (path != "-") {
    file.open(path, std::ios::binary);
    if (!file) return refuse(client::printable(path) + " cannot be read");
  }
  audit::Verifier verifier(known);
  const auto finding = read_all(path == "-" ? session.world().streams.in : file, verifier, session);
  session.end_progress();
  if (finding) return fail(*finding, session);
  succeed(verifier, known, session);
  return Done{};
}

}  // namespace

void add_verify_command(Table& table) {
  table.push_back(
      {.words = "audit verify",
       .doc = "Check an export offline; the first altered, missing or reordered event is named, and the exit status "
              "is 1.",
       .example = "deputy audit verify audit.jsonl --key id.example/audit+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVk… "
                  "--since checkpoint.txt",
       .arguments = {{"FILE", "What `deputy audit export` wrote; - is standard input."}},
       .flags = {key_flag,
                 {.name = "since", .value = "FILE",
                  .doc = "An earlier checkpoint: the log must begin with all that it was signed for."},
                 {.name = "witness", .value = "VKEY", .doc = "Someone who must have cosigned; may be given again.",
                  .times = Flag::Times::many},
                 {.name = "after", .value = "NUMBER", .doc = "As it was exported with."}},
       .run = verify});
}

}  // namespace deputy::cli
