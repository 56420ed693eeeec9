// Which kind an id names.
#include "directory/kind.h"

#include "base/id.h"

namespace deputy::directory {

std::optional<Kind> kind_of_id(std::string_view id) {
  const auto bar = id.find('_');
  if (bar == std::string_view::npos || bar == 0) return std::nullopt;
  const auto prefix = id.substr(0, bar);
  for (const auto& row : kinds)
    if (row.prefix == prefix) return is_id(prefix, id) ? std::optional(row.kind) : std::nullopt;
  return std::nullopt;
}

}  // namespace deputy::directory
