// The planner: creations and changes in the order of their references, then members, then what is pruned.
#include "cli/apply/plan.h"

#include <fmt/format.h>

#include "client/refusal.h"
#include "cli/apply/circle.h"
#include "cli/apply/order.h"
#include "cli/apply/prune.h"
#include "directory/agent_type.h"
#include "directory/noun.h"

namespace deputy::cli::apply {
namespace {

using directory::Need;

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

// Of what is there, as much as the patch changes: attributes that it does not name stay.
json::value part_of(const json::value& have, const json::value& patch) {
  if (!have.is_object() || !patch.is_object()) return have;
  json::object part;
  for (const auto& [name, value] : have.get_object())
    if (patch.get_object().contains(name)) part[name] = value;
  return part;
}

class Planner {
 public:
  Planner(const std::vector<Record>& desired, const std::vector<Record>& current, const std::set<std::string>& earlier,
          const std::set<Kind>& unreadable)
      : current_(current),
        wanted_(match(desired, current, unreadable, problems_)),
        going_(unwanted(wanted_, current, earlier)) {
    for (const Record& record : current)  // what is removed is to leave no reference
      if (record.is_gone() && !going_.contains(record.id)) gone_.insert(record.id);
  }

  Result<Plan, Problems> run() {
    std::vector<Step> removed;
    if (problems_.empty()) find_circles(wanted_, current_, problems_);
    if (problems_.empty()) {
      for (const Turn& turn : in_order(wanted_, current_, problems_)) {
        const Wanted& wanted = *turn.wanted;
        if (wanted.held == nullptr)
          create(wanted.record, turn.left_out);
        else
          change(wanted.record, *wanted.held);
      }
      add_steps(completions_);
      members();
      count_unchanged();
      removed = removals(going_, wanted_, current_, problems_);
    }
    if (!problems_.empty()) return Fail{std::move(problems_)};
    add_steps(removed);
    return std::move(plan_);
  }

 private:
  void wrong(const Record& record, std::string sentence) {
    problems_.push_back({record.line, client::printable(spoken(record)) + ": " + std::move(sentence)});
  }

  void add_steps(std::vector<Step>& steps) {
    plan_.steps.insert(plan_.steps.end(), std::make_move_iterator(steps.begin()), std::make_move_iterator(steps.end()));
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
    hide(plan_.steps.back(), record);
    place(plan_.steps.back(), record);
    if (record.suspended) suspend(plan_.steps.back(), record);
    if (later.empty()) return;
    completions_.push_back({.act = Step::Act::update, .kind = record.kind, .symbol = spoken(record), .id = {},
                            .fields = std::move(later), .before = std::move(none)});
    place(completions_.back(), record);
  }

  // Where the file says so.
  static void place(Step& step, const Record& record) {
    step.line = record.line;
    step.lines = record.lines;
  }

  void suspend(const Step& of, const Record& record) {
    plan_.steps.push_back({.act = Step::Act::suspend, .kind = of.kind, .symbol = of.symbol, .id = of.id});
    place(plan_.steps.back(), record);
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
    check_type(record, held);
    const json::object fields = comparable(record, held);
    Step update = step(Step::Act::update, held), transfer = step(Step::Act::transfer, held);
    for (const auto& field : directory::noun(record.kind).fields) {
      if (field.need == Need::read_only) continue;
      const json::value* want = fields.if_contains(field.name);
      const json::value* have = held.fields.if_contains(field.name);
      if (want == nullptr && have == nullptr) continue;
      const bool goes = !field.of.empty() && update.fields.contains(field.of);  // with what it is said of
      if (want != nullptr && have != nullptr && *want == *have && !goes) continue;
      if (have != nullptr && differs_by_the_gone(want, *have)) continue;
      if (record.kind == Kind::agent && field.name == "owner" && want != nullptr) {
        transfer.fields["owner"] = *want;
        transfer.before["owner"] = have == nullptr ? json::value(nullptr) : *have;
      } else if (field.need == Need::create_only || field.need == Need::create_required) {
        if (want != nullptr) wrong(record, fmt::format("{} cannot be changed once it is made", field.name));
      } else {
        update.fields[field.name] = patch_of(field, want, have);
        update.before[field.name] = have == nullptr ? json::value(nullptr) : part_of(*have, update.fields[field.name]);
      }
    }
    hide(update, record);
    note_unseen(update);
    for (Step* one : {&update, &transfer}) {
      place(*one, record);
      if (!one->fields.empty()) plan_.steps.push_back(std::move(*one));
    }
    if (record.suspended && !held.suspended) suspend(step(Step::Act::suspend, held), record);
  }

  // Of a field that is left with ids of who was deleted: the ids it loses of whom nothing is seen.
  void note_unseen(const Step& update) {
    for (const auto& [name, before] : update.before) {
      if (!directory::noun(update.kind).field(name)->may_dangle || !before.is_array()) continue;
      const json::value& after = update.fields.at(name);
      for (const json::value& id : before.get_array()) {
        const auto is_it = [&](const Record& record) { return id == json::value(record.id); };
        const bool stays = after.is_array() && std::find(after.get_array().begin(), after.get_array().end(), id) !=
                                                   after.get_array().end();
        if (!stays && std::none_of(current_.begin(), current_.end(), is_it))
          plan_.unseen_delegates.push_back(fmt::format("{} ({})", update.symbol, std::string_view(id.get_string())));
      }
    }
  }

  // What the file says of a record, without the credentials among an agent's attributes that it has: they are never
  // shown, so they are no difference.
  json::object comparable(const Record& record, const Record& held) {
    json::object fields = record.fields;
    if (held.credentials.empty() || json_text(fields, "type") != json_text(held.fields, "type")) return fields;
    json::object attributes;
    if (const auto* named = json_member_object(fields, "attributes")) attributes = *named;
    bool names_one = false;
    for (const std::string& name : held.credentials) names_one = attributes.erase(name) > 0 || names_one;
    if (names_one) plan_.keep_credentials.push_back(spoken(held));
    if (attributes.empty() && !held.fields.contains("attributes"))
      fields.erase("attributes");
    else  // though there be none: without the field all would be taken away
      fields["attributes"] = std::move(attributes);
    return fields;
  }

  // No file shows what would go with the type it is of, and the server does not pass it on to another.
  void check_type(const Record& record, const Record& held) {
    const auto type = json_text(record.fields, "type");
    if (type == json_text(held.fields, "type")) return;
    const auto* named = json_member_object(record.fields, "attributes");
    for (const std::string& name : held.credentials) {
      if (type && named != nullptr && named->contains(name)) continue;
      const std::string sentence = fmt::format(
          "{}: it holds a credential of the type it has, attributes/{}: {}", spoken(record), name,
          type ? "name it here for the new type, or take it from the agent first, by null"
               : "take it from the agent first, by null");
      problems_.push_back({line_of(record.lines, "type", record.line), client::printable(sentence)});
    }
  }

  // The schema that an agent of this type (an id, or the symbol of one that the file makes) is held against; null: it
  // cannot be read.
  const json::object* type_of(std::string_view type) const {
    for (const Wanted& wanted : wanted_)
      if (wanted.record.kind == Kind::agent_type &&
          type == (wanted.held != nullptr ? wanted.held->id : symbol_of(wanted.record)))
        return &wanted.record.fields;
    for (const Record& record : current_)
      if (record.id == type) return &record.fields;
    return nullptr;
  }

  // What an agent's type calls credentials is shown to nobody: nothing, where the type cannot be read.
  void hide(Step& step, const Record& record) const {
    const auto* attributes = json_member_object(step.fields, "attributes");
    const auto type = json_text(record.fields, "type");
    if (record.kind != Kind::agent || attributes == nullptr || !type) return;
    const json::object* schema = type_of(*type);
    const auto rules = schema != nullptr ? directory::rules_of(*schema) : std::vector<directory::AttributeRule>();
    for (const auto& [key, value] : *attributes) {
      const std::string_view name = key;
      const auto is_one = [&](const directory::AttributeRule& rule) { return rule.credential && rule.name == name; };
      if (schema == nullptr || std::any_of(rules.begin(), rules.end(), is_one)) step.credentials.emplace_back(name);
    }
  }

  // No file names an agent that is revoked or has expired, so what still refers to one is no difference.
  bool differs_by_the_gone(const json::value* want, const json::value& have) const {
    const auto is_gone = [&](const json::value& id) {
      return id.is_string() && gone_.contains(std::string(id.get_string()));
    };
    if (!have.is_array()) return want == nullptr && is_gone(have);
    json::array living;
    for (const json::value& item : have.get_array())
      if (!is_gone(item)) living.push_back(item);
    if (living.size() == have.get_array().size()) return false;
    return want == nullptr ? living.empty() : *want == json::value(living);
  }

  // A group leaves a group before any comes in: they may change places. All others come in before they leave
  // elsewhere, or they would lose for a moment what they keep.
  void members() {
    std::vector<Step> added, removed;
    for (const Wanted& wanted : wanted_) {
      if (!wanted.record.members) continue;
      const std::vector<std::string> none;
      const auto& have = wanted.held != nullptr && wanted.held->members ? *wanted.held->members : none;
      const auto& want = *wanted.record.members;
      const auto lacks = [](const std::vector<std::string>& list, const std::string& member) {
        return std::find(list.begin(), list.end(), member) == list.end();
      };
      const auto add = [&](std::vector<Step>& steps, Step::Act act, const std::string& member) {
        steps.push_back(step(act, wanted.held != nullptr ? *wanted.held : wanted.record));
        steps.back().member = member;
        place(steps.back(), wanted.record);
      };
      for (const auto& member : want)
        if (lacks(have, member)) add(added, Step::Act::add_member, member);
      for (const auto& member : have)
        if (lacks(want, member) && !gone_.contains(member))
          add(directory::kind_of_id(member) == Kind::group ? plan_.steps : removed, Step::Act::remove_member, member);
    }
    add_steps(added);
    add_steps(removed);
  }

  void count_unchanged() {
    std::set<std::string> changed;
    for (const Step& one : plan_.steps) changed.insert(one.id);
    for (const Wanted& wanted : wanted_)
      plan_.unchanged += wanted.held != nullptr && !changed.contains(wanted.held->id);
  }

  const std::vector<Record>& current_;
  Problems problems_;
  std::vector<Wanted> wanted_;
  std::set<std::string> going_, gone_;  // ids: to be removed; revoked or expired, and left so
  std::vector<Step> completions_;
  Plan plan_;
};

}  // namespace

Result<Plan, Problems> plan(const std::vector<Record>& desired, const std::vector<Record>& current,
                            const std::set<std::string>& made_earlier, const std::set<Kind>& unreadable) {
  return Planner(desired, current, made_earlier, unreadable).run();
}

}  // namespace deputy::cli::apply
