// Registered types: read, checked, compared and shown.
#include "directory/detail_type.h"

#include <algorithm>
#include <set>

#include "directory/check_value.h"
#include "oauth/scope.h"

namespace deputy::directory {
namespace {

using Problem = std::optional<FieldProblem>;
using Rule = DetailType::Rule;

constexpr std::array<std::string_view, 3> rules{"equal", "subset", "at_most"};
constexpr std::size_t languages_max = 10, members_max = 50;

constexpr Field type_text{.name = "type", .type = Type::text, .need = Need::required, .doc = "", .min = 1, .max = 200};
constexpr Field description_text{.name = "description", .type = Type::text, .need = Need::optional, .doc = "",
                                 .max = 500};
constexpr Field template_text{.name = "display", .type = Type::text, .need = Need::required, .doc = "", .min = 1,
                              .max = 300};

Problem wrong(const std::string& path, std::string sentence) { return FieldProblem{path, std::move(sentence)}; }

std::optional<Rule> rule_named(const json::value& value) {
  if (!value.is_string()) return std::nullopt;
  const auto found = std::find(rules.begin(), rules.end(), std::string_view(value.get_string()));
  return found == rules.end() ? std::nullopt : std::optional(static_cast<Rule>(found - rules.begin()));
}

// A template in order: words, and the names that stand in braces. None: a brace without its other one.
std::optional<std::vector<Shown::Piece>> pieces_of(std::string_view text) {
  std::vector<Shown::Piece> pieces;
  while (!text.empty()) {
    const auto brace = text.find_first_of("{}");
    if (brace != 0) pieces.push_back({std::string(text.substr(0, brace)), Shown::Piece::Kind::words});
    if (brace == std::string_view::npos) return pieces;
    const auto end = text.find_first_of("{}", brace + 1);
    if (text[brace] == '}' || end == std::string_view::npos || text[end] == '{') return std::nullopt;
    pieces.push_back({std::string(text.substr(brace + 1, end - brace - 1)), Shown::Piece::Kind::value});
    text.remove_prefix(end + 1);
  }
  return pieces;
}

const json::object* properties_of(const json::object& schema) { return json_member_object(schema, "properties"); }

bool is_language(std::string_view tag) {
  return tag.size() >= 2 && tag.size() <= 20 && std::all_of(tag.begin(), tag.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

Problem check_display(const json::object& body, const json::object& schema, const std::string& path) {
  const auto* display = json_member_object(body, "display");
  if (display == nullptr || !display->contains("en") || display->size() > languages_max)
    return wrong(path, "must have, by language, the text a person is shown: en at least, and 10 at most");
  for (const auto& [tag, text] : *display) {
    if (!is_language(tag)) return wrong(path, "names each text by a language tag, such as en or zh-Hans");
    if (auto problem = check_value(template_text, text, path)) return problem;
    const auto pieces = pieces_of(std::string_view(text.get_string()));
    if (!pieces) return wrong(path, "must close each brace that it opens: {member} stands for a member's value");
    for (const auto& piece : *pieces)
      if (piece.kind == Shown::Piece::Kind::value && piece.text != "type" &&
          (properties_of(schema) == nullptr || !properties_of(schema)->contains(piece.text)))
        return wrong(path, "names, in braces, a member that the schema does not");
  }
  return std::nullopt;
}

// Could a value that the schema takes be what the rule compares? What is said of it nowhere could be anything.
bool could_be(const json::object& schema, Rule rule) {
  const auto is_it = [&](const json::value& value) {
    return rule == Rule::at_most ? value.is_number() : value.is_array();
  };
  const auto names_it = [&](const json::value& type) {
    const std::string_view name(type.get_string());
    return rule == Rule::at_most ? name == "number" || name == "integer" : name == "array";
  };
  const auto inner = [&](const json::value& one) { return could_be(one.get_object(), rule); };
  const auto any = [](const json::value& list, const auto& holds) {
    return !list.is_array() ? holds(list) : std::any_of(list.get_array().begin(), list.get_array().end(), holds);
  };
  const auto may = [&](std::string_view keyword, const auto& holds) {
    const auto* value = schema.if_contains(keyword);
    return value == nullptr || holds(*value);
  };
  return may("type", [&](const auto& type) { return any(type, names_it); }) && may("const", is_it) &&
         may("enum", [&](const auto& values) { return any(values, is_it); }) &&
         may("anyOf", [&](const auto& all) { return any(all, inner); }) &&
         may("oneOf", [&](const auto& all) { return any(all, inner); }) && may("allOf", [&](const auto& all) {
           return std::all_of(all.get_array().begin(), all.get_array().end(), inner);
         });
}

Problem check_narrowing(const json::object& body, const json::object& schema, const std::string& path) {
  const auto* narrowing = body.if_contains("narrowing");
  if (narrowing == nullptr) return std::nullopt;
  if (!narrowing->is_object() || narrowing->get_object().size() > members_max)
    return wrong(path, "must be an object: a rule by member");
  for (const auto& [member, rule] : narrowing->get_object()) {
    const auto named = rule_named(rule);
    if (!named) return wrong(path, "must hold rules: equal, subset (of lists), at_most (of numbers)");
    const auto* properties = properties_of(schema);
    if (properties == nullptr || !properties->contains(member))
      return wrong(path, "has a rule for a member that the schema does not name");
    // It would be held as `equal`, and nothing would ever be narrower.
    if (*named != Rule::equal && !could_be(properties->at(member).get_object(), *named))
      return wrong(path, "has at_most for a member that is never a number, or subset for one that is never a list");
  }
  return std::nullopt;
}

Problem check_one(const json::value& value, const std::string& path) {
  if (!value.is_object()) return wrong(path, "must be an object");
  const auto& body = value.get_object();
  for (const auto& [key, member] : body)
    if (key != "type" && key != "description" && key != "schema" && key != "display" && key != "narrowing")
      return FieldProblem{path, "holds a member that is not known here", std::string(key)};
  const auto* type = body.if_contains("type");
  if (type == nullptr) return wrong(path + "/type", "is required");
  if (auto problem = check_value(type_text, *type, path + "/type")) return problem;
  const std::string_view name(type->get_string());
  if (!oauth::ScopeSet::is_token(name))
    return wrong(path + "/type", "must be a word or a URI, of printable ASCII without space, quote or backslash");
  if (std::find(own_detail_types.begin(), own_detail_types.end(), name) != own_detail_types.end())
    return wrong(path + "/type", "is a type of this server's own: choose another name");
  if (const auto* description = body.if_contains("description"))
    if (auto problem = check_value(description_text, *description, path + "/description")) return problem;
  const auto* schema = json_member_object(body, "schema");
  if (schema == nullptr) return wrong(path + "/schema", "must be a JSON Schema of the object");
  if (const auto compiled = JsonSchema::compile(*schema); !compiled) return wrong(path + "/schema", compiled.error());
  if (auto problem = check_display(body, *schema, path + "/display")) return problem;
  return check_narrowing(body, *schema, path + "/narrowing");
}

// Wide enough for each number that JSON has here: 64 bits, signed or not, and double.
long double number_of(const json::value& value) {
  if (const auto* whole = value.if_int64()) return static_cast<long double>(*whole);
  if (const auto* whole = value.if_uint64()) return static_cast<long double>(*whole);
  return static_cast<long double>(value.get_double());
}

bool held(Rule rule, const json::value& narrower, const json::value& wider) {
  if (rule == Rule::at_most && narrower.is_number() && wider.is_number())
    return number_of(narrower) <= number_of(wider);
  if (rule == Rule::subset && narrower.is_array() && wider.is_array()) {
    const auto& whole = wider.get_array();
    return std::all_of(narrower.get_array().begin(), narrower.get_array().end(), [&](const json::value& one) {
      return std::find(whole.begin(), whole.end(), one) != whole.end();
    });
  }
  return narrower == wider;
}

std::string text_of(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (!value.is_array()) return json::serialize(value);
  std::string all;
  for (const auto& one : value.get_array()) all += (all.empty() ? "" : ", ") + text_of(one);
  return all;
}

const std::string& in_language(const DetailType& type, std::string_view tag) {
  for (const auto wanted : {tag, tag.substr(0, tag.find('-'))})
    if (const auto found = type.display.find(wanted); found != type.display.end()) return found->second;
  return type.display.at("en");
}

}  // namespace

std::optional<DetailType> DetailType::from(const json::object& body) {
  const auto type = json_text(body, "type");
  const auto* sent = json_member_object(body, "schema");
  const auto* texts = json_member_object(body, "display");
  if (!type || sent == nullptr || texts == nullptr || !texts->contains("en")) return std::nullopt;
  auto schema = *sent;
  auto properties = properties_of(schema) == nullptr ? json::object() : *properties_of(schema);
  properties["type"] = json::object{{"const", *type}};  // every object has it, whether the schema names it or not
  schema["properties"] = std::move(properties);
  auto compiled = JsonSchema::compile(schema);
  if (!compiled) return std::nullopt;
  DetailType read{.type = std::string(*type),
                  .description = std::string(json_text(body, "description").value_or("")),
                  .schema = std::move(compiled).take(),
                  .display = {},
                  .narrowing = {}};
  for (const auto& [tag, text] : *texts) {
    if (!text.is_string() || !pieces_of(std::string_view(text.get_string()))) return std::nullopt;
    read.display.emplace(tag, text.get_string());
  }
  if (const auto* narrowing = json_member_object(body, "narrowing"))
    for (const auto& [member, name] : *narrowing) {
      const auto rule = rule_named(name);
      if (!rule) return std::nullopt;
      read.narrowing.emplace(member, *rule);
    }
  return read;
}

bool DetailType::accepts(const json::object& detail) const {
  return json_text(detail, "type") == type && schema.accepts(json::value(detail));
}

bool DetailType::within(const json::object& narrower, const json::object& wider) const {
  if (narrower.size() != wider.size()) return false;
  return std::all_of(narrower.begin(), narrower.end(), [&](const auto& member) {
    const auto* other = wider.if_contains(member.key());
    const auto rule = narrowing.find(std::string_view(member.key()));
    return other != nullptr && held(rule == narrowing.end() ? Rule::equal : rule->second, member.value(), *other);
  });
}

Problem check_detail_types(const json::value& value, const std::string& path, std::int64_t max) {
  if (!value.is_array()) return wrong(path, "must be a list");
  const auto& list = value.get_array();
  if (static_cast<std::int64_t>(list.size()) > max)
    return wrong(path, "may have at most " + std::to_string(max) + " members");
  std::set<std::string> names;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto at = path + "/" + std::to_string(i);
    if (auto problem = check_one(list[i], at)) return problem;
    if (!names.emplace(*json_text(list[i].get_object(), "type")).second) return wrong(path, "names a type twice");
  }
  return std::nullopt;
}

Shown shown(const DetailType& type, const json::object& detail, std::string_view language) {
  Shown out;
  std::set<std::string> named{"type"};
  auto pieces = *pieces_of(in_language(type, language));
  for (auto& piece : pieces) {
    if (piece.kind == Shown::Piece::Kind::value) {
      named.insert(piece.text);
      const auto* value = detail.if_contains(piece.text);
      piece.text = value == nullptr ? "–" : text_of(*value);
    }
    out.pieces.push_back(std::move(piece));
  }
  for (const auto& [member, value] : detail)
    if (!named.contains(std::string(member))) out.rest.emplace_back(member, text_of(value));
  return out;
}

}  // namespace deputy::directory
