// Each scope asked for is held against the resource and then against every limit.
#include "delegation/narrow.h"

namespace deputy::delegation {
namespace {

std::string_view why_not(std::string_view scope, const directory::Resource& resource, std::span<const Limit> limits) {
  if (!resource.defines(scope)) return "the resource does not define it";
  for (const auto& limit : limits)
    if (!limit.allows.contains(scope)) return limit.reason;
  return {};
}

}  // namespace

Narrowed narrow(const oauth::ScopeSet& asked, const directory::Resource& resource, std::span<const Limit> limits) {
  Narrowed narrowed;
  const auto& wanted = asked.empty() && !limits.empty() ? limits.front().allows : asked;
  for (const auto& scope : wanted.tokens()) {
    const auto reason = why_not(scope, resource, limits);
    if (reason.empty())
      narrowed.given.add(scope);
    else
      narrowed.dropped.emplace_back(scope, reason);
  }
  return narrowed;
}

std::string reason_of(const std::vector<std::pair<std::string, std::string>>& dropped) {
  std::string text;
  for (const auto& [scope, why] : dropped)
    text.append(text.empty() ? "" : "; ").append("scope ").append(scope).append(" dropped: ").append(why);
  return text;
}

}  // namespace deputy::delegation
