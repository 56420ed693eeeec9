// Rounds over those that are left: who waits for none of them has its turn.
#include "cli/apply/order.h"

#include <fmt/format.h>

#include <tuple>

#include "client/refusal.h"
#include "directory/noun.h"

namespace deputy::cli::apply {
namespace {

// What a record waits for. By a field that refers to a record; or, with none, by a value that another gives up.
struct Wait {
  std::string field, key;
};

struct Node {
  const Wanted* wanted;  // null: only stands between others
  std::string key;       // its id, or its symbol while it has none; of an assignment: nothing, since none refers to it
  std::vector<Wait> waits;
};

using Value = std::tuple<Kind, std::string, std::string>;  // of an index

// The values that no two records of a kind may have.
std::set<Value> unique_values(Kind kind, const json::object& fields) {
  std::set<Value> values;
  for (const auto& field : directory::noun(kind).fields) {
    const json::value* value = field.indexed == directory::Indexed::unique ? fields.if_contains(field.name) : nullptr;
    if (value == nullptr) continue;
    if (value->is_string()) {
      const std::string text(value->get_string());
      values.emplace(kind, field.name, kind == Kind::user ? directory::without_case(text) : text);
    }
    if (!value->is_array()) continue;
    for (const json::value& item : value->get_array())  // types of authorization details
      if (item.is_object()) values.emplace(kind, field.name, json_text(item.get_object(), "type").value_or(""));
  }
  return values;
}

std::vector<Wait> references(Kind kind, const json::object& fields) {
  std::vector<Wait> waits;
  for (auto& reference : directory::references_of(directory::noun(kind), fields))
    waits.push_back({std::move(reference.field), std::move(reference.id)});
  return waits;
}

class Orderer {
 public:
  Orderer(const std::vector<Wanted>& wanted, const std::vector<Record>& current) {
    std::set<std::string> named;
    std::map<Value, std::string> given_up;
    for (const Wanted& one : wanted) {
      const std::string key = key_of(one);
      left_.push_back({&one, key, references(one.record.kind, one.record.fields)});
      if (one.held == nullptr) {
        to_make_.insert(key);
        continue;
      }
      named.insert(key);
      const auto kept = unique_values(one.record.kind, one.record.fields);
      for (const auto& value : unique_values(one.held->kind, one.held->fields))
        if (!kept.contains(value)) given_up.emplace(value, key);
    }
    for (Node& node : left_)
      for (const auto& value : unique_values(node.wanted->record.kind, node.wanted->record.fields))
        if (const auto found = given_up.find(value); found != given_up.end()) node.waits.push_back({"", found->second});
    // A tree is looked at all the way up, over organizations that the file does not name.
    for (const Record& record : current)
      if (record.kind == Kind::organization && !named.contains(record.id))
        left_.push_back({nullptr, record.id, references(record.kind, record.fields)});
    for (const Node& node : left_) pending_.insert(node.key);
    pending_.erase("");
    to_make_.erase("");
  }

  std::vector<Turn> run(Problems& problems) {
    while (!left_.empty()) {
      const std::size_t before = left_.size();
      std::erase_if(left_, [&](const Node& node) { return !waits(node) && turn(node, {}); });
      if (left_.size() < before) continue;
      const auto opened = std::find_if(left_.begin(), left_.end(), [&](const Node& node) { return may_begin(node); });
      if (opened == left_.end()) {
        const Record& record = left_.front().wanted->record;
        problems.push_back({record.line, client::printable(spoken(record)) +
                                             ": it and others wait for each other; part the change in two files"});
        break;
      }
      turn(*opened, needed_fields(*opened));
      left_.erase(opened);
    }
    return std::move(turns_);
  }

 private:
  static std::string key_of(const Wanted& wanted) {
    if (wanted.held != nullptr) return wanted.held->id;
    return wanted.record.kind == Kind::assignment ? std::string() : symbol_of(wanted.record);
  }

  bool waits(const Node& node) const {
    return std::any_of(node.waits.begin(), node.waits.end(), [&](const Wait& wait) { return is_open(node, wait); });
  }
  // A record that is there may refer to itself; one that is to be made cannot yet.
  bool is_open(const Node& node, const Wait& wait) const {
    return pending_.contains(wait.key) && (wait.key != node.key || to_make_.contains(wait.key));
  }

  // The fields that cannot be sent before another record has had its turn. What only refers to a record that is there
  // already could.
  std::set<std::string> needed_fields(const Node& node) const {
    std::set<std::string> fields;
    for (const Wait& wait : node.waits)
      if (is_open(node, wait) && (wait.field.empty() || to_make_.contains(wait.key))) fields.insert(wait.field);
    return fields;
  }

  // Where nobody can go on: who loses nothing by it, or is made without those fields first.
  bool may_begin(const Node& node) const {
    const auto fields = needed_fields(node);
    if (fields.empty()) return true;
    if (node.wanted == nullptr || node.wanted->held != nullptr) return false;
    return std::all_of(fields.begin(), fields.end(), [&](const std::string& name) {
      const auto* field = directory::noun(node.wanted->record.kind).field(name);
      return field != nullptr && field->need == directory::Need::optional;
    });
  }

  bool turn(const Node& node, std::set<std::string> left_out) {
    if (node.wanted != nullptr) turns_.push_back({node.wanted, std::move(left_out)});
    pending_.erase(node.key);
    return true;
  }

  std::vector<Node> left_;
  std::set<std::string> pending_, to_make_;
  std::vector<Turn> turns_;
};

}  // namespace

std::vector<Turn> in_order(const std::vector<Wanted>& wanted, const std::vector<Record>& current, Problems& problems) {
  return Orderer(wanted, current).run(problems);
}

}  // namespace deputy::cli::apply
