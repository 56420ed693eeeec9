// Symbols: kind and name, or a resource's identifier.
#include "cli/apply/record.h"

#include <fmt/format.h>

namespace deputy::cli::apply {

std::string symbol_of(Kind kind, std::string_view name) {
  if (kind == Kind::resource) return std::string(name);
  return fmt::format("{}/{}", directory::row(kind).name, name);
}

std::string spoken(const Record& record) {
  if (record.kind != Kind::assignment) return symbol_of(record);
  return fmt::format("assignment of {} to {}", json_text(record.fields, "role").value_or("?"),
                     json_text(record.fields, "principal").value_or("?"));
}

std::string said_by(const json::object& assignment, std::string_view between) {
  std::string all;
  for (const auto* name : {"role", "principal", "acts", "organization"})
    all.append(json_text(assignment, name).value_or("")).append(between);
  return all;
}

std::string known_as(Kind kind, std::string_view symbol, const json::object& fields) {
  return kind == Kind::assignment ? "assignment " + said_by(fields, "/") : std::string(symbol);
}

}  // namespace deputy::cli::apply
