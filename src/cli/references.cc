// Walks the fields of a noun that hold references.
#include "cli/references.h"

#include <fmt/format.h>

namespace deputy::cli {
namespace {

constexpr directory::Kind kResource[] = {directory::Kind::resource};

Fail<Failure> wrong(std::string_view field, Exit exit, std::string_view sentence) {
  Failure failure(exit, fmt::format("{}{}", field, sentence));
  failure.field = field;
  return Fail{std::move(failure)};
}

Result<Done, Failure> replace_one(json::value& value, std::string_view field, std::span<const directory::Kind> kinds,
                                  const Replace& replace) {
  if (value.is_null()) return Done{};
  if (!value.is_string()) return wrong(field, Exit::usage, " must name a record");
  auto replaced = replace(kinds, std::string(value.get_string()));
  if (!replaced) return wrong(field, replaced.error().exit, ": " + replaced.error().sentence);
  value = json::string(*replaced);
  return Done{};
}

}  // namespace

Result<json::object, Failure> with_references(const directory::Noun& noun, json::object document,
                                              const Replace& replace) {
  using directory::Type;
  for (const directory::Field& field : noun.fields) {
    json::value* value = document.if_contains(field.name);
    if (value == nullptr || value->is_null()) continue;
    const bool list = field.type == Type::references || field.type == Type::permissions;
    if (list && !value->is_array()) return wrong(field.name, Exit::usage, " must be a list");
    if (field.type == Type::reference) {
      TRY(const Done done, replace_one(*value, field.name, field.kinds, replace));
    } else if (field.type == Type::references) {
      for (json::value& item : value->get_array()) {
        TRY(const Done done, replace_one(item, field.name, field.kinds, replace));
      }
    } else if (field.type == Type::permissions) {
      for (json::value& item : value->get_array()) {
        json::value* resource = item.is_object() ? item.get_object().if_contains("resource") : nullptr;
        if (resource == nullptr) return wrong(field.name, Exit::usage, ": each needs a resource and scopes");
        TRY(const Done done, replace_one(*resource, field.name, kResource, replace));
      }
    }
  }
  return document;
}

}  // namespace deputy::cli
