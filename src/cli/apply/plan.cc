// The planner: creations in the order of their references, then changes, members, and removals the other way round.
#include "cli/apply/plan.h"

#include <fmt/format.h>

#include "client/refusal.h"
#include "cli/apply/match.h"
#include "cli/references.h"
#include "directory/noun.h"

namespace deputy::cli::apply {
namespace {

using directory::Need;
using directory::Noun;

const Noun& noun(Kind kind) {
  const Noun* found = directory::noun_of(kind);
  CHECK(found != nullptr);
  return *found;
}

// What the fields refer to, with the field's name.
std::vector<std::pair<std::string, std::string>> references(Kind kind, const json::object& fields) {
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& field : noun(kind).fields) {
    const json::value* value = fields.if_contains(field.name);
    if (value == nullptr) continue;
    json::object alone{{field.name, *value}};
    auto walked = with_references(noun(kind), std::move(alone),
                                  [&](std::span<const Kind>, const std::string& text) -> Result<std::string, Failure> {
                                    found.emplace_back(std::string(field.name), text);
                                    return text;
                                  });
    CHECK(walked);
  }
  return found;
}

// A merge patch (RFC 7396) that makes `have` into `want`: attributes are merged by name, so each that goes is null.
json::value patch_of(const directory::Field& field, const json::value* want, const json::value* have) {
  if (want == nullptr) return nullptr;
  const bool merged = field.type == directory::Type::attributes && have != nullptr && have->is_object();
  if (!merged || !want->is_object()) return *want;
  json::object patch;
  for (const auto& [name, value] : want->get_object()) {
    const json::value* before = have->get_object().if_contains(name);
    if (before == nullptr || *before != value) patch[name] = value;
  }
  for (const auto& [name, value] : have->get_object())
    if (!want->get_object().contains(name)) patch[name] = nullptr;
  return patch;
}

class Planner {
 public:
  Planner(const std::vector<Record>& desired, const std::vector<Record>& current, const std::set<std::string>& earlier)
      : current_(current), earlier_(earlier), wanted_(match(desired, current, problems_)) {}

  Result<Plan, Problems> run() {
    if (problems_.empty()) {
      create_in_order();
      for (const Wanted& wanted : wanted_) {
        const std::size_t before = plan_.steps.size();
        if (wanted.held != nullptr) change(wanted.record, *wanted.held);
        members(wanted);
        if (wanted.held != nullptr && plan_.steps.size() == before) ++plan_.unchanged;
      }
      remove_unwanted();
    }
    if (!problems_.empty()) return Fail{std::move(problems_)};
    plan_.steps.insert(plan_.steps.end(), std::make_move_iterator(removals_.begin()),
                       std::make_move_iterator(removals_.end()));
    return std::move(plan_);
  }

 private:
  void wrong(const Record& record, std::string sentence) {
    problems_.push_back({record.line, client::printable(spoken(record)) + ": " + std::move(sentence)});
  }

  // References of the record to what is yet to be made: the fields that hold them.
  std::set<std::string> waiting_fields(const Record& record, const std::set<std::string>& to_make) const {
    std::set<std::string> fields;
    for (const auto& [field, target] : references(record.kind, record.fields))
      if (to_make.contains(target)) fields.insert(field);
    return fields;
  }

  bool all_optional(const Record& record, const std::set<std::string>& fields) const {
    return std::all_of(fields.begin(), fields.end(), [&](const std::string& name) {
      return is_optional(record, name);
    });
  }

  void create(const Record& record, const std::set<std::string>& left_out) {
    json::object fields = record.fields, later, none;
    for (const std::string& name : left_out) {
      later[name] = fields[name];
      none[name] = nullptr;
      fields.erase(name);
    }
    plan_.steps.push_back({.act = Step::Act::create, .kind = record.kind, .symbol = spoken(record), .id = {},
                           .fields = std::move(fields)});
    if (!later.empty())
      completions_.push_back({.act = Step::Act::update, .kind = record.kind, .symbol = spoken(record), .id = {},
                              .fields = std::move(later), .before = std::move(none)});
  }

  // Each record after those it refers to. Where records refer to each other in a circle, one is made without the
  // optional field that closes it, and completed once all are there.
  void create_in_order() {
    std::vector<const Record*> left;
    std::set<std::string> to_make;
    for (const Wanted& wanted : wanted_) {
      if (wanted.held != nullptr) continue;
      left.push_back(&wanted.record);
      if (wanted.record.kind != Kind::assignment) to_make.insert(symbol_of(wanted.record));
    }
    const auto make = [&](const Record* record, const std::set<std::string>& left_out) {
      create(*record, left_out);
      to_make.erase(symbol_of(*record));
      return true;
    };
    while (!left.empty()) {
      const std::size_t before = left.size();
      std::erase_if(left, [&](const Record* record) {
        return waiting_fields(*record, to_make).empty() && make(record, {});
      });
      if (left.size() < before) continue;
      const auto breakable = std::find_if(left.begin(), left.end(), [&](const Record* record) {
        return all_optional(*record, waiting_fields(*record, to_make));
      });
      if (breakable == left.end()) {
        wrong(*left.front(), "it and others need each other to be there first");
        return;
      }
      make(*breakable, waiting_fields(**breakable, to_make));
      left.erase(breakable);
    }
    plan_.steps.insert(plan_.steps.end(), completions_.begin(), completions_.end());
  }

  Step step(Step::Act act, const Record& held) const {
    return {.act = act, .kind = held.kind, .symbol = spoken(held), .id = held.id, .version = held.version};
  }

  // An update speaks of a version, and a transfer makes another: so the update comes first.
  void change(const Record& record, const Record& held) {
    if (held.built_in) {
      if (record.fields != held.fields) wrong(record, "it is the server's own and cannot be changed by a file");
      return;
    }
    Step update = step(Step::Act::update, held), transfer = step(Step::Act::transfer, held);
    for (const auto& field : noun(record.kind).fields) {
      if (field.need == Need::read_only) continue;
      const json::value* want = record.fields.if_contains(field.name);
      const json::value* have = held.fields.if_contains(field.name);
      if (want == nullptr && have == nullptr) continue;
      if (want != nullptr && have != nullptr && *want == *have) continue;
      if (record.kind == Kind::agent && field.name == "owner" && want != nullptr) {
        transfer.fields["owner"] = *want;
        transfer.before["owner"] = have == nullptr ? json::value(nullptr) : *have;
      } else if (field.need == Need::create_only || field.need == Need::create_required) {
        if (want != nullptr) wrong(record, fmt::format("{} cannot be changed once it is made", field.name));
      } else {
        update.fields[field.name] = patch_of(field, want, have);
        update.before[field.name] = have == nullptr ? json::value(nullptr) : *have;
      }
    }
    for (Step* one : {&update, &transfer})
      if (!one->fields.empty()) plan_.steps.push_back(std::move(*one));
  }

  void members(const Wanted& wanted) {
    if (!wanted.record.members) return;
    const std::vector<std::string> none;
    const auto& have = wanted.held != nullptr && wanted.held->members ? *wanted.held->members : none;
    const auto& want = *wanted.record.members;
    const Record& record = wanted.held != nullptr ? *wanted.held : wanted.record;
    const auto add = [&](Step::Act act, const std::string& member) {
      Step one = step(act, record);
      one.member = member;
      plan_.steps.push_back(std::move(one));
    };
    for (const auto& member : want)
      if (std::find(have.begin(), have.end(), member) == have.end()) add(Step::Act::add_member, member);
    for (const auto& member : have)
      if (std::find(want.begin(), want.end(), member) == want.end()) add(Step::Act::remove_member, member);
  }

  // What this file made and no longer wants; a record before those it refers to.
  void remove_unwanted() {
    std::set<std::string> kept;
    for (const Wanted& wanted : wanted_)
      if (wanted.held != nullptr) kept.insert(wanted.held->id);
    std::vector<const Record*> left;
    for (const Record& record : current_)
      if (earlier_.contains(record.id) && !kept.contains(record.id) && !record.built_in) left.push_back(&record);
    for (const Record* record : left)
      for (const std::string& member : record->members.value_or(std::vector<std::string>())) {
        Step one = step(Step::Act::remove_member, *record);
        one.member = member;
        removals_.push_back(std::move(one));
      }
    remove_in_order(std::move(left));
  }

  void remove_in_order(std::vector<const Record*> left) {
    std::set<std::string> let_go;  // records whose optional references are taken away first
    while (!left.empty()) {
      std::set<std::string> referred;
      for (const Record* record : left)
        for (const auto& [field, target] : references(record->kind, record->fields))
          if (target != record->id && !(let_go.contains(record->id) && is_optional(*record, field)))
            referred.insert(target);
      const auto free = std::erase_if(left, [&](const Record* record) {
        if (referred.contains(record->id)) return false;
        remove(*record);
        return true;
      });
      if (free > 0) continue;
      // Only a circle is left, and what leads into it: it is opened at its optional fields.
      const auto before = removals_.size();
      for (const Record* record : left)  // a revoked agent cannot be changed any more
        if (!record->revoked && let_go.insert(record->id).second) let_references_go(*record, left);
      if (removals_.size() > before) continue;
      for (const Record* record : left) remove(*record);  // the server's answer will say what holds on to what
      return;
    }
  }

  static bool is_optional(const Record& record, const std::string& field) {
    return noun(record.kind).field(field)->need == Need::optional;
  }

  void let_references_go(const Record& record, const std::vector<const Record*>& to) {
    Step one = step(Step::Act::update, record);
    one.version = 0;  // its members may have changed before
    for (const auto& [field, target] : references(record.kind, record.fields)) {
      const bool among = std::any_of(to.begin(), to.end(), [&](const Record* other) { return other->id == target; });
      if (!among || !is_optional(record, field)) continue;
      one.fields[field] = nullptr;
      one.before[field] = record.fields.at(field);
    }
    if (!one.fields.empty()) removals_.push_back(std::move(one));
  }

  void remove(const Record& record) {
    Step one = step(Step::Act::remove, record);
    one.revoke_first = record.kind == Kind::agent && !record.revoked;
    if (record.kind == Kind::assignment) one.before = record.fields;
    removals_.push_back(std::move(one));
  }

  const std::vector<Record>& current_;
  const std::set<std::string>& earlier_;
  Problems problems_;
  std::vector<Wanted> wanted_;
  std::vector<Step> completions_, removals_;
  Plan plan_;
};

}  // namespace

Result<Plan, Problems> plan(const std::vector<Record>& desired, const std::vector<Record>& current,
                            const std::set<std::string>& made_earlier) {
  return Planner(desired, current, made_earlier).run();
}

}  // namespace deputy::cli::apply
