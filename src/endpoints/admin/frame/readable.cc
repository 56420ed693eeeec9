// The scope that reading takes must be carried, and reach the record; a call's own scope says nothing of it.
#include "endpoints/admin/frame/readable.h"

#include <utility>

#include "endpoints/admin/frame/records.h"
#include "oauth/scope.h"

namespace deputy::endpoints::admin {

Result<bool, Fault> is_readable(Visit& visit, Kind kind, std::string_view id, const json::object& body) {
  const auto scope = read_scope(kind);
  TRY(const auto carried, oauth::ScopeSet::parse_stored(visit.caller.scope));
  if (!carried.contains(scope)) return false;
  auto reach = reach_of(visit.caller, visit.call, visit.app, scope);
  if (reach.none()) return false;  // what gave it has been taken away since
  std::swap(visit.reach, reach);
  auto readable = is_visible(visit, kind, id, body);
  std::swap(visit.reach, reach);
  return readable;
}

Result<bool, Fault> are_readable(Visit& visit, Kind kind) { return is_readable(visit, kind, "", {}); }

}  // namespace deputy::endpoints::admin
