// deputy apply -f FILE.yaml: makes the server hold what the file says.
#include <fmt/format.h>

#include <map>
#include <ostream>

#include "base/encoding.h"
#include "client/refusal.h"
#include "cli/apply/current.h"
#include "cli/apply/execute.h"
#include "cli/commands/delegation.h"
#include "cli/commands/noun.h"
#include "cli/files.h"
#include "directory/instant.h"

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
  return refuse(fmt::format("{}", fmt::join(told, "\n")));
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

// What the server refuses by its clock, before the first step: an end that does not lie ahead.
apply::Problems over_already(const apply::Plan& plan, Instant now) {
  apply::Problems problems;
  for (const auto& step : plan.steps) {
    const auto text = json_text(step.fields, "expires_at");
    const auto ends = text ? directory::parse_rfc3339(*text) : std::nullopt;
    if (ends && *ends <= now)
      problems.push_back({line_of(step.lines, "expires_at", step.line),
                          client::printable(step.symbol) + ": expires_at: give an instant that lies ahead"});
  }
  return problems;
}

std::set<std::string> scopes_of(const apply::Record& resource) {
  std::set<std::string> names;
  if (const auto* scopes = json_member_array(resource.fields, "scopes"))
    for (const json::value& scope : *scopes)
      if (scope.is_object()) names.insert(text_of(scope.get_object(), "name"));
  return names;
}

// A permission may be written before its scope is; who did not mean that is told. Of a resource that cannot be read
// nothing is known.
void tell_of_undefined_scopes(const apply::Plan& plan, const std::vector<apply::Record>& desired,
                              const std::vector<apply::Record>& held, Session& session) {
  std::map<std::string, std::string> symbols;            // by id
  std::map<std::string, std::set<std::string>> defined;  // by symbol, once the file is applied
  for (const auto* records : {&held, &desired})
    for (const auto& record : *records) {
      if (record.kind != Kind::resource) continue;
      if (records == &held) symbols[record.id] = apply::symbol_of(record);
      defined[apply::symbol_of(record)] = scopes_of(record);
    }
  for (const auto& step : plan.steps) {
    const auto* permissions = json_member_array(step.fields, "permissions");
    for (const json::value& one : permissions != nullptr ? *permissions : json::array()) {
      const auto resource = text_of(one.as_object(), "resource");
      const auto symbol = symbols.contains(resource) ? symbols.at(resource) : resource;
      if (!defined.contains(symbol)) continue;
      for (const auto& scope : texts_of(one.as_object(), "scopes"))
        if (!scope.ends_with('*') && !defined.at(symbol).contains(scope))
          session.err() << "deputy: note: "
                        << client::printable(fmt::format("{}: there is no scope {} at {}; nothing is given by it until "
                                                         "there is", step.symbol, scope, symbol)) << '\n';
    }
  }
}

using Act = apply::Step::Act;

// What the single commands ask about, and what it is done to.
constexpr std::pair<std::string_view, std::string_view> kAskedAbout[] = {
    {"remove", "record"}, {"revoke", "agent"},   {"take out", "member"}, {"transfer", "agent"},
    {"suspend", "agent"}, {"disable", "record"}, {"change", "record"}};

// One of these; empty: nothing that is there ends by the step. A change is one of them only where something does.
std::string_view verb_of(const apply::Step& step) {
  switch (step.act) {
    case Act::remove: return "remove";
    case Act::revoke: return "revoke";
    case Act::remove_member: return "take out";
    case Act::transfer: return "transfer";
    case Act::suspend: return step.id.empty() ? "" : "suspend";
    case Act::update:
      if (step.id.empty()) return "";
      return json_text(step.fields, "state").value_or("active") == "active" ? "change" : "disable";
    case Act::create:
    case Act::add_member: return "";
  }
  return "";
}

// The server's word on what ends by the step. With an agent that is removed nothing does: it was revoked before.
Result<std::string, Failure> previewed(const apply::Step& step, Session& session) {
  const std::string path = path_of(step.kind, step.id);
  switch (step.act) {
    case Act::suspend: return ended_by_act(path + "/suspend", session);
    case Act::revoke: return ended_by_act(path + "/revoke", session);
    case Act::remove_member: return ended_by_removal(path + "/members/" + percent_encode(step.member), session);
    case Act::update: return has_preview(step.kind) ? ended_by_change(path, step.fields, session) : std::string();
    case Act::remove:
      return has_preview(step.kind) && step.kind != Kind::agent ? ended_by_removal(path, session) : std::string();
    case Act::transfer:
    case Act::create:
    case Act::add_member: return std::string();
  }
  return std::string();
}

// What ends by it, on one line; empty: nothing.
std::string ended_by(const apply::Step& step, Session& session) {
  if (step.act == Act::transfer) return "tokens that name its owner of now, and what people agreed to with them";
  session.progress(fmt::format("asking what would end: {}", client::printable(step.symbol)));
  const auto ended = previewed(step, session);
  session.end_progress();
  return ended ? *ended : "not known before the steps ahead of it are done";
}

// Shows what it asks about.
Result<Done, Failure> confirm(const apply::Plan& plan, const apply::Names& names, Session& session) {
  std::map<std::string_view, std::size_t> counts;
  for (const auto& step : plan.steps) {
    const std::string_view verb = verb_of(step);
    if (verb.empty() || (verb != "remove" && verb != "revoke" && !session.asks())) continue;
    const std::string ended = session.asks() ? ended_by(step, session) : "";
    if (verb == "change" && ended.empty()) continue;
    session.err() << apply::difference(step, names) << (ended.empty() ? "" : "    it ends: " + ended + "\n");
    ++counts[verb];
  }
  if (counts.empty()) return Done{};
  std::string question;
  for (const auto& [verb, noun] : kAskedAbout)
    if (const auto count = counts[verb]; count > 0)
      question += fmt::format("{}{} {} {}{}", question.empty() ? "" : ", ", verb, count, noun, count == 1 ? "" : "s");
  question.front() = static_cast<char>(std::toupper(question.front()));
  return counts["remove"] > 0 ? session.confirm_many(question + "?") : session.confirm(question + "?");
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
  ledger.settle(held.records, held.unreadable.empty());
  if (line.has("prune") && !ledger.exists())
    session.err() << "deputy: note: no earlier run of this file is on record, so nothing of it is pruned; where it ran "
                     "under another path or on another machine, name its record with --record\n";
  const std::set<std::string> none;
  const auto plan = apply::plan(*desired, held.records, line.has("prune") ? ledger.made() : none, held.unreadable);
  if (!plan) return wrong_file(file, plan.error());
  if (const auto over = over_already(*plan, session.world().clock.now()); !over.empty()) return wrong_file(file, over);
  const apply::Names names = apply::names_of(held.records);
  if (!plan->keep_credentials.empty())
    session.err() << "deputy: note: these keep the credential attributes they have, and the file names; `deputy agent "
                     "update AGENT -f FILE` gives others: "
                  << apply::few(plan->keep_credentials) << '\n';
  if (!plan->unseen_delegates.empty())
    session.err() << "deputy: note: delegates are taken out that are deleted or out of your reach, between which apply "
                     "cannot tell; name the id in the file of one that is to stay: "
                  << apply::few(plan->unseen_delegates) << '\n';
  tell_of_undefined_scopes(*plan, *desired, held.records, session);
  if (line.has("dry-run")) {
    show_plan(*plan, names, session);
    return Done{};
  }
  TRY(const Done confirmed, confirm(*plan, names, session));
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
