// A list of entity tags, read up to where it is none.
#include "http/entity_tag.h"

#include "http/text.h"

namespace deputy::http {
namespace {

bool lists(std::string_view list, std::string_view tag, TagComparison comparison) {
  if (trim(list) == "*") return true;
  for (;;) {
    while (list.starts_with(',') || list.starts_with(' ') || list.starts_with('\t')) list.remove_prefix(1);
    const bool weak = list.starts_with("W/");
    if (weak) list.remove_prefix(2);
    // A comma may stand within a tag's quotes, and a quote may not.
    const auto end = list.starts_with('"') ? list.find('"', 1) : std::string_view::npos;
    if (end == std::string_view::npos) return false;
    if (list.substr(0, end + 1) == tag && !(weak && comparison == TagComparison::strong)) return true;
    list.remove_prefix(end + 1);
    if (const auto rest = trim(list); !rest.empty() && !rest.starts_with(',')) return false;
  }
}

}  // namespace

bool names_tag(const Request& request, std::string_view field, std::string_view tag, TagComparison comparison) {
  // RFC 9110 §5.3: several lines are one list.
  return std::any_of(request.headers.begin(), request.headers.end(), [&](const auto& header) {
    return same_word(header.first, field) && lists(header.second, tag, comparison);
  });
}

}  // namespace deputy::http
