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
// The record that exists and is in reach; else not_found, the same for both (A38). What is the tenant's as a whole is
// no secret: that it is out of reach is said.
Result<Found, Problem> find_record(Visit& visit, Kind kind, std::string_view id);

// The answer to who may read a record, and no more.
Problem not_with_this_record();

// Whom and what a record belongs to, for the question whether a caller reaches it.
struct Place {
  std::string owner, organization;
};
// An assignment that names no organization lies where its principal does; where its role gives something at this
// server's own API it reaches the whole tenant, and lies nowhere.
Result<Place, Fault> place_of(const Visit& visit, Kind kind, std::string_view id, const json::object& body);
bool in_reach(const Visit& visit, const Place& place);
// May the caller see the record? Roles, resources and agent types are the tenant's: whoever may read them at all sees
// them all, for they are what is named when somebody is given something.
bool is_common(Kind kind);
Result<bool, Fault> is_visible(const Visit& visit, Kind kind, std::string_view id, const json::object& body);

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

// The record as it was found: read, or changed by what changes nothing. A version that nothing was changed by would
// fail the If-Match of others.
Answer shown(const Visit& visit, const Found& found);

// "{issuer}/v1/agents/agt_…"
std::string location_of(const Visit& visit, std::string_view path);

}  // namespace deputy::endpoints::admin
