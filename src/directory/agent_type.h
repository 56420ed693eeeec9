// Agent types: an agent's attributes held against the schema of its type.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "directory/noun.h"

namespace deputy::directory {

struct AttributeRule {
  std::string name;
  enum class Kind { text, number, boolean, choice } kind = Kind::text;
  bool required = false, unique = false, credential = false;
  std::string pattern;              // of text; empty: any
  std::vector<std::string> values;  // of a choice
};

// The rules of a type's document, which check_new has accepted.
std::vector<AttributeRule> rules_of(const json::object& agent_type);

// The member of an agent's record that holds its credential attributes, by name, each as its keyed hash. No document,
// event or log shows a hash; a document has the names.
inline constexpr std::string_view credential_attributes = "credential_attributes";

// The problem with the first attribute that breaks a rule; attributes without a rule are refused. `held`: the
// credential attributes that the agent has already.
std::optional<FieldProblem> check_attributes(const std::vector<AttributeRule>& rules, const json::object& attributes,
                                             const json::object& held = {});

// Unique attributes as index entries: of all agents of one type in a tenant, one may hold a value. A credential is held
// against others by its hash.
std::vector<IndexEntry> unique_attributes(std::string_view type, const std::vector<AttributeRule>& rules,
                                          const json::object& attributes, const json::object& held = {});

// The field of a document that an index of records is made from, as errors name it: "attributes/serial".
std::string field_of_index(std::string_view index);

}  // namespace deputy::directory
