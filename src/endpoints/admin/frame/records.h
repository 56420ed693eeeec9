// Records: list, create, read, change and delete, one path for every noun; what is special about one is in its rules.
#pragma once

#include "endpoints/admin/frame/rules.h"
#include "endpoints/admin/frame/visit.h"

namespace deputy::endpoints::admin {

Outcome list_records(Visit& visit, Kind kind);
Outcome create_record(Visit& visit, Kind kind);
Outcome read_record(Visit& visit, Kind kind);
Outcome update_record(Visit& visit, Kind kind);
Outcome delete_record(Visit& visit, Kind kind);

struct Found {
  store::Record record;
  json::object body;
};
// The record that exists and is in reach; else not_found, the same for both (A38).
Result<Found, Problem> find_record(Visit& visit, Kind kind, std::string_view id);

// Whom and what a record belongs to, for the question whether a caller reaches it.
struct Place {
  std::string owner, organization;
};
Place place_of(Kind kind, std::string_view id, const json::object& body);
bool in_reach(const Visit& visit, const Place& place);

// The write that creates (version 0) or replaces a noun's record, with all the indexes of its fields.
store::Put record_put(std::string_view tenant, Kind kind, std::string_view id, std::string_view under,
                      const json::object& body, std::uint64_t expected_version, Instant now,
                      std::vector<store::Index> indexes = {});
store::Put put_record(const Visit& visit, Kind kind, std::string_view id, std::string_view under,
                      const json::object& body, std::uint64_t expected_version, std::vector<store::Index> indexes = {});

// The index under which every record is found that refers to another, whatever the field.
inline constexpr std::string_view refers_to = "refers_to";

// If-Match (RFC 9110 §13.1.1) against the version that was read.
Result<Done, Problem> check_if_match(const Visit& visit, std::uint64_t version);
// What the refusal of a conditional write means: 412 to a caller who named a version, 409 to one who did not.
Problem stale(const Visit& visit);

// "{issuer}/v1/agents/agt_…"
std::string location_of(const Visit& visit, std::string_view path);

}  // namespace deputy::endpoints::admin
