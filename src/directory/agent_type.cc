// Schemas of attributes, applied.
#include "directory/agent_type.h"

#include <algorithm>
#include <cmath>

#include "directory/pattern.h"

namespace deputy::directory {
namespace {

bool flag(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

constexpr std::string_view attribute_index = "attribute:";

// Why a value breaks its rule; null when it does not.
const char* breach(const AttributeRule& rule, const json::value& value) {
  switch (rule.kind) {
    case AttributeRule::Kind::number: return value.is_number() ? nullptr : "must be a number";
    case AttributeRule::Kind::boolean: return value.is_bool() ? nullptr : "must be true or false";
    case AttributeRule::Kind::choice: {
      const bool known = value.is_string() && std::find(rule.values.begin(), rule.values.end(),
                                                        std::string_view(value.get_string())) != rule.values.end();
      return known ? nullptr : "must be one of the values of its type";
    }
    case AttributeRule::Kind::text: break;
  }
  if (!value.is_string()) return "must be a string";
  if (rule.credential && value.get_string().empty()) return "is a secret: it must not be empty";
  if (rule.pattern.empty()) return nullptr;
  const auto pattern = Pattern::parse(rule.pattern);
  return pattern && pattern->matches(std::string_view(value.get_string())) ? nullptr : "does not match its pattern";
}

// 1, 1.0 and 1e0 are one number, so they are one value of an index.
std::string one_spelling(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (const auto* number = value.if_double()) {
    constexpr double limit = 9007199254740992.0;  // 2^53: each whole number below it in size is a double of its own
    if (std::trunc(*number) == *number && std::abs(*number) < limit)
      return std::to_string(static_cast<std::int64_t>(*number));
  }
  return json::serialize(value);
}

}  // namespace

std::vector<AttributeRule> rules_of(const json::object& agent_type) {
  std::vector<AttributeRule> rules;
  const auto* schema = json_member_array(agent_type, "schema");
  if (schema == nullptr) return rules;
  for (const auto& one : *schema) {
    if (!one.is_object()) continue;
    const auto& from = one.get_object();
    AttributeRule rule;
    rule.name = json_text(from, "name").value_or("");
    const auto type = json_text(from, "type").value_or("string");
    rule.kind = type == "number"    ? AttributeRule::Kind::number
                : type == "boolean" ? AttributeRule::Kind::boolean
                : type == "enum"    ? AttributeRule::Kind::choice
                                    : AttributeRule::Kind::text;
    rule.required = flag(from, "required");
    rule.unique = flag(from, "unique") || flag(from, "credential");
    rule.credential = flag(from, "credential");
    rule.pattern = json_text(from, "pattern").value_or("");
    rule.values = texts_of(from, "values");
    rules.push_back(std::move(rule));
  }
  return rules;
}

std::optional<FieldProblem> check_attributes(const std::vector<AttributeRule>& rules, const json::object& attributes,
                                             const json::object& held) {
  for (const auto& rule : rules) {
    const auto* value = attributes.if_contains(rule.name);
    if (value == nullptr) {
      const bool there = rule.credential && held.contains(rule.name);
      if (rule.required && !there) return FieldProblem{"attributes/" + rule.name, "is required by the agent's type"};
      continue;
    }
    if (const char* why = breach(rule, *value)) return FieldProblem{"attributes/" + rule.name, why};
  }
  for (const auto& [key, value] : attributes) {
    const std::string_view name(key);
    if (std::none_of(rules.begin(), rules.end(), [&](const auto& rule) { return rule.name == name; }))
      return FieldProblem{"attributes", "holds an attribute that the agent's type does not define"};
  }
  return std::nullopt;
}

std::vector<IndexEntry> unique_attributes(std::string_view type, const std::vector<AttributeRule>& rules,
                                          const json::object& attributes, const json::object& held) {
  std::vector<IndexEntry> entries;
  for (const auto& rule : rules) {
    const auto* value = (rule.credential ? held : attributes).if_contains(rule.name);
    if (!rule.unique || value == nullptr) continue;
    entries.push_back({std::string(attribute_index).append(type).append(":").append(rule.name),
                       one_spelling(*value), true});
  }
  return entries;
}

std::string field_of_index(std::string_view index) {
  if (!index.starts_with(attribute_index)) return std::string(index);
  index.remove_prefix(attribute_index.size());
  return "attributes/" + std::string(index.substr(index.find(':') + 1));  // an id has no colon
}

}  // namespace deputy::directory
