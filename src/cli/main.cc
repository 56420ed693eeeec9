// Parses one command line, runs its command, and says what went wrong.
#include "cli/main.h"

#include <fmt/format.h>

#include <ostream>
#include <sstream>

#include "cli/command.h"
#include "cli/parse.h"
#include "cli/session.h"

namespace deputy::cli {
namespace {

// For a script, on one line: notes may stand before it. What the server did not say is not in it.
json::object error_of(const Failure& failure) {
  json::object error{{"message", failure.sentence}};
  if (failure.status > 0) error["status"] = failure.status;
  for (const auto& [name, text] : {std::pair("code", &failure.code), std::pair("detail", &failure.detail),
                                   std::pair("field", &failure.field),
                                   std::pair("correlation_id", &failure.correlation_id)})
    if (!text->empty()) error[name] = *text;
  return error;
}

int complain(std::ostream& err, const Failure& failure, Format format) {
  if (failure.sentence.empty()) return static_cast<int>(failure.exit);
  if (format == Format::json) {
    err << escaped(json::serialize(error_of(failure))) << '\n';
    return static_cast<int>(failure.exit);
  }
  std::istringstream lines(failure.sentence);
  for (std::string line; std::getline(lines, line);) err << "deputy: " << line << '\n';
  return static_cast<int>(failure.exit);
}

// A full disk or a closed pipe: what was asked for did not arrive.
int finish(const World& world, Format format) {
  world.streams.out.flush();
  if (world.streams.out) return 0;
  return complain(world.streams.err, Failure(Exit::refused, "the output could not be written"), format);
}

Format format_of(const Line& line) {
  const std::string name = line.text("output");
  return name == "json" ? Format::json : name == "yaml" ? Format::yaml : Format::table;
}

}  // namespace

const std::vector<Flag>& common_flags() {
  static const std::vector<Flag> flags{
      {.name = "output", .value = "FORMAT", .doc = "How to show the answer.", .choices = {"table", "json", "yaml"}},
      {.name = "profile", .value = "NAME", .doc = "Which saved sign-in to use (see `deputy login`)."},
      {.name = "yes", .value = "", .doc = "Do not ask before a destructive act."},
  };
  return flags;
}

int run(std::span<const char* const> args, const World& world) {
  auto parsed = parse(std::vector<std::string>(args.begin(), args.end()));
  if (const auto* failure = std::get_if<Failure>(&parsed)) return complain(world.streams.err, *failure, Format::table);
  if (const auto* shown = std::get_if<Shown>(&parsed)) {
    world.streams.out << shown->text;
    return finish(world, Format::table);
  }
  const Chosen& chosen = std::get<Chosen>(parsed);
  const Format format = format_of(chosen.line);
  Session session(world, format, chosen.line.text("profile"), chosen.line.has("yes"));
  const auto done = chosen.command->run(chosen.line, session);
  session.end_progress();
  session.show_done();
  if (done) return finish(world, format);
  world.streams.out.flush();
  return complain(world.streams.err, done.error(), format);
}

bool knows(std::string_view word) {
  if (word == "help" || word == "--help" || word == "-h" || word == "--version") return true;
  return std::any_of(families().begin(), families().end(), [&](const Family& family) { return family.word == word; });
}

}  // namespace deputy::cli
