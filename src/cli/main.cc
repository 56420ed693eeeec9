// Parses one command line, runs its command, and says what went wrong.
#include "cli/main.h"

#include <fmt/format.h>

#include <ostream>

#include "cli/command.h"
#include "cli/parse.h"
#include "cli/session.h"

namespace deputy::cli {
namespace {

int complain(std::ostream& err, const Failure& failure) {
  if (!failure.sentence.empty()) err << "deputy: " << failure.sentence << '\n';
  return static_cast<int>(failure.exit);
}

// A full disk or a closed pipe: what was asked for did not arrive.
int finish(const World& world) {
  world.streams.out.flush();
  return world.streams.out ? 0 : complain(world.streams.err, Failure(Exit::refused, "the output could not be written"));
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
  if (const auto* failure = std::get_if<Failure>(&parsed)) return complain(world.streams.err, *failure);
  if (const auto* shown = std::get_if<Shown>(&parsed)) {
    world.streams.out << shown->text;
    return finish(world);
  }
  const Chosen& chosen = std::get<Chosen>(parsed);
  Session session(world, format_of(chosen.line), chosen.line.text("profile"), chosen.line.has("yes"));
  const auto done = chosen.command->run(chosen.line, session);
  session.end_progress();
  session.show_done();
  if (done) return finish(world);
  world.streams.out.flush();
  return complain(world.streams.err, done.error());
}

bool knows(std::string_view word) {
  if (word == "help" || word == "--help" || word == "-h" || word == "--version") return true;
  return std::any_of(families().begin(), families().end(), [&](const Family& family) { return family.word == word; });
}

}  // namespace deputy::cli
