// Needs are read from the record: only a consent, who foresees one, and who draws by one, ask for them.
#include "grants/needs.h"

namespace deputy::grants {

Result<std::optional<directory::Role>, Fault> needs_of(const directory::Resource& resource, World& world) {
  TRY(const auto record, world.store.get(world.tenant, store::Kind::resource, resource.id));
  if (!record) return std::optional<directory::Role>();
  TRY(const auto body, parse_stored(record->body));
  const auto* needs = json_member_array(body, "needs");
  if (needs == nullptr) return std::optional<directory::Role>();
  return directory::Role::from("needs", {{"permissions", *needs}});
}

}  // namespace deputy::grants
