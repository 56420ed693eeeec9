// Schemas are held against a table of keywords, and then given to Valijson: the only file that knows of it.
#include "directory/json_schema.h"

#include <algorithm>
#include <array>
#include <exception>

#define VALIJSON_USE_EXCEPTIONS 1
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

namespace deputy::directory {
namespace {

using Refusal = std::optional<std::string>;

constexpr std::size_t bytes_max = 4096, depth_max = 10;

enum class Shape {
  schema, schemas, properties, open, type, texts, number, count, flag, values, format, text, anything,
};
struct Keyword {
  std::string_view name;
  Shape shape;
};
constexpr std::array keywords{
    // clang-format off
    Keyword{"type", Shape::type}, Keyword{"properties", Shape::properties}, Keyword{"required", Shape::texts},
    Keyword{"additionalProperties", Shape::open}, Keyword{"items", Shape::schema}, Keyword{"enum", Shape::values},
    Keyword{"const", Shape::anything}, Keyword{"minimum", Shape::number}, Keyword{"maximum", Shape::number},
    Keyword{"exclusiveMinimum", Shape::number}, Keyword{"exclusiveMaximum", Shape::number},
    Keyword{"minLength", Shape::count}, Keyword{"maxLength", Shape::count}, Keyword{"minItems", Shape::count},
    Keyword{"maxItems", Shape::count}, Keyword{"minProperties", Shape::count}, Keyword{"maxProperties", Shape::count},
    Keyword{"uniqueItems", Shape::flag}, Keyword{"allOf", Shape::schemas}, Keyword{"anyOf", Shape::schemas},
    Keyword{"oneOf", Shape::schemas}, Keyword{"not", Shape::schema}, Keyword{"format", Shape::format},
    Keyword{"title", Shape::text}, Keyword{"description", Shape::text}, Keyword{"$comment", Shape::text},
    Keyword{"$schema", Shape::text}, Keyword{"default", Shape::anything}, Keyword{"examples", Shape::anything},
    // clang-format on
};
constexpr std::array<std::string_view, 7> types{"object", "array", "string", "number", "integer", "boolean", "null"};
constexpr std::array<std::string_view, 3> formats{"date", "time", "date-time"};

template <std::size_t N>
bool is_one_of(const json::value& value, const std::array<std::string_view, N>& names) {
  if (!value.is_string()) return false;
  return std::find(names.begin(), names.end(), std::string_view(value.get_string())) != names.end();
}

bool is_list_of_texts(const json::value& value) {
  return value.is_array() && std::all_of(value.get_array().begin(), value.get_array().end(),
                                         [](const json::value& one) { return one.is_string(); });
}

bool is_type(const json::value& value) {
  if (!value.is_array()) return is_one_of(value, types);
  const auto& list = value.get_array();
  return !list.empty() && std::all_of(list.begin(), list.end(), [](const auto& one) { return is_one_of(one, types); });
}

// The name of a member: the library knows a part of a schema by its path, so '/' would let one pass for another.
bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 100 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.' || c == ':' || c == '@';
  });
}

Refusal check(const json::value& value, std::size_t depth);

Refusal check_all(const json::value& value, std::size_t depth) {
  if (!value.is_array() || value.get_array().empty()) return "allOf, anyOf and oneOf hold a list of schemas";
  for (const auto& one : value.get_array())
    if (auto refusal = check(one, depth)) return refusal;
  return std::nullopt;
}

Refusal check_properties(const json::value& value, std::size_t depth) {
  if (!value.is_object()) return "properties must be an object of schemas";
  for (const auto& [name, one] : value.get_object()) {
    if (!is_name(name)) return "a property's name is of letters, digits, '_', '-', '.', ':' and '@'";
    if (auto refusal = check(one, depth)) return refusal;
  }
  return std::nullopt;
}

Refusal check_keyword(Shape shape, const json::value& value, std::size_t depth) {
  const auto unless = [](bool good, const char* sentence) { return good ? Refusal() : Refusal(sentence); };
  switch (shape) {
    case Shape::schema: return check(value, depth);
    case Shape::schemas: return check_all(value, depth);
    case Shape::properties: return check_properties(value, depth);
    case Shape::open: return value.is_bool() ? Refusal() : check(value, depth);
    case Shape::type:
      return unless(is_type(value), "type is of: object, array, string, number, integer, boolean, null");
    case Shape::texts: return unless(is_list_of_texts(value), "required is a list of names");
    case Shape::number: return unless(value.is_number(), "a bound must be a number");
    case Shape::count: return unless(value.is_int64() && value.get_int64() >= 0, "a count must be a whole number");
    case Shape::flag: return unless(value.is_bool(), "uniqueItems must be true or false");
    case Shape::values: return unless(value.is_array() && !value.get_array().empty(), "enum is a list of values");
    case Shape::format: return unless(is_one_of(value, formats), "format is of: date, time, date-time");
    case Shape::text: return unless(value.is_string(), "title, description, $comment and $schema are text");
    case Shape::anything: return std::nullopt;
  }
  return "holds a keyword that is not known here";
}

Refusal check(const json::value& value, std::size_t depth) {
  if (!value.is_object()) return "a schema within it must be an object";
  if (depth > depth_max) return "must not be deeper than 10 schemas";
  for (const auto& [key, one] : value.get_object()) {
    const std::string_view name(key);
    const auto found =
        std::find_if(keywords.begin(), keywords.end(), [&](const auto& row) { return row.name == name; });
    if (found == keywords.end())
      return "holds a keyword that is not held here: no references, no patterns, no conditions; see the guide";
    if (auto refusal = check_keyword(found->shape, one, depth + 1)) return refusal;
  }
  return std::nullopt;
}

}  // namespace

struct JsonSchema::Compiled {
  valijson::Schema schema;
};

Result<JsonSchema, std::string> JsonSchema::compile(const json::object& schema) {
  const json::value whole(schema);
  if (json::serialize(whole).size() > bytes_max) return Fail{std::string("must be at most 4096 bytes long")};
  if (auto refusal = check(whole, 1)) return Fail{std::move(*refusal)};
  if (json_text(schema, "type") != "object" || json_boolean(schema, "additionalProperties") != false)
    return Fail{std::string("must have `type: object` and `additionalProperties: false`: what it does not name is "
                            "refused")};
  auto compiled = std::make_shared<Compiled>();
  try {
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    parser.populateSchema(valijson::adapters::BoostJsonAdapter(whole), compiled->schema);
  } catch (const std::exception&) {
    return Fail{std::string("is no JSON Schema")};
  }
  return JsonSchema(std::move(compiled));
}

bool JsonSchema::accepts(const json::value& value) const {
  try {
    valijson::Validator validator(valijson::Validator::kStrongTypes);
    return validator.validate(compiled_->schema, valijson::adapters::BoostJsonAdapter(value), nullptr);
  } catch (const std::exception&) {
    return false;  // what cannot be held against the schema is not within it
  }
}

}  // namespace deputy::directory
