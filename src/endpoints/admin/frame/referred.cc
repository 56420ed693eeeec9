// What refers to a record is found by an index that every record has of the ids in it.
#include "endpoints/admin/frame/referred.h"

#include "endpoints/admin/frame/document.h"
#include "endpoints/admin/frame/records.h"
#include "oauth/scope.h"

namespace deputy::endpoints::admin {
namespace {

using directory::Noun;

constexpr std::size_t read_max = 200;  // of a kind: a caller with a narrow reach may see none of the first

// The look-ups of this kind of record that find what keeps a record of that kind; none: nothing does. Where some field
// lets go what it names, the others are asked one by one: who names a stranger as a delegate keeps nothing of it.
std::vector<std::string> held_by(const Noun& from, Kind to) {
  std::vector<std::string> fields;
  bool lets_go = false;
  for (const auto& field : from.fields) {
    const bool refers = (field.type == directory::Type::permissions && to == Kind::resource) ||
                        std::find(field.kinds.begin(), field.kinds.end(), to) != field.kinds.end();
    if (!refers) continue;
    lets_go = lets_go || field.may_dangle;
    if (!field.may_dangle) fields.emplace_back(field.name);
  }
  if (fields.empty() || lets_go) return fields;
  return {std::string(refers_to)};
}

// A credential refers to its principal, but goes with it.
bool goes_with(const Draft& draft, const store::Record& record) {
  return std::any_of(draft.change.writes().begin(), draft.change.writes().end(), [&](const store::Write& write) {
    const auto* removed = std::get_if<store::Remove>(&write);
    return removed != nullptr && removed->kind == record.kind && removed->id == record.id;
  });
}

// "assignment asn_…, asn_…"; empty: none of this kind refers to it.
Result<std::string, Fault> referring(const Draft& draft, Kind kind, const std::string& index, std::size_t& room) {
  const auto& visit = draft.visit;
  TRY(auto records, visit.app.store.list(visit.call.tenant, kind,
                                         {.after = "", .limit = read_max,
                                          .where = store::Index{index, draft.id, false}}));
  std::erase_if(records, [&](const auto& record) { return goes_with(draft, record); });
  if (records.empty()) return std::string();
  return listed(visit, kind, records, room);
}

}  // namespace

// Who may not read a kind does not learn ids of it here, nor who may read it elsewhere only (A38).
Reach reach_for_reading(const Visit& visit, Kind kind) {
  const auto scope = read_scope(kind);
  const auto held = oauth::ScopeSet::parse_stored(visit.caller.scope);
  return held && held->contains(scope) ? reach_of(visit.caller, visit.call, visit.app, scope) : Reach{};
}

Result<std::string, Fault> listed(const Visit& visit, Kind kind, const std::vector<store::Record>& records,
                                  std::size_t& room) {
  const auto reach = reach_for_reading(visit, kind);
  std::string ids;
  bool all = true;
  for (const auto& record : records) {
    TRY(const auto body, body_of_record(record));
    TRY(const auto place, place_of(visit, kind, record.id, body));
    if (room == 0 || !reaches(reach, visit.caller, visit.call, visit.app, place.owner, place.organization)) {
      all = false;
      continue;
    }
    ids.append(ids.empty() ? " " : ", ").append(record.id);
    --room;
  }
  return std::string(directory::row(kind).name) + ids + (all ? "" : ids.empty() ? " (not shown)" : " and others");
}

Result<Done, Problem> check_unreferred(Draft& draft) {
  std::string kinds, first;
  std::size_t room = listed_max;
  for (const auto& other : directory::nouns()) {
    for (const auto& index : held_by(other, draft.kind)) {
      const std::string sentence = "A record of kind " + std::string(directory::row(other.kind).name) +
                                   " refers to this one: remove it, or point it elsewhere, first.";
      draft.change.add(store::RequireNone{draft.visit.call.tenant, other.kind, index, draft.id},
                       {ProblemType::in_use, sentence});
      TRY(const auto found, referring(draft, other.kind, index, room));
      if (found.empty()) continue;
      if (first.empty()) first = sentence;
      kinds.append(kinds.empty() ? "" : "; ").append(found);
    }
  }
  if (kinds.empty()) return Done{};
  return Fail{Problem(ProblemType::in_use,
                      "Records refer to this one: " + kinds + ". Remove them, or point them elsewhere, first.", {},
                      first)};
}

}  // namespace deputy::endpoints::admin
