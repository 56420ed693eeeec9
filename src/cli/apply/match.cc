// By id where the file gives one, else by name; assignments by all they say.
#include "cli/apply/match.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "client/refusal.h"
#include "cli/lookup.h"
#include "cli/references.h"
#include "directory/noun.h"

namespace deputy::cli::apply {
namespace {

using client::printable;

class Matcher {
 public:
  Matcher(const std::vector<Record>& desired, const std::vector<Record>& current, const std::set<Kind>& unreadable,
          Problems& problems)
      : desired_(desired), unreadable_(unreadable), problems_(problems) {
    for (const Record& record : current) {
      by_id_[record.id] = &record;
      if (record.kind == Kind::user) users_.push_back(&record);
      if (record.kind == Kind::resource && record.built_in) by_symbol_[std::string(kOwnApi)].push_back(&record);
      if (record.kind != Kind::assignment) {
        by_symbol_[symbol_of(record)].push_back(&record);
        continue;
      }
      assignments_[said_by(record.fields, "\n")] = &record;
      for (auto& reference : directory::references_of(directory::noun(record.kind), record.fields))
        assigned_.insert(std::move(reference.id));
    }
    for (const Record& record : desired)
      if (!record.id.empty()) called_.emplace(record.id, symbol_of(record));
  }

  std::vector<Wanted> run() {
    for (const Record& record : desired_) {
      Wanted wanted{record, nullptr};
      if (unreadable_.contains(record.kind)) {
        wrong(record, fmt::format("{}: {}", printable(spoken(record)), not_readable(record.kind)));
      } else if (record.kind != Kind::assignment) {
        wanted.held = held_by(record);
        note(record, wanted.held);
      }
      wanted_.push_back(std::move(wanted));
    }
    check_usernames();
    for (Wanted& wanted : wanted_) resolve(wanted);
    std::map<std::string, int> seen;
    for (Wanted& wanted : wanted_) {
      if (wanted.record.kind != Kind::assignment) continue;
      const std::string key = said_by(wanted.record.fields, "\n");
      if (const auto [at, fresh] = seen.emplace(key, wanted.record.line); !fresh)
        wrong(wanted.record,
              fmt::format("{} stands twice; first in line {}", printable(spoken(wanted.record)), at->second));
      const auto held = assignments_.find(key);
      if (held != assignments_.end()) wanted.held = held->second;
    }
    return std::move(wanted_);
  }

 private:
  void wrong(const Record& record, std::string sentence, const std::string& field = {}) {
    problems_.push_back({line_of(record.lines, field, record.line), std::move(sentence)});
  }

  static std::string not_readable(Kind kind) {
    return fmt::format("you may not read {} here", plural_of(kind));
  }

  // Of a symbol or an id.
  static Kind kind_of(const std::string& symbol) {
    if (const auto kind = directory::kind_of_id(symbol)) return *kind;
    return kind_named(symbol.substr(0, symbol.find('/'))).value_or(Kind::resource);
  }

  // What the file, by its id, calls it instead; null: it keeps its name.
  const std::string* new_name(const Record& record) const {
    const auto called = called_.find(record.id);
    return called == called_.end() || called->second == symbol_of(record) ? nullptr : &called->second;
  }

  // The records that have this symbol once the file is applied, and can still be something else than revoked; where
  // some live, those, as an export counts them.
  std::vector<const Record*> living(const std::string& symbol) const {
    std::vector<const Record*> found;
    if (const auto all = by_symbol_.find(symbol); all != by_symbol_.end())
      for (const Record* record : all->second)
        if (!record->revoked && new_name(*record) == nullptr) found.push_back(record);
    const auto lives = [](const Record* record) { return !record->expired; };
    if (std::any_of(found.begin(), found.end(), lives)) std::erase_if(found, std::not_fn(lives));
    return found;
  }

  bool was_revoked(const std::string& symbol) const {
    const auto all = by_symbol_.find(symbol);
    return all != by_symbol_.end() && std::any_of(all->second.begin(), all->second.end(),
                                                  [](const Record* record) { return record->revoked; });
  }

  // Why nobody has this symbol once the file is applied.
  std::string nobody_has(const std::string& symbol) const {
    if (const auto all = by_symbol_.find(symbol); all != by_symbol_.end())
      for (const Record* record : all->second)
        if (const auto* renamed = new_name(*record))
          return fmt::format("{} is {} once the file is applied; write that", printable(symbol), printable(*renamed));
    return fmt::format("{} is neither in the file nor within your reach on the server", printable(symbol));
  }

  static std::string ids_of(const std::vector<const Record*>& records) {
    std::string ids;
    for (const Record* record : records) ids += (ids.empty() ? "" : ", ") + record->id;
    return ids;
  }

  const Record* held_by(const Record& record) {
    const std::string symbol = symbol_of(record);
    if (!record.id.empty()) {
      const auto found = by_id_.find(record.id);
      if (found == by_id_.end()) {
        wrong(record, fmt::format("{}: {} is not there, or out of your reach", printable(symbol), record.id));
        return nullptr;
      }
      if (found->second->revoked)
        wrong(record, fmt::format("{} was revoked; take it out of the file", printable(symbol)));
      return found->second;
    }
    const auto found = living(symbol);
    if (found.size() > 1)
      wrong(record, fmt::format("{} is the name of {}; say which by `id`", printable(symbol), ids_of(found)));
    // Whoever revoked it meant it: a file must not quietly bring it back.
    if (found.empty() && was_revoked(symbol))
      wrong(record,
            fmt::format("{} was revoked, and apply does not bring it back; take it out of the file, or give the "
                                "new agent a new name", printable(symbol)));
    return found.empty() ? nullptr : found.front();
  }

  void note(const Record& record, const Record* held) {
    const std::string symbol = symbol_of(record);
    const auto [at, fresh] = named_.emplace(symbol, std::pair(&record, held));
    if (!fresh && (record.id.empty() || at->second.first->id.empty()))
      wrong(record, fmt::format("{} stands twice; first in line {}", printable(symbol), at->second.first->line));
    if (!fresh) ambiguous_.insert(symbol);
    if (held != nullptr && !taken_.insert(held->id).second)
      wrong(record, fmt::format("{}: another document of the file is the same record", printable(symbol)));
  }

  static std::string folded(const Record& user) {
    return directory::without_case(json_text(user.fields, "username").value_or(""));
  }

  // Usernames are unique whatever the case of their letters: of one that is new the server would say so half way
  // through. Whoever is there keeps theirs, and nobody takes it.
  void check_usernames() {
    std::map<std::string, const Record*> taken;
    for (const Wanted& wanted : wanted_)
      if (wanted.record.kind == Kind::user && wanted.held != nullptr)
        taken.emplace(folded(wanted.record), &wanted.record);
    for (const Record* user : users_)
      if (!taken_.contains(user->id)) taken.emplace(folded(*user), user);
    for (const Wanted& wanted : wanted_) {
      if (wanted.record.kind != Kind::user || wanted.held != nullptr) continue;
      const auto [at, fresh] = taken.emplace(folded(wanted.record), &wanted.record);
      const std::string symbol = symbol_of(wanted.record), other = symbol_of(*at->second);
      if (!fresh && symbol != other)
        wrong(wanted.record,
              fmt::format("{} differs from {} in the case of its letters only: write that, or give its id",
                          printable(symbol), printable(other)), "username");
    }
  }

  // Does the record on the server say this already? Of what is out of the caller's reach no more is seen than its id.
  bool has_already(const Wanted& wanted, const std::string& id) const {
    if (wanted.record.kind == Kind::assignment) return assigned_.contains(id);  // which it is, is not known yet
    if (wanted.held == nullptr) return false;
    const auto& members = wanted.held->members;
    if (members && std::find(members->begin(), members->end(), id) != members->end()) return true;
    const auto references = directory::references_of(directory::noun(wanted.held->kind), wanted.held->fields);
    return std::any_of(references.begin(), references.end(), [&](const auto& one) { return one.id == id; });
  }

  // What a symbol of this record means: an id, or the symbol itself where the file makes what it names.
  Result<std::string, Failure> meaning(const std::string& symbol, const Wanted& wanted) {
    if (by_id_.contains(symbol)) return symbol;
    if (const Kind kind = kind_of(symbol); unreadable_.contains(kind)) {
      if (directory::kind_of_id(symbol)) return symbol;  // whether there is one, the server says
      return misuse(fmt::format("{} is one of those that cannot be told by name: {}; use its id", printable(symbol),
                                not_readable(kind)));
    }
    if (directory::kind_of_id(symbol)) {
      if (has_already(wanted, symbol)) return symbol;
      return misuse(fmt::format("{} is not there, or out of your reach", printable(symbol)));
    }
    if (ambiguous_.contains(symbol))
      return misuse(fmt::format("{} has several meanings; use an id", printable(symbol)));
    if (const auto found = named_.find(symbol); found != named_.end())
      return found->second.second == nullptr ? symbol : found->second.second->id;
    const auto found = living(symbol);
    if (found.size() == 1) return found.front()->id;
    if (found.empty()) return misuse(nobody_has(symbol));
    return misuse(fmt::format("{} is the name of {}; use an id", printable(symbol), ids_of(found)));
  }

  void resolve(Wanted& wanted) {
    Record& record = wanted.record;
    const std::string who = printable(spoken(record));
    const auto failures = replace_references(
        directory::noun(record.kind), record.fields,
        [&](std::span<const Kind>, const std::string& symbol) { return meaning(symbol, wanted); });
    for (const Failure& failure : failures)
      wrong(record, fmt::format("{}: {}", who, failure.sentence), failure.field);
    if (!record.members) return;
    for (std::string& member : *record.members) {
      auto meant = meaning(member, wanted);
      if (!meant)
        wrong(record, fmt::format("{}: members: {}", printable(symbol_of(record)), meant.error().sentence), "members");
      else
        member = std::move(*meant);
    }
    std::sort(record.members->begin(), record.members->end());
    record.members->erase(std::unique(record.members->begin(), record.members->end()), record.members->end());
  }

  const std::vector<Record>& desired_;
  const std::set<Kind>& unreadable_;
  Problems& problems_;
  std::vector<Wanted> wanted_;
  std::map<std::string, const Record*> by_id_, assignments_;
  std::map<std::string, std::string> called_;  // ids that the file gives → symbols that it gives them
  std::vector<const Record*> users_;
  std::map<std::string, std::vector<const Record*>> by_symbol_;
  std::map<std::string, std::pair<const Record*, const Record*>> named_;  // symbol → (wanted, held)
  std::set<std::string> ambiguous_, taken_;
  std::set<std::string> assigned_;  // ids that some assignment names
};

}  // namespace

std::vector<Wanted> match(const std::vector<Record>& desired, const std::vector<Record>& current,
                          const std::set<Kind>& unreadable, Problems& problems) {
  return Matcher(desired, current, unreadable, problems).run();
}

}  // namespace deputy::cli::apply
