// Documents held against their noun: new ones, patches, and what a document refers to.
#include <algorithm>

#include "directory/check_value.h"
#include "directory/noun.h"

namespace deputy::directory {
namespace {

using json::object;

Fail<FieldProblem> refuse(std::string_view field, const char* sentence) {
  return Fail{FieldProblem{std::string(field), sentence}};
}

bool is_required(const Field& field) { return field.need == Need::required || field.need == Need::create_required; }

// Fields whose text has one spelling are stored in it.
void make_canonical(const Noun& noun, object& document) {
  for (const auto& field : noun.fields) {
    if (field.type != Type::uri) continue;
    if (const auto text = json_text(document, field.name))
      if (auto canonical = canonical_uri(*text)) document[field.name] = *canonical;
  }
}

// An unknown member is refused by where it is, never by its name: errors do not echo.
Result<Done, FieldProblem> check_known(const Noun& noun, const object& sent) {
  for (const auto& [key, value] : sent)
    if (noun.field(key) == nullptr) return refuse("", "holds a field that is not known here");
  return Done{};
}

std::string index_text(const json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

}  // namespace

Result<object, FieldProblem> check_new(const Noun& noun, const object& sent) {
  TRY(auto known, check_known(noun, sent));
  object document;
  for (const auto& field : noun.fields) {
    const auto* value = sent.if_contains(field.name);
    const bool absent = value == nullptr || value->is_null();
    if (!absent && field.need == Need::read_only) return refuse(field.name, "is set by the server: leave it out");
    if (absent && is_required(field)) return refuse(field.name, "is required");
    if (absent) {
      if (!field.fallback.empty()) document[field.name] = json::parse(field.fallback);
      continue;
    }
    if (auto problem = check_value(field, *value, std::string(field.name))) return Fail{std::move(*problem)};
    document[field.name] = *value;
  }
  make_canonical(noun, document);
  return document;
}

Result<object, FieldProblem> check_patch(const Noun& noun, const object& stored, const object& patch) {
  TRY(auto known, check_known(noun, patch));
  auto document = stored;
  for (const auto& [key, sent] : patch) {
    const auto& field = *noun.field(key);
    const auto* before = stored.if_contains(field.name);
    auto value = sent;
    // RFC 7396 §2: an object is merged member by member, null removes, anything else replaces.
    if (field.type == Type::attributes && sent.is_object() && before != nullptr && before->is_object()) {
      auto merged = before->get_object();
      for (const auto& [name, one] : sent.get_object()) {
        if (one.is_null()) merged.erase(name);
        else merged[name] = one;
      }
      value = std::move(merged);
    }
    const bool same = before != nullptr && *before == value;
    if (same) continue;
    if (field.need == Need::read_only) return refuse(field.name, "is set by the server: leave it out");
    if (field.need == Need::create_only || field.need == Need::create_required)
      return refuse(field.name, "cannot be changed once it is made");
    if (value.is_null()) {
      if (is_required(field)) return refuse(field.name, "is required: it cannot be removed");
      document.erase(field.name);
      if (!field.fallback.empty()) document[field.name] = json::parse(field.fallback);
      continue;
    }
    if (auto problem = check_value(field, value, std::string(field.name))) return Fail{std::move(*problem)};
    document[field.name] = std::move(value);
  }
  make_canonical(noun, document);
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

std::vector<IndexEntry> index_entries(const Noun& noun, const object& document) {
  std::vector<IndexEntry> out;
  for (const auto& field : noun.fields) {
    const auto* value = document.if_contains(field.name);
    if (value == nullptr || field.indexed == Indexed::no) continue;
    out.push_back({std::string(field.name), index_text(*value), field.indexed == Indexed::unique});
  }
  return out;
}

}  // namespace deputy::directory
