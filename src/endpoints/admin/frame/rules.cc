// The table of special nouns. A noun that is not here asks nothing beyond its fields.
#include "endpoints/admin/frame/rules.h"

namespace deputy::endpoints::admin {

Rules rules_of(Kind kind) {
  switch (kind) {
    case Kind::agent: return {.on_create = agent_created, .on_update = agent_updated, .on_delete = agent_deleted};
    case Kind::agent_type: return {.on_update = agent_type_updated};
    case Kind::user: return {.on_create = user_created, .on_update = user_updated, .on_delete = principal_deleted};
    case Kind::application: return {.on_create = application_created,
                                    .on_update = application_updated,
                                    .on_delete = principal_deleted};
    case Kind::group: return {.on_delete = group_deleted};
    case Kind::organization: return {.on_create = organization_placed, .on_update = organization_placed};
    case Kind::role: return {.on_create = role_written, .on_update = role_written};
    case Kind::assignment: return {.on_create = assignment_created, .on_delete = assignment_deleted};
    case Kind::resource: return {.on_create = resource_created,
                                  .on_update = resource_written,
                                  .on_delete = resource_deleted};
    case Kind::trusted_issuer: return {.on_create = trusted_issuer_written,
                                       .on_update = trusted_issuer_written,
                                       .on_delete = trusted_issuer_deleted};
    default: return {};
  }
}

Result<Done, Problem> may_be_fetched(const Visit& visit, const json::object* before, const json::object& after,
                                     std::string_view field) {
  const auto uri = json_text(after, field);
  // One that is there already is left alone: the settings may have changed since.
  if (!uri || (before != nullptr && json_text(*before, field) == uri)) return Done{};
  const auto why = http::why_never_fetched(std::string(*uri), visit.app.live.now()->fetch);
  if (why) return Fail{Problem(ProblemType::invalid_field, std::string(*why), std::string(field))};
  return Done{};
}

}  // namespace deputy::endpoints::admin
