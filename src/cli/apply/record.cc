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

}  // namespace deputy::cli::apply
