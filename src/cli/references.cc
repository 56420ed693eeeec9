// Walks the fields of a noun that hold references.
#include "cli/references.h"

#include <fmt/format.h>

namespace deputy::cli {
namespace {

using directory::Field;
using directory::Type;

constexpr directory::Kind kResource[] = {directory::Kind::resource};

enum class Stop { at_first, never };

struct Walk {
  const Replace& replace;
  Stop stop;
  std::vector<Failure> failures = {};

  bool stopped() const { return stop == Stop::at_first && !failures.empty(); }

  void wrong(const Field& field, std::string path, const Failure& why) {
    failures.push_back(why.told_as(fmt::format("{}{}", field.name, why.sentence)));
    failures.back().field = std::move(path);
  }
  void wrong(const Field& field, std::string path, Exit exit, std::string sentence) {
    wrong(field, std::move(path), Failure(exit, std::move(sentence)));
  }

  void one(json::value& value, const Field& field, std::string path, std::span<const directory::Kind> kinds) {
    if (value.is_null()) return;
    if (!value.is_string()) return wrong(field, std::move(path), Exit::usage, " must name a record");
    auto replaced = replace(kinds, std::string(value.get_string()));
    if (!replaced) {
      const Failure& why = replaced.error();
      return wrong(field, std::move(path), why.told_as(": " + why.sentence));
    }
    value = json::string(*replaced);
  }

  // Each of a list; of permissions the resource.
  void item(json::value& value, const Field& field, std::string path) {
    if (field.type == Type::references) return one(value, field, std::move(path), field.kinds);
    json::value* resource = value.is_object() ? value.get_object().if_contains("resource") : nullptr;
    if (resource == nullptr) return wrong(field, std::move(path), Exit::usage, ": each needs a resource and scopes");
    one(*resource, field, path + "/resource", kResource);
  }

  void field(const Field& field, json::value& value) {
    const std::string path(field.name);
    if (value.is_null()) return;
    if (field.type == Type::reference) return one(value, field, path, field.kinds);
    if (field.type != Type::references && field.type != Type::permissions) return;
    if (!value.is_array()) return wrong(field, path, Exit::usage, " must be a list");
    std::size_t at = 0;
    for (json::value& member : value.get_array())
      if (!stopped()) item(member, field, path + "/" + std::to_string(at++));
  }

  void whole(const directory::Noun& noun, json::object& document) {
    for (const Field& one : noun.fields)
      if (json::value* value = document.if_contains(one.name); value != nullptr && !stopped()) field(one, *value);
  }
};

}  // namespace

Result<json::object, Failure> with_references(const directory::Noun& noun, json::object document,
                                              const Replace& replace) {
  Walk walk{replace, Stop::at_first};
  walk.whole(noun, document);
  if (!walk.failures.empty()) return Fail{std::move(walk.failures.front())};
  return document;
}

std::vector<Failure> replace_references(const directory::Noun& noun, json::object& document, const Replace& replace) {
  Walk walk{replace, Stop::never};
  walk.whole(noun, document);
  return std::move(walk.failures);
}

}  // namespace deputy::cli
