// A filter asked of documents, written out, and searched for what an index could answer.
#include "directory/filter.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "directory/instant.h"

namespace deputy::directory {
namespace {

template <class T>
bool in_relation(std::string_view op, const T& left, const T& right) {
  if (op == "eq") return left == right;
  if (op == "gt") return left > right;
  if (op == "ge") return left >= right;
  if (op == "lt") return left < right;
  return op == "le" && left <= right;
}

bool is_present(const json::value& member) {
  if (const auto* text = member.if_string()) return !text->empty();
  if (const auto* list = member.if_array()) return !list->empty();
  if (const auto* object = member.if_object()) return !object->empty();
  return !member.is_null();
}

// Of a member that every record has, whatever its noun.
Type type_of_every_record(std::string_view name) {
  if (name == "version") return Type::integer;
  return name == "created_at" || name == "updated_at" ? Type::instant : Type::text;
}

bool is_text(Type type) {
  return type == Type::text || type == Type::name || type == Type::slug || type == Type::uri || type == Type::url ||
         type == Type::texts || type == Type::redirect_uris || type == Type::scope;
}

// Of which kinds the ids are that stand there; none: it is no place of ids.
std::span<const Kind> kinds_at(const Noun& noun, std::string_view path) {
  static constexpr Kind resources[] = {Kind::resource};
  if (const auto* field = noun.field(path)) return field->kinds;
  if (path == "id") return std::span(&noun.kind, 1);
  const auto* field = noun.field(path.substr(0, path.find('.')));
  const bool permits = field != nullptr && field->type == Type::permissions;
  return permits && path.substr(field->name.size()) == ".resource" ? resources : std::span<const Kind>();
}

bool is_id_of(std::span<const Kind> kinds, const json::value& value) {
  const auto* text = value.if_string();
  const auto kind = text != nullptr ? kind_of_id(std::string_view(*text)) : std::nullopt;
  return kind && std::find(kinds.begin(), kinds.end(), *kind) != kinds.end();
}

// "an id: usr_… or grp_…"; empty: their ids are of no form of their own.
std::string form_of(std::span<const Kind> kinds) {
  std::string form;
  for (const auto kind : kinds) {
    if (row(kind).prefix.empty()) return {};
    form.append(form.empty() ? "an id: " : " or ").append(row(kind).prefix).append("_…");
  }
  return form;
}

// What a rule lets an attribute be, in the words of a refusal; empty: this value too.
std::string_view other_than(const AttributeRule& rule, const json::value& value) {
  switch (rule.kind) {
    case AttributeRule::Kind::number: return value.is_number() ? "" : "a number";
    case AttributeRule::Kind::boolean: return value.is_bool() ? "" : "true or false";
    case AttributeRule::Kind::text: return value.is_string() ? "" : "a text in double quotes";
    case AttributeRule::Kind::choice: break;
  }
  const auto* text = value.if_string();
  const bool is_one = text != nullptr && std::find(rule.values.begin(), rule.values.end(), std::string_view(*text)) !=
                                             rule.values.end();
  return is_one ? "" : "one of its values";
}

double as_double(const json::value& number) {
  if (const auto* whole = number.if_int64()) return static_cast<double>(*whole);
  if (const auto* large = number.if_uint64()) return static_cast<double>(*large);
  return number.get_double();
}

void append_number(std::string& out, const json::value& number) {
  std::array<char, 32> digits;
  const auto end = number.is_int64() ? std::to_chars(digits.begin(), digits.end(), number.get_int64())
                                     : std::to_chars(digits.begin(), digits.end(), number.get_double());
  out.append(digits.data(), end.ptr);
}

void append_value(std::string& out, const json::value& value) {
  if (const auto* text = value.if_string()) {
    append_json_string(out, {text->data(), text->size()});
  } else if (const auto* flag = value.if_bool()) {
    out.append(*flag ? "true" : "false");
  } else {
    append_number(out, value);
  }
}

}  // namespace

std::string_view Filter::word(Operator op) {
  constexpr std::array<std::string_view, 12> words{"pr", "eq", "ne", "co", "sw", "gt",
                                                   "ge", "lt", "le", "and", "or", "not"};
  return words[static_cast<std::size_t>(op)];
}

// Does this one value stand to the filter's in the node's relation? `ne` is asked as `eq` and turned about by holds().
bool Filter::compares(const Node& node, const json::value& member) {
  const auto op = node.op == Operator::ne ? Operator::eq : node.op;
  if (op == Operator::pr) return is_present(member);
  if (const auto* flag = node.value.if_bool()) return member.is_bool() && member.get_bool() == *flag;
  if (node.value.is_string()) {
    if (!member.is_string()) return false;
    const std::string_view text(member.get_string()), wanted(node.value.get_string());
    if (op == Operator::co) return text.find(wanted) != std::string_view::npos;
    if (op == Operator::sw) return text.starts_with(wanted);
    if (node.instant)
      if (const auto instant = parse_rfc3339(text)) return in_relation(word(op), *instant, *node.instant);
    return in_relation(word(op), text, wanted);
  }
  if (!member.is_number()) return false;
  if (node.value.is_int64() && member.is_int64())  // exactly, beyond what a double holds
    return in_relation(word(op), member.get_int64(), node.value.get_int64());
  return in_relation(word(op), as_double(member), as_double(node.value));
}

// An attribute's own name may hold a dot, so a member that is called what is left of the path comes first.
bool Filter::any_member(const Node& node, const json::value& at, std::string_view rest) {
  if (const auto* list = at.if_array()) {
    if (rest.empty() && node.op == Operator::pr) return is_present(at);
    return std::any_of(list->begin(), list->end(), [&](const auto& one) { return any_member(node, one, rest); });
  }
  if (rest.empty()) return compares(node, at);
  const auto* object = at.if_object();
  if (object == nullptr) return false;
  if (const auto* member = object->if_contains(rest)) return any_member(node, *member, {});
  const auto dot = rest.find('.');
  if (dot == std::string_view::npos) return false;
  const auto* member = object->if_contains(rest.substr(0, dot));
  return member != nullptr && any_member(node, *member, rest.substr(dot + 1));
}

bool Filter::holds(const Node& node, const json::object& document) const {
  switch (node.op) {
    case Operator::and_: return holds(nodes_[node.left], document) && holds(nodes_[node.right], document);
    case Operator::or_: return holds(nodes_[node.left], document) || holds(nodes_[node.right], document);
    case Operator::not_: return !holds(nodes_[node.left], document);
    default: break;
  }
  const std::string_view path(node.path);
  const auto dot = std::min(path.find('.'), path.size());
  const auto* member = document.if_contains(path.substr(0, dot));
  const bool found =
      member != nullptr && any_member(node, *member, path.substr(std::min(dot + 1, path.size())));
  return node.op == Operator::ne ? !found : found;
}

bool Filter::matches(const json::object& document) const { return holds(nodes_.back(), document); }

// Parentheses stand only where the tree needs them to be read back as it is.
void Filter::print(std::string& out, std::size_t index) const {
  const auto& node = nodes_[index];
  const auto part = [&](std::size_t at, bool parentheses) {
    if (parentheses) out.push_back('(');
    print(out, at);
    if (parentheses) out.push_back(')');
  };
  if (node.op == Operator::not_) {
    out.append("not ");
    part(node.left, true);
  } else if (node.op == Operator::and_ || node.op == Operator::or_) {
    const auto left = nodes_[node.left].op, right = nodes_[node.right].op;
    part(node.left, node.op == Operator::and_ && left == Operator::or_);
    out.append(" ").append(word(node.op)).append(" ");
    part(node.right, right == Operator::or_ || (node.op == Operator::and_ && right == Operator::and_));
  } else {
    out.append(node.path).append(" ").append(word(node.op));
    if (node.op == Operator::pr) return;
    out.push_back(' ');
    append_value(out, node.value);
  }
}

std::string Filter::text() const {
  std::string out;
  print(out, nodes_.size() - 1);
  return out;
}

// Only what stands under nothing but `and` must hold of every match. A read-only choice is passed over: an agent's
// state is computed from the clock too, and its index knows only what is stored. So is an instant, which may be stored
// as another text than the one asked for.
std::optional<IndexEntry> Filter::equality_on(std::span<const Field> fields) const {
  std::optional<IndexEntry> best;
  std::vector<std::size_t> open{nodes_.size() - 1};
  while (!open.empty()) {
    const auto& node = nodes_[open.back()];
    open.pop_back();
    if (node.op == Operator::and_) {
      open.insert(open.end(), {node.right, node.left});
      continue;
    }
    if (node.op != Operator::eq || !node.value.is_string() || node.instant) continue;
    const auto field = std::find_if(fields.begin(), fields.end(), [&](const auto& one) {
      return one.name == node.path && one.indexed != Indexed::no &&
             !(one.type == Type::choice && one.need == Need::read_only);
    });
    if (field == fields.end()) continue;
    const bool unique = field->indexed == Indexed::unique;
    if (!best || (unique && !best->unique))
      best = IndexEntry{std::string(field->name), std::string(node.value.get_string()), unique};
  }
  return best;
}

FieldProblem Filter::never(const Node& node, std::string_view must) {
  return {"filter", "must compare " + node.path + " with " + std::string(must)};
}

Result<Done, FieldProblem> Filter::fits(const Noun& noun) const {
  for (const auto& node : nodes_) {
    if (node.path.empty() || node.op == Operator::pr) continue;
    const auto* field = noun.field(node.path);
    const auto type = field != nullptr ? field->type : type_of_every_record(node.path);
    const auto wrong = [&](std::string_view must) { return Fail{never(node, must)}; };
    const auto* text = node.value.if_string();
    const bool whole = node.op != Operator::co && node.op != Operator::sw;  // and no part of it
    const auto named = kinds_at(noun, node.path);
    if (const auto form = form_of(named); whole && !form.empty() && !is_id_of(named, node.value)) return wrong(form);
    if (field != nullptr && is_text(type) && text == nullptr) return wrong("a text in double quotes");
    if (type == Type::integer && !node.value.is_number()) return wrong("a number");
    if (type == Type::boolean && !node.value.is_bool()) return wrong("true or false");
    if (type == Type::instant && (text == nullptr || (whole && !parse_rfc3339(std::string_view(*text)))))
      return wrong("a time as \"2026-11-24T06:00:00Z\"");
    if (type != Type::choice || !whole) continue;
    const auto is_it = [&](std::string_view choice) { return text != nullptr && *text == choice; };
    if (std::none_of(field->choices.begin(), field->choices.end(), is_it)) return wrong("one of its values");
  }
  return Done{};
}

Result<Done, FieldProblem> Filter::fits(const std::vector<AttributeRule>& rules) const {
  constexpr std::string_view begin = "attributes.";
  for (const auto& node : nodes_) {
    const bool whole = node.op != Operator::pr && node.op != Operator::co && node.op != Operator::sw;
    if (!whole || !node.path.starts_with(begin)) continue;
    std::string_view must;
    for (const auto& rule : rules) {  // types may differ in what they call by one name
      if (rule.name != std::string_view(node.path).substr(begin.size())) continue;
      must = other_than(rule, node.value);
      if (must.empty()) break;
    }
    if (!must.empty()) return Fail{never(node, must)};
  }
  return Done{};
}

std::vector<Filter::Mention> Filter::mentions(const Noun& noun) {
  std::vector<Mention> found;
  for (auto& node : nodes_) {
    const auto named = kinds_at(noun, node.path);
    const bool same = node.op == Operator::eq || node.op == Operator::ne;
    if (same && node.value.is_string() && !named.empty()) found.push_back({node.path, named, &node.value});
  }
  return found;
}

std::vector<std::string_view> Filter::fields() const {
  std::vector<std::string_view> names;
  for (const auto& node : nodes_) {
    const auto name = std::string_view(node.path).substr(0, node.path.find('.'));
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

}  // namespace deputy::directory
