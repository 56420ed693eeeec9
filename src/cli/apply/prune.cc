// Members out first, then assignments and whatever else refers to what goes; an agent is revoked, then removed.
#include "cli/apply/prune.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "client/refusal.h"
#include "directory/noun.h"

namespace deputy::cli::apply {
namespace {

using client::printable;
using directory::Need;

std::vector<directory::Reference> references(const Record& record) {
  return directory::references_of(directory::noun(record.kind), record.fields);
}

// What keeps another record there. Of a field that is left with ids of nobody, nothing does.
std::vector<directory::Reference> keeping(const Record& record) {
  auto all = references(record);
  std::erase_if(all, [&](const auto& one) { return directory::noun(record.kind).field(one.field)->may_dangle; });
  return all;
}

bool is_optional(const Record& record, const std::string& field) {
  return directory::noun(record.kind).field(field)->need == Need::optional;
}

std::set<std::string> kept_by(const std::vector<Wanted>& wanted) {
  std::set<std::string> kept;
  for (const Wanted& one : wanted)
    if (one.held != nullptr) kept.insert(one.held->id);
  return kept;
}

Step step(Step::Act act, const Record& held) {
  return {.act = act, .kind = held.kind, .symbol = spoken(held), .id = held.id, .version = held.version};
}

class Remover {
 public:
  Remover(const std::set<std::string>& going, const std::vector<Record>& current, Problems& problems)
      : problems_(problems) {
    for (const Record& record : current) {
      if (!going.contains(record.id)) continue;
      going_.emplace(record.id, &record);
      left_.push_back(&record);
    }
  }

  // What the file says of those that it holds.
  void look_at(const Wanted& wanted) {
    const Record& record = wanted.record;
    const std::string name = record.kind == Kind::assignment ? "assignment" : symbol_of(record);
    const auto look = [&](const std::string& field, const std::string& id) {
      if (const auto found = going_.find(id); found != going_.end())
        problems_.push_back({line_of(record.lines, field, record.line),
                             fmt::format("{}: {}: --prune would remove {}, whose document is gone: put that back, or "
                                         "name it here no more",
                                         printable(name), field, printable(spoken(*found->second)))});
    };
    for (const auto& [field, id] : references(record)) look(field, id);
    for (const std::string& member : record.members.value_or(std::vector<std::string>())) look("members", member);
  }

  // What another record, of which the file says nothing, holds on to. A membership goes with the member.
  void look_at(const Record& other) {
    const std::string name = other.kind == Kind::assignment ? "assignment " + other.id : symbol_of(other);
    for (const auto& [field, id] : keeping(other))
      if (const auto found = going_.find(id); found != going_.end())
        problems_.push_back({0, fmt::format("{}: --prune would remove it, but {}, which is not of this file's making, "
                                            "refers to it ({}): change or delete that first, or put its document back",
                                            printable(spoken(*found->second)), printable(name), field)});
  }

  std::vector<Step> run() {
    for (const Record* record : left_)
      for (const std::string& member : record->members.value_or(std::vector<std::string>())) {
        steps_.push_back(step(Step::Act::remove_member, *record));
        steps_.back().member = member;
      }
    remove_in_order();
    return std::move(steps_);
  }

 private:
  void remove_in_order() {
    std::set<std::string> let_go;  // records whose optional references are taken away first
    while (!left_.empty()) {
      std::set<std::string> referred;
      for (const Record* record : left_)
        for (const auto& [field, target] : keeping(*record))
          if (target != record->id && !(let_go.contains(record->id) && is_optional(*record, field)))
            referred.insert(target);
      const auto free = std::erase_if(left_, [&](const Record* record) {
        if (referred.contains(record->id)) return false;
        remove(*record);
        return true;
      });
      if (free > 0) continue;
      // Only a circle is left, and what leads into it: it is opened at its optional fields.
      const auto before = steps_.size();
      for (const Record* record : left_)  // a revoked agent cannot be changed any more
        if (!record->revoked && let_go.insert(record->id).second) let_references_go(*record);
      if (steps_.size() > before) continue;
      for (const Record* record : left_) remove(*record);  // the server's answer will say what holds on to what
      return;
    }
  }

  void let_references_go(const Record& record) {
    Step one = step(Step::Act::update, record);
    one.version = 0;  // its members may have changed before
    for (const auto& [field, target] : keeping(record)) {
      const bool among =
          std::any_of(left_.begin(), left_.end(), [&](const Record* other) { return other->id == target; });
      if (!among || !is_optional(record, field)) continue;
      one.fields[field] = nullptr;
      one.before[field] = record.fields.at(field);
    }
    if (!one.fields.empty()) steps_.push_back(std::move(one));
  }

  void remove(const Record& record) {
    if (record.kind == Kind::agent && !record.revoked) steps_.push_back(step(Step::Act::revoke, record));
    steps_.push_back(step(Step::Act::remove, record));
    if (record.kind == Kind::assignment) steps_.back().before = record.fields;
  }

  Problems& problems_;
  std::map<std::string, const Record*> going_;  // by id
  std::vector<const Record*> left_;
  std::vector<Step> steps_;
};

}  // namespace

std::set<std::string> unwanted(const std::vector<Wanted>& wanted, const std::vector<Record>& current,
                               const std::set<std::string>& made_earlier) {
  const auto kept = kept_by(wanted);
  std::set<std::string> going, agents;
  for (const Record& record : current) {
    if (!made_earlier.contains(record.id) || kept.contains(record.id) || record.built_in) continue;
    going.insert(record.id);
    if (record.kind == Kind::agent) agents.insert(record.id);
  }
  for (const Record& record : current)
    if (record.kind == Kind::assignment && !kept.contains(record.id) &&
        agents.contains(std::string(json_text(record.fields, "principal").value_or(""))))
      going.insert(record.id);
  return going;
}

std::vector<Step> removals(const std::set<std::string>& going, const std::vector<Wanted>& wanted,
                           const std::vector<Record>& current, Problems& problems) {
  if (going.empty()) return {};
  Remover remover(going, current, problems);
  for (const Wanted& one : wanted) remover.look_at(one);
  const auto kept = kept_by(wanted);
  for (const Record& record : current)
    if (!kept.contains(record.id) && !going.contains(record.id)) remover.look_at(record);
  return remover.run();
}

}  // namespace deputy::cli::apply
