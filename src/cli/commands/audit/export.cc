// deputy audit export: the log as JSON lines, for `deputy audit verify` and for keeping.
#include <fmt/format.h>

#include <ostream>

#include "audit/log_export.h"
#include "cli/commands/audit/audit.h"
#include "cli/files.h"

namespace deputy::cli {
namespace {

bool to_output(const Line& line) { return !line.has("output-file") || line.text("output-file") == "-"; }

// Where the lines go: a file that appears when it is whole, a pipe, or the output.
class Sink {
 public:
  static Result<Sink, Failure> open(const Line& line, Session& session) {
    if (to_output(line)) return Sink(session, std::nullopt);
    TRY(auto file, GrowingFile::open(line.text("output-file")));
    return Sink(session, std::move(file));
  }
  Result<Done, Failure> write(std::string_view text) {
    if (file_) return file_->append(text);
    session_.out() << text;
    if (!session_.out()) return refuse("the output was closed");
    return Done{};
  }
  Result<Done, Failure> end() { return file_ ? file_->place() : Result<Done, Failure>(Done{}); }

 private:
  Sink(Session& session, std::optional<GrowingFile> file) : session_(session), file_(std::move(file)) {}
  Session& session_;
  std::optional<GrowingFile> file_;
};

// How long the log is, by the head of its first page.
Result<std::uint64_t, Failure> size_in_head(std::string_view page) {
  const auto line = audit::parse_line(page.substr(0, page.find('\n')));
  const auto* head = line ? std::get_if<audit::ExportHead>(&*line) : nullptr;
  const auto opened = head ? audit::open_checkpoint(head->checkpoint)
                           : Result<audit::SignedCheckpoint, Fault>(Fail{Fault{Fault::Kind::invalid, ""}});
  if (!opened) return refuse("the server's export cannot be read");
  return opened->checkpoint.size;
}

std::uint64_t events_in(std::string_view page) {
  std::uint64_t events = 0;
  for (; !page.empty(); page.remove_prefix(std::min(page.find('\n'), page.size() - 1) + 1))
    if (page.starts_with("{\"seq\":")) ++events;
  return events;
}

Result<Done, Failure> export_log(const Line& line, Session& session) {
  TRY(const auto begin, number_of(line, "after"));
  std::uint64_t after = begin.value_or(0);
  if (after % audit::tile_width != 0) return misuse("--after takes a multiple of 256");
  TRY(client::Api* const api, session.api());
  client::Query query{{"after", std::to_string(after)}};
  if (line.has("cosigned")) query.emplace_back("cosigned", "true");
  TRY(auto page, api->get_text("/audit/export", query));
  TRY(const auto size, size_in_head(page));
  TRY(auto sink, Sink::open(line, session));
  for (;;) {
    TRY(const auto written, sink.write(page));
    const auto events = events_in(page);
    after += events;
    if (events == 0 || after >= size) break;
    session.progress(fmt::format("{} of {} events", after, size));
    TRY(auto next, api->get_text("/audit/export",
                                 {{"after", std::to_string(after)}, {"size", std::to_string(size)}}));
    page = std::move(next);
  }
  session.end_progress();
  TRY(const auto ended, sink.end());
  if (!to_output(line))
    session.say(fmt::format("{} events are in {}", size - begin.value_or(0), line.text("output-file")));
  return Done{};
}

}  // namespace

void add_audit_export_command(Table& table) {
  table.push_back(
      {.words = "audit export",
       .doc = "Write the audit log as JSON lines that `deputy audit verify` checks offline.",
       .example = "deputy audit export --output-file audit.jsonl",
       .flags = {{.name = "output-file", .value = "FILE",
                  .doc = "Write to this file, once it is whole (0600); - is standard output."},
                 {.name = "after", .value = "NUMBER", .doc = "Begin after so many events: a multiple of 256."},
                 {.name = "cosigned", .value = "",
                  .doc = "Up to the newest checkpoint that a witness has signed too."}},
       .run = export_log});
}

}  // namespace deputy::cli
