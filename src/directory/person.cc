// A user's fields as the claims they are.
#include "directory/person.h"

#include <array>

namespace deputy::directory {
namespace {

struct Row {
  std::string_view scope, claim, field;
};
constexpr std::array rows{
    Row{"profile", "name", "name"},
    Row{"profile", "preferred_username", "username"},
    Row{"email", "email", "email"},  // whether it is theirs was never proven: there is no email_verified
};

}  // namespace

json::object person_claims(const json::object& user, const oauth::ScopeSet& scope) {
  json::object claims;
  for (const auto& row : rows) {
    const auto value = json_text(user, row.field);
    if (scope.contains(row.scope) && value && !value->empty()) claims[row.claim] = *value;
  }
  return claims;
}

}  // namespace deputy::directory
