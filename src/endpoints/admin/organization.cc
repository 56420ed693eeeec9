// Organizations form a tree: none lies below itself, whoever else moves one at the same moment.
#include <algorithm>

#include "endpoints/admin/frame/document.h"
#include "endpoints/admin/frame/records.h"
#include "endpoints/admin/revocation/holdings.h"

namespace deputy::endpoints::admin {
namespace {
constexpr int depth_max = 32;
constexpr std::size_t officers_max = 1000;

// An organization and those above it.
Result<std::vector<std::string>, Fault> line_of(const Visit& visit, std::string at) {
  std::vector<std::string> line;
  while (!at.empty() && line.size() <= depth_max) {
    TRY(auto record, visit.app.store.get(visit.call.tenant, Kind::organization, at));
    if (!record) break;
    line.push_back(std::move(at));
    TRY(auto body, body_of_record(*record));
    at = text_of(body, "parent");
  }
  return line;
}

// Adds who holds an office in this organization; false: there are too many, or it takes too many reads to know. Whoever
// administers it may give offices to very many groups that are all in each other (A42): so what is read is counted for
// all the offices together, assignments too, and each group is gone through once.
Result<bool, Fault> add_officers(const Visit& visit, Holdings& holdings, const std::string& organization,
                                 Holdings::Everyone& officers) {
  TRY(auto records, visit.app.store.list(visit.call.tenant, Kind::assignment,
                                         {.after = "",
                                          .limit = officers_max + 1,
                                          .where = store::Index{std::string(refers_to), organization, false}}));
  officers.read += records.size();
  if (records.size() > officers_max || officers.read > Holdings::records_each * officers_max) return false;
  for (const auto& record : records) {
    TRY(auto body, body_of_record(record));
    TRY(const bool few, holdings.gather(text_of(body, "principal"), officers_max, officers));
    if (!few) return false;
  }
  return true;
}

// Whose office is above it no more reaches nothing of it, and is not to make by that what they decide now (A28). Only
// who reaches the whole tenant stops what everybody decides.
Result<Done, Problem> stop_offices_above(Draft& draft) {
  constexpr std::string_view why = "an organization was moved";
  const auto& visit = draft.visit;
  TRY(const auto was, line_of(visit, text_of(*draft.before, "parent")));
  TRY(const auto is, line_of(visit, text_of(draft.after, "parent")));
  Holdings holdings(visit);
  Holdings::Everyone officers;
  bool few = true;
  for (const auto& one : was) {
    if (!few || std::find(is.begin(), is.end(), one) != is.end()) break;
    TRY(const bool all, add_officers(visit, holdings, one, officers));
    few = all;
  }
  if (few) {
    for (const auto& one : officers.principals) draft.change.add(stop_what_is_decided_by(visit, one, why));
    return Done{};
  }
  if (!visit.reach.all())
    return Fail{Problem(ProblemType::wrong_state, "More than 1,000 would reach it no more, or by too many groups: ask "
                                                  "an administrator of the whole tenant to move it.", "parent")};
  draft.change.add(stop_what_is_decided(visit, why));
  return Done{};
}

}  // namespace

// Every organization on the way up is held at the version that was read: two moves that would close a circle only
// together are two batches, and the second one's condition fails.
Result<Done, Problem> organization_placed(Draft& draft) {
  std::string at(json_text(draft.after, "parent").value_or(""));
  if (draft.before != nullptr && json_text(*draft.before, "parent").value_or("") != at) {
    TRY(auto stopped, stop_offices_above(draft));
  }
  for (int depth = 0; !at.empty(); ++depth) {
    if (at == draft.id)
      return Fail{Problem(ProblemType::invalid_field, "An organization cannot lie below itself.", "parent")};
    if (depth == depth_max)
      return Fail{Problem(ProblemType::invalid_field, "Organizations lie at most 32 deep.", "parent")};
    TRY(auto record, draft.visit.app.store.get(draft.visit.call.tenant, Kind::organization, at));
    if (!record)
      return Fail{Problem(ProblemType::missing_reference, "There is no such organization.", "parent")};
    if (draft.before != nullptr)
      draft.change.add(store::Require{draft.visit.call.tenant, Kind::organization, at, record->version});
    TRY(auto body, body_of_record(*record));
    at = json_text(body, "parent").value_or("");
  }
  return Done{};
}

}  // namespace deputy::endpoints::admin
