// Create, read, change, delete: the noun's table decides what is well-formed, the store decides what is true.
#include "endpoints/admin/frame/records.h"

#include <utility>

#include "base/id.h"
#include "directory/instant.h"
#include "directory/noun.h"
#include "endpoints/admin/administrators.h"
#include "endpoints/admin/delegation/preview.h"
#include "endpoints/admin/frame/document.h"
#include "endpoints/admin/frame/readable.h"
#include "endpoints/admin/frame/referred.h"
#include "endpoints/admin/frame/stop.h"
#include "http/entity_tag.h"

namespace deputy::endpoints::admin {
namespace {

std::string text_member(const json::object& body, std::string_view name) {
  return std::string(json_text(body, name).value_or(""));
}

// An id that was left when its record was deleted holds up no other change.
bool was_left(const Draft& draft, const directory::Reference& one) {
  if (draft.before == nullptr || !directory::noun(draft.kind).field(one.field)->may_dangle) return false;
  const auto earlier = directory::references_of(directory::noun(draft.kind), *draft.before);
  return std::any_of(earlier.begin(), earlier.end(),
                     [&](const auto& other) { return other.field == one.field && other.id == one.id; });
}

// All that a document comes to refer to must exist when it is committed.
void require_references(Draft& draft) {
  for (const auto& one : directory::references_of(directory::noun(draft.kind), draft.after)) {
    const auto& [field, id] = one;
    if (id == draft.id || was_left(draft, one)) continue;
    if (const auto kind = directory::kind_of_id(id)) draft.change.require(draft.visit, *kind, id, field);
  }
}

// By the fields that the kind has: a way that there is not helps nobody.
Problem misplaced(Kind kind) {
  const auto refused = [](const char* sentence, const char* field) {
    return Problem(ProblemType::exceeds_authority, sentence, field);
  };
  if (kind == Kind::organization)
    return refused("Place it within your reach: name an organization you administer as its parent.", "parent");
  if (kind == Kind::assignment)
    return refused("This reaches beyond your organization: name somebody in it, and, where the role gives something "
                   "at this server's own API, the organization.", "organization");
  if (kind == Kind::agent)
    return refused("Place the record within your reach: name an organization you administer, or yourself as the "
                   "owner.", "organization");
  if (directory::noun(kind).field("organization") == nullptr) return of_the_whole_tenant();
  return refused("Place the record within your reach: name an organization you administer.", "organization");
}

// What a caller bound to an organization or to its own agents may name: its reach ends there for references too. An
// organization's own administrator cannot move it out from under those who oversee it.
Result<Done, Problem> check_place(Draft& draft) {
  if (draft.visit.reach.all()) return Done{};
  TRY(auto place, place_of(draft.visit, draft.kind, draft.id, draft.after));
  if (draft.kind == Kind::organization) {
    const auto parent = text_member(draft.after, "parent");
    const auto earlier = draft.before != nullptr ? text_member(*draft.before, "parent") : parent;
    if (draft.before == nullptr || parent != earlier) place.organization = parent;
    if (parent != earlier && !in_reach(draft.visit, {.owner = {}, .organization = earlier}))
      return Fail{misplaced(draft.kind)};
  }
  if (!in_reach(draft.visit, place)) return Fail{misplaced(draft.kind)};
  return Done{};
}

// An expired credential is shown for a while, then it goes: rotations would pile them up.
constexpr Seconds credential_kept_after{30 * 86'400};

std::optional<Instant> end_of(Kind kind, const json::object& body) {
  if (kind != Kind::credential) return std::nullopt;
  const auto expires_at = directory::parse_rfc3339(json_text(body, "expires_at").value_or(""));
  if (!expires_at) return std::nullopt;
  return *expires_at + credential_kept_after;
}

// Of a principal or a group; empty: none.
Result<std::string, Fault> organization_of(const Visit& visit, const std::string& id) {
  const auto kind = directory::kind_of_id(id);
  if (kind && *kind != Kind::group) {
    TRY(auto principal, visit.app.directory.principal(visit.call.tenant, id));
    return principal == nullptr ? std::string() : principal->organization;
  }
  if (!kind) return std::string();
  TRY(auto record, visit.app.store.get(visit.call.tenant, *kind, id));
  if (!record) return std::string();
  TRY(auto body, body_of_record(*record));
  return text_member(body, "organization");
}

// What a role gives at this server's own API reaches as far as its assignment says; elsewhere there is no such bound.
Result<bool, Fault> reaches_the_tenant(const Visit& visit, const std::string& role) {
  TRY(auto record, visit.app.store.get(visit.call.tenant, Kind::role, role));
  if (!record) return true;
  TRY(auto body, body_of_record(*record));
  const auto read = directory::Role::from(role, body);
  if (!read) return Fail{Fault{Fault::Kind::corrupt, "the record of a role is damaged"}};
  return names_own_api(visit, *read);
}

// The record that exists and may be seen.
Result<Found, Problem> find_visible(Visit& visit, Kind kind, std::string_view id) {
  const auto prefix = directory::row(kind).prefix;
  if (!prefix.empty() && !is_id(prefix, id)) return Fail{no_such_record("not an id of this kind")};
  // A40: what was sent and is no id is in no event. A tenant's has no form of its own: it is one that is found.
  if (!prefix.empty()) visit.about.event.target = id;
  TRY(auto record, visit.app.store.get(visit.call.tenant, kind, id));
  if (!record) return Fail{no_such_record("no such record")};
  visit.about.event.target = id;
  TRY(auto body, body_of_record(*record));
  TRY(const bool visible, is_visible(visit, kind, id, body));
  if (!visible) {
    TRY(const bool readable, is_readable(visit, kind, id, body));
    return Fail{readable ? not_with_this_record() : no_such_record("out of reach")};
  }
  return Found{std::move(*record), std::move(body)};
}

// What a change takes away from whoever administers the tenant, if it may take anything.
std::optional<Taken> taken_by(const Draft& draft) {
  const auto now = draft.visit.call.now;
  Taken taken{.assignment = {}, .group = {}, .member = {}, .role = {}};
  switch (draft.kind) {
    case Kind::role: taken.role = directory::Role::from(draft.id, draft.after); break;
    case Kind::user:
    case Kind::agent:
    case Kind::application: {
      const auto after = directory::Principal::from(draft.kind, draft.id, draft.after);
      if (after && may_administer(*after, now)) return std::nullopt;
      taken.stopped = draft.id;
      break;
    }
    default: return std::nullopt;
  }
  return taken;
}

// As above, of a deletion.
std::optional<Taken> taken_with(const Draft& draft) {
  Taken taken{.assignment = {}, .group = {}, .member = {}, .role = {}};
  if (draft.kind == Kind::assignment)
    taken.assignment = draft.id;
  else if (draft.kind == Kind::user || draft.kind == Kind::agent || draft.kind == Kind::application)
    taken.stopped = draft.id;
  else
    return std::nullopt;
  return taken;
}

Result<Done, Problem> keep_an_administrator(Draft& draft, const std::optional<Taken>& taken) {
  if (!taken) return Done{};
  return keep_an_administrator(draft.visit, *taken, draft.change);
}

Result<Done, Problem> may_be_deleted(Draft& draft) {
  if (draft.in_the_way) return Fail{*draft.in_the_way};
  TRY(auto kept, keep_an_administrator(draft, taken_with(draft)));
  return check_unreferred(draft);
}

Result<Done, Problem> apply(Rule rule, Draft& draft) {
  if (rule == nullptr) return Done{};
  return rule(draft);
}

// The principal that is active before this and is not after it; none: it is no principal, is stopped already, or goes
// on.
std::string stopped_by(const Draft& draft) {
  if (draft.kind != Kind::user && draft.kind != Kind::agent && draft.kind != Kind::application) return "";
  const auto is_active = [&](const json::object& body) {
    const auto principal = directory::Principal::from(draft.kind, draft.id, body);
    return principal && principal->state(draft.visit.call.now) == directory::State::active;
  };
  return is_active(*draft.before) && !is_active(draft.after) ? draft.id : "";
}

// The write of a change at the version that was read; gives the record as it will be.
store::Record add_put(Draft& draft, const Found& found) {
  const auto& visit = draft.visit;
  auto put = put_record(visit, draft.kind, draft.id, draft.under, draft.after, found.record.version,
                        std::move(draft.indexes));
  auto record = put.record;
  record.version = found.record.version + 1;
  record.created_at = found.record.created_at;
  draft.change.add(std::move(put), stale(visit));
  return record;
}

}  // namespace

Result<Place, Fault> place_of(const Visit& visit, Kind kind, std::string_view id, const json::object& body) {
  if (kind == Kind::organization) return Place{.owner = {}, .organization = std::string(id)};
  Place place{.owner = kind == Kind::agent ? text_member(body, "owner") : std::string(),
              .organization = text_member(body, "organization")};
  if (kind != Kind::assignment || !place.organization.empty()) return place;
  TRY(auto organization, organization_of(visit, text_member(body, "principal")));
  if (organization.empty()) return place;
  TRY(const bool whole, reaches_the_tenant(visit, text_member(body, "role")));
  if (!whole) place.organization = std::move(organization);
  return place;
}

bool is_common(Kind kind) { return kind == Kind::role || kind == Kind::resource || kind == Kind::agent_type; }

Result<bool, Fault> is_visible(const Visit& visit, Kind kind, std::string_view id, const json::object& body) {
  if (is_common(kind) || visit.reach.all()) return true;
  TRY(const auto place, place_of(visit, kind, id, body));
  return in_reach(visit, place);
}

bool in_reach(const Visit& visit, const Place& place) {
  return reaches(visit.reach, visit.caller, visit.call, visit.app, place.owner, place.organization);
}

Problem not_with_this_record() {
  return {ProblemType::exceeds_authority,
          "You may read this record, and not do this with it: ask somebody whose role reaches it."};
}

Result<Found, Problem> find_record(Visit& visit, Kind kind, std::string_view id) {
  TRY(auto found, find_visible(visit, kind, id));
  if (is_common(kind)) {
    TRY(auto all, whole_tenant(visit));
  }
  return found;
}

store::Put record_put(std::string_view tenant, Kind kind, std::string_view id, std::string_view under,
                      const json::object& body, std::uint64_t expected_version, Instant now,
                      std::vector<store::Index> indexes) {
  for (auto& entry : directory::index_entries(directory::noun(kind), body))
    indexes.push_back({std::move(entry.name), std::move(entry.value), entry.unique});
  std::set<std::string> referred;
  for (auto& reference : directory::references_of(directory::noun(kind), body))
    referred.insert(std::move(reference.id));
  for (const auto& other : referred) indexes.push_back({std::string(refers_to), other, false});
  return {.record = {.kind = kind,
                     .tenant = std::string(tenant),
                     .id = std::string(id),
                     .under = std::string(under),
                     .created_at = now,
                     .updated_at = now,
                     .body = json::serialize(body),
                     .touched_at = {},
                     .until = end_of(kind, body)},
          .expected_version = expected_version,
          .indexes = std::move(indexes)};
}

store::Put put_record(const Visit& visit, Kind kind, std::string_view id, std::string_view under,
                      const json::object& body, std::uint64_t expected_version, std::vector<store::Index> indexes) {
  return record_put(visit.call.tenant, kind, id, under, body, expected_version, visit.call.now, std::move(indexes));
}

Result<Done, Problem> check_if_match(const Visit& visit, std::uint64_t version) {
  const auto& request = visit.call.request;
  if (request.count("If-Match") == 0) return Done{};
  const auto tag = "\"" + std::to_string(version) + "\"";
  if (http::names_tag(request, "If-Match", tag, http::TagComparison::strong)) return Done{};
  return Fail{stale(visit)};
}

Problem stale(const Visit& visit) {
  if (visit.call.request.count("If-Match") > 0 && visit.call.request.header("If-Match") != "*")
    return {ProblemType::version_mismatch, "The record has another version: read it again and send its ETag."};
  return {ProblemType::conflict, "The record changed meanwhile: read it again and repeat the change."};
}

std::string location_of(const Visit& visit, std::string_view path) {
  return visit.call.issuer + "/v1/" + std::string(path);
}

Answer shown(const Visit& visit, const Found& found) {
  return {.response = document_response(200, document_of(found.record, found.body, visit.call.now)),
          .writes = {},
          .refused = {}};
}

Outcome create_record(Visit& visit, Kind kind) {
  TRY(auto sent, body_of(visit));
  TRY(auto known, only_fields(sent, directory::noun(kind)));
  TRY(auto body, directory::check_new(directory::noun(kind), sent));
  const auto id = make_id(directory::row(kind).prefix, visit.call.now, visit.app.random);
  visit.about.event.target = id;
  Draft draft{.visit = visit,
              .kind = kind,
              .id = id,
              .under = id,
              .after = std::move(body),
              .indexes = {},
              .change = {}};
  TRY(auto placed, check_place(draft));
  require_references(draft);
  TRY(auto ruled, apply(rules_of(kind).on_create, draft));
  auto put = put_record(visit, kind, id, draft.under, draft.after, 0, std::move(draft.indexes));
  auto record = put.record;
  record.version = 1;
  draft.change.add(std::move(put));
  draft.change.touched({}, draft.after);
  auto response = document_response(201, document_of(record, draft.after, visit.call.now));
  response.headers.emplace_back("Location",
                                location_of(visit, std::string(directory::row(kind).plural) + "/" + id));
  return std::move(draft.change).answer(visit, std::move(response));
}

Outcome read_record(Visit& visit, Kind kind) {
  TRY(auto found, find_visible(visit, kind, visit.param(0)));
  return shown(visit, found);
}

Outcome update_record(Visit& visit, Kind kind) {
  TRY(const auto mode, mode_of(visit));
  TRY(auto found, find_record(visit, kind, visit.param(0)));
  TRY(auto patch, body_of(visit));
  TRY(auto known, only_fields(patch, directory::noun(kind)));
  TRY(auto same_version, check_if_match(visit, found.record.version));
  TRY(auto body, directory::check_patch(directory::noun(kind), found.body, patch));
  Draft draft{.visit = visit,
              .kind = kind,
              .id = found.record.id,
              .under = found.record.under,
              .before = &found.body,
              .version = found.record.version,
              .after = std::move(body),
              .indexes = {},
              .change = {}};
  TRY(auto placed, check_place(draft));
  require_references(draft);
  TRY(auto ruled, apply(rules_of(kind).on_update, draft));
  const bool changes = draft.after != found.body;
  auto allowed = keep_an_administrator(draft, changes ? taken_by(draft) : std::nullopt);
  if (mode == Mode::preview) return preview_of_change(visit, draft.change, stopped_by(draft), allowed);
  if (!changes) return shown(visit, found);
  if (!allowed) return std::move(allowed).fail();
  // Who is to be stopped may write the record all the while: that holds up no stop (A28).
  const bool only_stops = patch.size() == 1 && patch.contains("state") && !stopped_by(draft).empty();
  visit.stops = only_stops;
  const auto record = only_stops ? add_stop(visit, found, draft.after, {"state"}, {}, draft.change)
                                 : add_put(draft, found);
  draft.change.touched(found.body, draft.after);
  auto document = document_of(record, draft.after, visit.call.now);
  return std::move(draft.change).answer(visit, document_response(200, document));
}

Outcome delete_record(Visit& visit, Kind kind) {
  TRY(const auto mode, mode_of(visit));
  TRY(auto found, find_record(visit, kind, visit.param(0)));
  TRY(auto same_version, check_if_match(visit, found.record.version));
  Draft draft{.visit = visit,
              .kind = kind,
              .id = found.record.id,
              .under = found.record.under,
              .before = &found.body,
              .version = found.record.version,
              .after = found.body,
              .indexes = {},
              .change = {}};
  TRY(auto ruled, apply(rules_of(kind).on_delete, draft));
  auto allowed = may_be_deleted(draft);
  if (mode == Mode::preview) return preview_of_change(visit, draft.change, draft.id, allowed);
  if (!allowed) return std::move(allowed).fail();
  draft.change.add(store::Remove{visit.call.tenant, kind, draft.id, found.record.version}, stale(visit));
  draft.change.touched(found.body, {});
  return std::move(draft.change).answer(visit, no_content());
}

}  // namespace deputy::endpoints::admin
