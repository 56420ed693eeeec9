// A stop is decided by the record as it is when the stop becomes durable.
#include "endpoints/admin/frame/stop.h"

#include <algorithm>

#include "directory/principal.h"
#include "endpoints/admin/frame/document.h"

namespace deputy::endpoints::admin {
namespace {

// What is put into the record, and what of it must be as it was read. All by value: by then the visit is gone.
struct Stop {
  Kind kind;
  std::string tenant;
  Instant now;
  json::object put;
  std::vector<std::string> taken_out;
  json::object as_read;  // null: it was not there
  std::uint64_t version = 0;                   // 0: any
};

// What makes it a stop is put though it was read so: by then it may be so no more. What is not there stays as it is by
// then: an office that was quicker keeps its word.
void find_differences(const json::object& before, const json::object& after,
                      std::initializer_list<std::string_view> anyway, Stop& stop) {
  for (const auto& [name, value] : after) {
    const auto* other = before.if_contains(name);
    if (other == nullptr || *other != value || std::find(anyway.begin(), anyway.end(), name) != anyway.end())
      stop.put[name] = value;
  }
  for (const auto& [name, value] : before)
    if (!after.contains(name)) stop.taken_out.emplace_back(name);
}

json::value member_of(const json::object& body, std::string_view name) {
  const auto* value = body.if_contains(name);
  return value == nullptr ? json::value() : *value;
}

// A caller reaches it by an office where it lies, or because of whose it is.
void hold_to_reach(const Visit& visit, const json::object& before, Stop& stop) {
  if (visit.reach.all()) return;
  const bool office = in_reach(visit, {.owner = {}, .organization = text_of(before, "organization")});
  const std::string_view member = office ? "organization" : "owner";
  stop.as_read[member] = member_of(before, member);
}

bool is_among(const std::vector<store::Index>& all, const store::Index& one) {
  return std::any_of(all.begin(), all.end(),
                     [&](const auto& other) { return other.name == one.name && other.value == one.value; });
}

std::optional<store::Put> made_of(const Stop& stop, const store::Record& stored,
                                  const std::vector<store::Index>& indexes) {
  if (stop.version != 0 && stored.version != stop.version) return std::nullopt;
  const auto before = body_of_record(stored);
  if (!before || json_text(*before, "state") == name_of(directory::State::revoked)) return std::nullopt;
  for (const auto& [name, value] : stop.as_read)
    if (member_of(*before, name) != value) return std::nullopt;
  auto after = *before;
  for (const auto& [name, value] : stop.put) after[name] = value;
  for (const auto& name : stop.taken_out) after.erase(name);
  // What was given to the record as it was until now is over, and not only to the version that was read.
  if (stop.put.contains(directory::refresh_dead_version)) after[directory::refresh_dead_version] = stored.version;
  // Nor is it put back to an earlier instant, where another stop was quicker.
  const auto through = json_integer(after, directory::refresh_dead_through);
  const auto stored_through = json_integer(*before, directory::refresh_dead_through);
  if (through && stored_through) after[directory::refresh_dead_through] = std::max(*through, *stored_through);
  const auto put_of = [&](const json::object& body) {
    return record_put(stop.tenant, stop.kind, stored.id, stored.under, body, stored.version, stop.now);
  };
  auto put = put_of(after);
  // Look-ups that are of no field stay (what an agent's type has unique).
  const auto of_fields = put_of(*before).indexes;
  for (const auto& index : indexes)
    if (!is_among(of_fields, index) && !is_among(put.indexes, index))
      put.indexes.push_back({index.name, index.value, false});
  return put;
}

}  // namespace

bool names_a_version(const Visit& visit) {
  const auto& request = visit.call.request;
  return request.count("If-Match") > 0 && request.header("If-Match") != "*";
}

store::Record add_stop(const Visit& visit, const Found& found, const json::object& after,
                       std::initializer_list<std::string_view> anyway,
                       std::initializer_list<std::string_view> as_found, Change& change) {
  Stop stop{.kind = found.record.kind,
            .tenant = visit.call.tenant,
            .now = visit.call.now,
            .put = {},
            .taken_out = {},
            .as_read = {},
            .version = names_a_version(visit) ? found.record.version : 0};
  find_differences(found.body, after, anyway, stop);
  hold_to_reach(visit, found.body, stop);
  for (const auto name : as_found) stop.as_read[name] = member_of(found.body, name);
  change.add(store::Revise{.tenant = stop.tenant,
                           .id = found.record.id,
                           .kind = found.record.kind,
                           .make = [stop](const store::Record& stored, const std::vector<store::Index>& indexes) {
                             return made_of(stop, stored, indexes);
                           }},
             stale(visit));
  auto record = found.record;
  record.version = found.record.version + 1;
  record.updated_at = visit.call.now;
  record.body = json::serialize(after);
  return record;
}

}  // namespace deputy::endpoints::admin
