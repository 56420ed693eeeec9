// Documents held against their noun: new ones, patches, and what a document refers to.
#include <algorithm>

#include "directory/check_value.h"
#include "directory/fallback.h"
#include "directory/noun.h"

namespace deputy::directory {
namespace {

using json::object;

Fail<FieldProblem> refuse(std::string_view field, const char* sentence) {
  return Fail{FieldProblem{std::string(field), sentence}};
}

FieldProblem unknown_member(const std::string& name) {
  return {"", "holds a field that is not known here", name};
}

bool is_required(const Field& field) { return field.need == Need::required || field.need == Need::create_required; }

// A credential holds what its type names, and nothing of the other types: what one reader ignores, another may trust.
Result<Done, FieldProblem> check_credential(const object& document) {
  const auto type = json_text(document, "type").value_or("");
  for (const std::string_view field : {"jwks", "jwks_uri"}) {
    const bool present = document.contains(field);
    if (type == field && !present) return refuse(field, "is required of a credential of this type");
    if (type != field && present) return refuse(field, "does not belong to a credential of this type: leave it out");
  }
  return Done{};
}

bool is_changed(std::string_view field, const object& before, const object& after) {
  const auto* had = before.if_contains(field);
  const auto* has = after.if_contains(field);
  return had == nullptr || has == nullptr ? had != has : *had != *has;
}

// RFC 7396 §2: an object is merged member by member, into nothing if need be; null removes.
json::value merged(const json::value* before, const object& patch) {
  auto out = before != nullptr && before->is_object() ? before->get_object() : object();
  for (const auto& [name, one] : patch) {
    if (one.is_null()) {
      out.erase(name);
    } else {
      out[name] = one;
    }
  }
  return out;
}

// An unknown member is refused by where it is, never by its name: errors do not echo.
Result<Done, FieldProblem> check_known(const Noun& noun, const object& sent) {
  for (const auto& [key, value] : sent)
    if (noun.field(key) == nullptr) return Fail{unknown_member(key)};
  return Done{};
}

bool is_absent(const json::value* value) { return value == nullptr || value->is_null(); }

// A field that says something of another is of no use alone.
Result<Done, FieldProblem> check_beside(const Field& field, const object& document) {
  if (field.of.empty() || is_absent(document.if_contains(field.name))) return Done{};
  if (!is_absent(document.if_contains(field.of))) return Done{};
  return Fail{FieldProblem{std::string(field.name), "needs " + std::string(field.of) + ", of which it is said"}};
}

// Whether a new document may, and must, have the field.
Result<Done, FieldProblem> check_presence(const Field& field, const object& sent) {
  const auto* value = sent.if_contains(field.name);
  if (!is_absent(value) && field.need == Need::read_only)
    return refuse(field.name, "is set by the server: leave it out");
  if (is_absent(value) && is_required(field)) return refuse(field.name, "is required");
  return check_beside(field, sent);
}

// Of a list each member that is wrong by itself; where none is, what is wrong with the value as a whole.
std::vector<FieldProblem> problems_of_value(const Field& field, const json::value& value) {
  const std::string path(field.name), first = path + "/0";
  std::vector<FieldProblem> problems;
  const json::array none;
  std::size_t at = 0;
  for (const auto& member : value.is_array() ? value.get_array() : none) {
    auto problem = check_value(field, json::array{member}, path);
    const auto place = path + "/" + std::to_string(at++);
    if (!problem || !problem->field.starts_with(first)) continue;
    problem->field = place + problem->field.substr(first.size());
    problems.push_back(std::move(*problem));
  }
  if (!problems.empty()) return problems;
  if (auto problem = check_value(field, value, path)) problems.push_back(std::move(*problem));
  return problems;
}

void fill_in(const Field& field, const object& beside, object& document) {
  if (const auto fallback = fallback_of(field, beside); !fallback.empty())
    document[field.name] = json::parse(fallback);
}

std::string index_text(const json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

}  // namespace

std::string_view fallback_of(const Field& field, const object& document) {
  // FAPI 2.0 §5.4.1 has no RS256, which every other client has where nothing is said.
  if (field.name == "id_token_signed_response_alg" && json_text(document, "profile") == "fapi2") return "\"ES256\"";
  return field.fallback;
}

void complete(const Noun& noun, object& document) {
  for (const auto& field : noun.fields)
    if (!document.contains(field.name)) fill_in(field, document, document);
}

Result<object, FieldProblem> check_new(const Noun& noun, const object& sent) {
  TRY(auto known, check_known(noun, sent));
  object document;
  for (const auto& field : noun.fields) {
    const auto* value = sent.if_contains(field.name);
    TRY(auto there, check_presence(field, sent));
    if (is_absent(value)) {
      fill_in(field, sent, document);
      continue;
    }
    if (auto problem = check_value(field, *value, std::string(field.name))) return Fail{std::move(*problem)};
    document[field.name] = *value;
  }
  if (noun.kind == Kind::credential) {
    TRY(auto whole, check_credential(document));
  }
  return document;
}

std::vector<FieldProblem> problems_of_new(const Noun& noun, const object& sent) {
  auto checked = check_new(noun, sent);
  if (checked) return {};
  std::vector<FieldProblem> problems;
  for (const auto& [key, value] : sent)
    if (noun.field(key) == nullptr) problems.push_back(unknown_member(key));
  for (const auto& field : noun.fields) {
    const auto* value = sent.if_contains(field.name);
    if (auto there = check_presence(field, sent); !there) {
      problems.push_back(there.error());
    } else if (!is_absent(value)) {
      for (auto& problem : problems_of_value(field, *value)) problems.push_back(std::move(problem));
    }
  }
  if (problems.empty()) problems.push_back(checked.error());  // of the document as a whole
  return problems;
}

Result<object, FieldProblem> check_patch(const Noun& noun, const object& stored, const object& patch) {
  TRY(auto known, check_known(noun, patch));
  auto document = stored;
  std::vector<const Field*> removed;
  for (const auto& [key, sent] : patch) {
    const auto& field = *noun.field(key);
    const auto* before = stored.if_contains(field.name);
    // Not even what is stored: an answer that differs would tell whether a guess was right.
    if (field.need == Need::read_only) return refuse(field.name, "is set by the server: leave it out");
    auto value = field.type == Type::attributes && sent.is_object() ? merged(before, sent.get_object()) : sent;
    const bool same = before == nullptr ? value.is_null() : *before == value;
    if (same) continue;
    if (noun.kind == Kind::agent && field.name == "owner")
      return refuse(field.name, "is changed by POST …/transfer, never by PATCH");
    if (field.need == Need::create_only || field.need == Need::create_required)
      return refuse(field.name, "cannot be changed once it is made");
    if (value.is_null()) {
      if (is_required(field)) return refuse(field.name, "is required: it cannot be removed");
      document.erase(field.name);
      removed.push_back(&field);
      continue;
    }
    if (auto problem = check_value(field, value, std::string(field.name), before)) return Fail{std::move(*problem)};
    document[field.name] = std::move(value);
  }
  for (const auto* field : removed) fill_in(*field, document, document);
  for (const auto& field : noun.fields) {
    if (field.of.empty()) continue;
    if (!patch.contains(field.name) && is_changed(field.of, stored, document)) document.erase(field.name);
    TRY(auto beside, check_beside(field, document));
  }
  return document;
}

std::vector<Reference> references_of(const Noun& noun, const object& document) {
  std::vector<Reference> out;
  const auto add = [&](std::string_view field, const json::value& value) {
    if (value.is_string()) out.push_back({std::string(field), std::string(value.get_string())});
  };
  for (const auto& field : noun.fields) {
    const auto* value = document.if_contains(field.name);
    if (value == nullptr) continue;
    if (field.type == Type::reference) add(field.name, *value);
    if (!value->is_array()) continue;
    for (const auto& one : value->get_array()) {
      if (field.type == Type::references) add(field.name, one);
      if (field.type == Type::permissions && one.is_object())
        if (const auto* resource = one.get_object().if_contains("resource")) add(field.name, *resource);
    }
  }
  return out;
}

std::string without_case(std::string_view name) {
  std::string text(name);
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return text;
}

std::vector<IndexEntry> index_entries(const Noun& noun, const object& document) {
  std::vector<IndexEntry> out;
  for (const auto& field : noun.fields) {
    const auto* value = document.if_contains(field.name);
    if (value == nullptr) continue;
    if (field.name == "jwks_uri") out.push_back({std::string(has_key_set_uri), "true", false});
    if (field.name == "username")
      out.push_back({std::string(username_folded), without_case(index_text(*value)), false});
    if (field.indexed == Indexed::no) continue;
    if (field.type == Type::detail_types) {
      for (const auto& one : value->get_array())
        out.push_back({std::string(field.name), std::string(json_text(one.get_object(), "type").value_or("")), true});
      if (!value->get_array().empty()) out.push_back({std::string(registers_detail_types), "true", false});
      continue;
    }
    out.push_back({std::string(field.name), index_text(*value), field.indexed == Indexed::unique});
  }
  return out;
}

}  // namespace deputy::directory
