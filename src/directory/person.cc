// A user's fields as the claims they are.
#include "directory/person.h"

#include <algorithm>
#include <array>

namespace deputy::directory {
namespace {

struct Row {
  std::string_view scope, claim, field;
};
constexpr std::array rows{
    Row{"profile", "name", "name"},
    Row{"profile", "preferred_username", "username"},
    Row{"email", "email", "email"},
    Row{"email", "email_verified", "email_verified"},  // §5.1: as who manages the directory says; absent: nobody did
};
constexpr std::string_view prefix = "claim*";

}  // namespace

std::string_view scope_of_claim(std::string_view claim) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return row.claim == claim; });
  return found == rows.end() ? std::string_view() : found->scope;
}

std::string token_of_claim(std::string_view claim) { return std::string(prefix).append(claim); }

std::string_view claim_of_token(std::string_view token) {
  return token.starts_with(prefix) ? token.substr(prefix.size()) : std::string_view();
}

bool may_tell(const oauth::ScopeSet& told, std::string_view token) {
  if (told.contains(token)) return true;
  const auto scope = scope_of_claim(claim_of_token(token));
  return !scope.empty() && told.contains(scope);
}

oauth::ScopeSet scopes_told(const oauth::ScopeSet& told) {
  oauth::ScopeSet scopes;
  for (const auto& one : told.tokens())
    if (claim_of_token(one).empty()) scopes.add(one);
  return scopes;
}

json::object person_claims(const json::object& user, const oauth::ScopeSet& told) {
  json::object claims;
  for (const auto& row : rows) {
    const auto* value = user.if_contains(row.field);
    if (value == nullptr || (value->is_string() && value->get_string().empty())) continue;
    if (may_tell(told, token_of_claim(row.claim))) claims[row.claim] = *value;
  }
  return claims;
}

}  // namespace deputy::directory
