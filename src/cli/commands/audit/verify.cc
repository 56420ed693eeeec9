// deputy audit verify: an export held against its signed checkpoint, without a server.
#include <fmt/format.h>

#include <cerrno>
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
                                        "split_view", "no_body"};
  return words[static_cast<std::size_t>(kind)];
}

// What there is to trust. Without a key nothing an export says of itself proves anything, so that is asked for by name.
Result<audit::Known, Failure> known_of(const Line& line) {
  audit::Known known;
  TRY(auto keys, keys_of(line));
  known.keys = std::move(keys);
  const bool consistency_only = line.has("consistency-only");
  if (known.keys.empty() && !consistency_only)
    return misuse("without --key nobody vouches for what the export says of itself: name the log's key (`deputy audit "
                  "key`), or ask for --consistency-only");
  if (consistency_only && (!known.keys.empty() || line.has("witness")))
    return misuse("--consistency-only asks nobody who signed: leave it or --key and --witness away");
  TRY(const auto after, number_of(line, "after"));
  known.after = after.value_or(0);
  TRY(const auto bodies_from, number_of(line, "bodies-from"));
  known.bodies_from = bodies_from;
  for (const auto& text : line.all("witness")) {
    auto witness = audit::parse_vkey(text);
    if (!witness || witness->type != audit::NoteKey::Type::cosigner)
      return misuse("--witness takes a witness's key: NAME+ID+KEY, of type cosignature/v1");
    known.witnesses.push_back(std::move(witness).take());
  }
  if (!line.has("since")) return known;
  TRY(auto note, read_file(line.text("since")));
  auto earlier = audit::open_checkpoint(note);  // by whom it is signed, the verifier looks: the export has handovers
  if (!earlier) return refuse(fmt::format("--since: {}", earlier.error().detail));
  known.since = std::move(earlier->checkpoint);
  known.since_note = std::move(note);
  return known;
}

std::optional<audit::Finding> read_all(std::istream& in, audit::Verifier& verifier, Session& session) {
  LineReader reader(in, audit::line_bytes_max + 1);  // of one that is too long as much as tells that it is
  errno = 0;
  for (std::uint64_t lines = 1;; ++lines) {
    const auto line = reader.next();
    if (!line) break;
    if (auto finding = verifier.line(*line)) return finding;
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

std::vector<std::string> warnings_of(const audit::Verifier& verifier, const audit::Known& known) {
  std::vector<std::string> warnings;
  if (verifier.keys().size() > known.keys.size())
    warnings.push_back("the log's key has changed, as the one you named has signed: from now on name " +
                       client::printable(audit::vkey_of(verifier.keys().back())) +
                       ", and the old one too for as long as you hold checkpoints of its time");
  if (!verifier.handover_shown())
    warnings.push_back(fmt::format(
        "you named several keys, and no handover in the export leads from each to the one that signed it: where that "
        "is a newer one, whoever has it may have left a handover out and rewritten {}; name the oldest key alone",
        known.since ? "what came after the earlier checkpoint" : "all that was before"));
  if (known.since && known.after != 0 && known.since->size != verifier.checkpoint().size)
    warnings.push_back("the earlier checkpoint was held against the length of the log alone; whether the log begins "
                       "with what that was signed for, an export from the beginning shows");
  if (!verifier.clock_ran_back().empty()) warnings.push_back(clock_sentence(verifier.clock_ran_back()));
  return warnings;
}

std::string range_text(const audit::Range& range) {
  return range.first == range.last ? std::to_string(range.first) : fmt::format("{} to {}", range.first, range.last);
}

// "events 1 to 600 of id.example/audit, 598 of them with their bodies and without 7, 12"
std::string events_text(const audit::Verifier& verifier, const audit::Known& known) {
  const auto log = client::printable(verifier.checkpoint().origin);
  if (verifier.read() == known.after) return fmt::format("no events after {} of {}", known.after, log);
  std::string text = fmt::format("events {} to {} of {}, {} of them with their bodies", known.after + 1,
                                 verifier.read(), log, verifier.bodies());
  const auto& without = verifier.without_bodies();
  for (std::size_t i = 0; i < std::min(without.size(), kShownMax); ++i)
    text += (i == 0 ? " and without " : ", ") + range_text(without[i]);
  return text + (without.size() > kShownMax ? " and others" : "");
}

json::array ranges_json(const std::vector<audit::Range>& ranges) {
  json::array list;
  for (const auto& range : ranges) list.push_back(json::object{{"first", range.first}, {"last", range.last}});
  return list;
}

void succeed(const audit::Verifier& verifier, const audit::Known& known, Session& session) {
  const bool signed_for = !known.keys.empty();
  const auto warnings = warnings_of(verifier, known);
  if (session.format() != Format::table) {
    session.show(json::object{{"verified", signed_for},
                              {"consistent", true},
                              {"log", verifier.checkpoint().origin},
                              {"after", known.after},
                              {"size", verifier.checkpoint().size},
                              {"bodies", verifier.bodies()},
                              {"without_bodies", ranges_json(verifier.without_bodies())},
                              {"warnings", json::array(warnings.begin(), warnings.end())}});
    return;
  }
  for (const auto& warning : warnings) session.err() << "deputy: warning: " << warning << '\n';
  const auto events = events_text(verifier, known);
  if (signed_for)
    session.out() << "verified: " << events << '\n';
  else
    session.out() << "consistent: " << events
                  << (known.since ? ", agree with each other, with their checkpoint and with the earlier one"
                                  : ", agree with each other and with their checkpoint")
                  << "\nnot proved: that the log ever was so; whoever wrote this file may have made all of it up\n";
}

Result<Done, Failure> verify(const Line& line, Session& session) {
  TRY(const auto known, known_of(line));
  const std::string path = line.text("FILE");
  std::ifstream file;
  if (path != "-") {
    TRY(std::ifstream opened, open_file(path));
    file = std::move(opened);
  }
  std::istream& in = path == "-" ? session.world().streams.in : file;
  audit::Verifier verifier(known);
  const auto finding = read_all(in, verifier, session);
  session.end_progress();
  TRY(const Done all, check_read(in, path == "-" ? "standard input" : path));
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
                 {.name = "consistency-only", .value = "",
                  .doc = "Ask only whether the export agrees with itself: this proves nothing about the log."},
                 {.name = "since", .value = "FILE",
                  .doc = "An earlier checkpoint: the log must begin with all that it was signed for. With --after, "
                         "it must be as long."},
                 {.name = "witness", .value = "VKEY", .doc = "Someone who must have cosigned; may be given again.",
                  .times = Flag::Times::many},
                 {.name = "after", .value = "NUMBER", .doc = "As it was exported with."},
                 {.name = "bodies-from", .value = "NUMBER",
                  .doc = "From this event on each must be there with its body, and not by its hash alone."}},
       .run = verify});
}

}  // namespace deputy::cli
