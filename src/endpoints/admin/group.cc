// A membership lies under the member: all the groups of a principal are one read away from it.
#include "endpoints/admin/group.h"

#include "base/id.h"
#include "directory/groups.h"
#include "endpoints/admin/administrators.h"
#include "endpoints/admin/authority.h"
#include "endpoints/admin/delegation/preview.h"
#include "endpoints/admin/frame/change.h"
#include "endpoints/admin/frame/document.h"
#include "endpoints/admin/frame/page.h"
#include "endpoints/admin/frame/records.h"
#include "endpoints/admin/principal.h"
#include "endpoints/admin/revocation/narrowing.h"

namespace deputy::endpoints::admin {
namespace {

constexpr std::string_view parameters[] = {"limit", "cursor"};

std::string pair_of(std::string_view group, std::string_view member) {
  return std::string(group).append("/").append(member);
}

Result<std::string, Problem> member_sent(const Visit& visit) {
  TRY(auto body, body_of(visit));
  TRY(auto known, only_members(body, {"member"}));
  const auto member = json_text(body, "member");
  const auto kind = directory::kind_of_id(member.value_or(""));
  const bool fits = kind == Kind::user || kind == Kind::group || kind == Kind::agent || kind == Kind::application;
  if (!member || !fits)
    return Fail{Problem(ProblemType::invalid_field, "Send the id of a user, group, agent or application.", "member")};
  return std::string(*member);
}

// The groups directly above one, each remembered with the version it had.
Result<std::vector<std::string>, Fault> groups_above(const Visit& visit, const std::string& id, Change& change) {
  TRY(auto records, visit.app.store.under(visit.call.tenant, id));
  std::vector<std::string> above;
  for (const auto& record : records) {
    if (record.kind == Kind::group && record.id == id)
      change.add(store::Require{visit.call.tenant, Kind::group, id, record.version});
    if (record.kind != Kind::membership) continue;
    TRY(auto body, body_of_record(record));
    above.emplace_back(json_text(body, "group").value_or(""));
  }
  return above;
}

// A group in a group: no circle, not even one that two requests would close only together. Each addition changes the
// version of the group that goes in, and holds every group on the way up at the version it was seen with.
Result<Done, Problem> check_nesting(const Visit& visit, const Found& group, const Found& member, Change& change) {
  TRY(bool circle, directory::closes_cycle(member.record.id, group.record.id,
                                           [&](const std::string& id) { return groups_above(visit, id, change); }));
  if (circle)
    return Fail{Problem(ProblemType::invalid_field,
                        "This would put a group inside itself, or nest groups deeper than 16.", "member")};
  change.add(put_record(visit, Kind::group, member.record.id, member.record.under, member.body, member.record.version));
  return Done{};
}

}  // namespace

Outcome list_members(Visit& visit) {
  TRY(auto query, query_of(visit, parameters));
  TRY(auto limit, limit_of(visit, query));
  TRY(auto after, cursor_of(query, 'm'));
  TRY(auto group, find_record(visit, Kind::group, visit.param(0)));
  TRY(auto records, visit.app.store.list(visit.call.tenant, Kind::membership,
                                         {.after = after,
                                          .limit = limit + 1,
                                          .where = store::Index{std::string(group_index), group.record.id}}));
  json::array items;
  for (std::size_t i = 0; i < records.size() && i < limit; ++i) {
    TRY(auto body, body_of_record(records[i]));
    items.push_back(json::object{{"id", records[i].id}, {"member", body.at("member")}});
  }
  const auto next = records.size() > limit ? make_cursor('m', records[limit - 1].id) : std::string();
  return Answer{.response = list_response(std::move(items), next), .writes = {}, .refused = {}};
}

Outcome add_member(Visit& visit) {
  TRY(auto group, find_record(visit, Kind::group, visit.param(0)));
  TRY(auto member_id, member_sent(visit));
  const auto kind = *directory::kind_of_id(member_id);
  auto member = find_record(visit, kind, member_id);  // to bring somebody in, one must reach them
  visit.about.event.target = group.record.id;
  if (!member) {
    if (member.error().type != ProblemType::not_found) return std::move(member).fail();
    return Fail{Problem(ProblemType::missing_reference, "There is no such member, or it is out of your reach.",
                        "member", member.error().reason)};
  }
  TRY(auto conferred, may_confer_all_of(visit, group.record.id));
  Change change;
  change.require(visit, Kind::group, group.record.id, "");
  if (kind == Kind::group) {
    TRY(auto nested, check_nesting(visit, group, *member, change));
  } else {
    change.require(visit, kind, member_id, "member");
  }
  const auto id = make_id(directory::row(Kind::membership).prefix, visit.call.now, visit.app.random);
  const json::object body{{"group", group.record.id}, {"member", member_id}};
  change.add(store::Put{.record = {.kind = Kind::membership,
                                   .tenant = visit.call.tenant,
                                   .id = id,
                                   .under = member_id,
                                   .created_at = visit.call.now,
                                   .updated_at = visit.call.now,
                                   .body = json::serialize(body)},
                        .expected_version = 0,
                        .indexes = {{std::string(group_index), group.record.id},
                                    {std::string(member_index), member_id},
                                    {std::string(pair_index), pair_of(group.record.id, member_id), true}}});
  change.taken(pair_index, {ProblemType::not_unique, "The group has this member already.", "member"});
  change.touched({}, {{"member", member_id}});
  return std::move(change).answer(visit,
                                  json_response(201, json::serialize(json::object{{"id", id}, {"member", member_id}})));
}

// Who may put the member into groups, and who hands on to this one, cannot keep it in by changing that without end.
Outcome remove_member(Visit& visit) {
  TRY(const auto mode, mode_of(visit));
  TRY(auto group, find_record(visit, Kind::group, visit.param(0)));
  const auto& member = visit.param(1);
  const auto pair = pair_of(group.record.id, member);
  TRY(auto record, visit.app.store.find(visit.call.tenant, Kind::membership, pair_index, pair));
  Change change;
  change.again_by(visit, remove_member);
  if (!record && change.is_made_again()) return Fail{stale(visit)};
  if (!record) return Fail{no_such_record("not a member")};
  const Taken taken{.assignment = {}, .group = group.record.id, .member = member, .role = {}};
  TRY(auto narrowed, add_narrowings(visit, member, taken, change));
  TRY(auto delegates, add_narrowings_of_delegate_group(visit, group.record.id, member, change));
  auto allowed = keep_an_administrator(visit, taken, change);
  if (mode == Mode::preview) return preview_of_change(visit, change, {}, allowed);
  if (!allowed) return std::move(allowed).fail();
  change.hold(store::Remove{visit.call.tenant, Kind::membership, record->id, record->version}, member);
  change.touched({{"member", member}}, {});
  return std::move(change).answer(visit, no_content());
}

}  // namespace deputy::endpoints::admin
