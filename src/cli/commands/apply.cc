// deputy apply -f FILE.yaml: makes the server hold what the file says.
#include <fmt/format.h>

#include <map>
#include <ostream>

#include "client/refusal.h"
#include "cli/apply/current.h"
#include "cli/apply/execute.h"
#include "cli/commands/all.h"
#include "cli/files.h"

namespace deputy::cli {
namespace {

std::string shown(const std::string& file) { return client::printable(file == "-" ? "standard input" : file); }

constexpr std::size_t kToldMax = 20;  // of the problems of a file

// One line each, as compilers do, so that an editor can go there.
Fail<Failure> wrong_file(const std::string& file, const apply::Problems& problems) {
  std::multimap<int, std::string_view> by_line;
  for (const auto& problem : problems) by_line.emplace(problem.line, problem.sentence);
  std::vector<std::string> told;
  for (const auto& [line, sentence] : by_line) {
    if (told.size() == kToldMax) break;
    told.push_back(fmt::format("{}{}: {}", shown(file), line > 0 ? fmt::format(":{}", line) : "", sentence));
  }
  if (problems.size() > told.size())
    told.push_back(fmt::format("{}: and {} more", shown(file), problems.size() - told.size()));
  return refuse(fmt::format("{}", fmt::join(told, "\ndeputy: ")));
}

Result<std::string, Failure> ledger_path(const Line& line, const std::string& issuer, Session& session) {
  if (line.has("record")) return line.text("record");
  if (line.text("file") != "-") return apply::Ledger::default_path(session.world(), issuer, line.text("file"));
  if (line.has("prune")) return misuse("--prune of standard input needs --record: which file's records are these?");
  return apply::Ledger::default_path(session.world(), issuer, "-");
}

void show_plan(const apply::Plan& plan, const apply::Names& names, Session& session) {
  if (session.format() != Format::table) {
    json::array steps;
    for (const auto& step : plan.steps) steps.push_back(apply::as_json(step));
    session.show(steps, {});
    return;
  }
  for (const auto& step : plan.steps) session.out() << apply::difference(step, names);
  session.say(apply::summary(plan));
}

std::size_t removals(const apply::Plan& plan) {
  return static_cast<std::size_t>(std::count_if(plan.steps.begin(), plan.steps.end(), [](const apply::Step& step) {
    return step.act == apply::Step::Act::remove;
  }));
}

Result<Done, Failure> run(const Line& line, Session& session) {
  const std::string file = line.text("file");
  TRY(const std::string text, read_input(file, session.world()));
  const auto desired = apply::read(text);
  if (!desired) return wrong_file(file, desired.error());
  TRY(client::Api* const api, session.api());
  TRY(const std::string path, ledger_path(line, api->issuer(), session));
  TRY(apply::Ledger ledger, apply::Ledger::open(path, api->issuer()));
  TRY(const auto held, apply::current(session));
  if (line.has("prune") && !ledger.exists())
    session.err() << "deputy: note: no earlier run of this file is on record, so nothing of it is pruned; where it ran "
                     "under another path or on another machine, name its record with --record\n";
  const std::set<std::string> none;
  const auto plan = apply::plan(*desired, held.records, line.has("prune") ? ledger.made() : none, held.unreadable);
  if (!plan) return wrong_file(file, plan.error());
  const apply::Names names = apply::names_of(held.records);
  if (!plan->keep_credentials.empty())
    session.err() << "deputy: note: these keep the credential attributes they have, and the file names; `deputy agent "
                     "update AGENT -f FILE` gives others: "
                  << apply::few(plan->keep_credentials) << '\n';
  if (line.has("dry-run")) {
    show_plan(*plan, names, session);
    return Done{};
  }
  if (const std::size_t count = removals(*plan); count > 0) {
    for (const auto& step : plan->steps)
      if (step.act == apply::Step::Act::remove) session.err() << apply::difference(step, names);
    TRY(const Done confirmed, session.confirm_many(fmt::format("Remove {} record{}?", count, count == 1 ? "" : "s")));
  }
  TRY(const Done done, apply::execute(*plan, shown(file), names, ledger, session));
  if (session.format() == Format::table)
    session.say(plan->steps.empty() ? apply::summary(*plan) : fmt::format("{} steps done.", plan->steps.size()));
  else
    show_plan(*plan, names, session);
  return Done{};
}

}  // namespace

void add_apply(Table& table) {
  table.push_back(
      {.words = "apply",
       .doc = "Make the server hold what a YAML file says. Running it twice changes nothing the second time.",
       .example = "deputy apply -f deputy.yaml --dry-run",
       .flags = {{.name = "file", .value = "FILE", .doc = "Documents, each with a `kind` (- for standard input).",
                  .need = Flag::Need::required},
                 {.name = "dry-run", .value = "", .doc = "Show the difference and change nothing."},
                 {.name = "prune", .value = "", .doc = "Remove what this file made earlier and no longer holds."},
                 {.name = "record", .value = "FILE",
                  .doc = "Where it is kept what this file made; for --prune from more than one machine."}},
       .run = run});
}

}  // namespace deputy::cli
