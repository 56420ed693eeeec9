// Delegations are made by exchanges; here they are seen and ended.
#include "endpoints/admin/delegation/delegation.h"

#include "endpoints/admin/delegation/lens.h"
#include "endpoints/admin/delegation/preview.h"
#include "endpoints/admin/frame/change.h"
#include "endpoints/admin/frame/page.h"
#include "endpoints/consent_end.h"

namespace deputy::endpoints::admin {
namespace {

using delegation::Delegation;

constexpr std::string_view parameters[] = {"actor", "subject", "parent", "origin", "limit", "cursor"};
constexpr std::string_view of_this_list = "delegations";
constexpr std::size_t chunk = 200;         // delegations read at a time
constexpr std::size_t scanned_max = 4000;  // a request: a page may be short of its limit and still have a next one

struct Wanted {
  store::DelegationPage page;
  std::size_t limit = 0;
  bool below_one_in_reach = false;  // who sees a delegation sees what descends from it
  // What the store's page does not narrow down to.
  std::string actor;
  std::optional<delegation::Origin> origin;

  bool matches(const Delegation& one) const {
    return (actor.empty() || one.actor == actor) && (!origin || one.origin == *origin);
  }
};

std::optional<delegation::Origin> origin_named(std::string_view name) {
  using delegation::Origin;
  for (const auto origin : {Origin::consent, Origin::exchange, Origin::own})
    if (delegation::name_of(origin) == name) return origin;
  return std::nullopt;
}

Result<Wanted, Problem> wanted_of(Visit& visit, Lens& lens) {
  TRY(auto query, query_of(visit, parameters));
  TRY(const auto limit, limit_of(visit, query));
  TRY(auto after, sealed_cursor_of(visit, query, of_this_list));
  Wanted wanted{.page = {.after = std::move(after), .limit = chunk}, .limit = limit};
  const auto actor = query.get("actor"), subject = query.get("subject"), parent = query.get("parent");
  if (subject && parent)
    return Fail{Problem(ProblemType::invalid_request, "Send subject or parent, not both.", "subject")};
  // Of an actor alone the store has a list; of a subject or a parent, what hangs from it is gone through.
  if (actor) (subject || parent ? wanted.actor : wanted.page.actor) = *actor;
  if (const auto origin = query.get("origin")) {
    wanted.origin = origin_named(*origin);
    if (!wanted.origin)
      return Fail{Problem(ProblemType::invalid_request, "Send consent, exchange or own.", "origin")};
  }
  if (subject) {
    // A delegation's id would list its children here, whoever may see it.
    if (!directory::kind_of_id(*subject))
      return Fail{Problem(ProblemType::invalid_request, "Send the id of a user, agent or application.", "subject")};
    wanted.page.under = *subject;
  }
  if (parent) {
    TRY(auto found, find_delegation(visit, lens, *parent));
    wanted.page.under = found.id;
    wanted.below_one_in_reach = true;
  }
  return wanted;
}

struct Collected {
  json::array items;
  std::string next;  // the id to go on after; empty: that was all
};
Result<Collected, Fault> collect(Visit& visit, Lens& lens, Wanted wanted) {
  Collected found;
  auto last_shown = wanted.page.after;
  for (std::size_t scanned = 0; scanned < scanned_max;) {
    TRY(auto delegations, visit.app.store.delegations(visit.call.tenant, wanted.page));
    for (const auto& one : delegations) {
      if (!wanted.matches(one)) continue;
      TRY(const bool reached, lens.in_reach(one));
      if (!reached && !wanted.below_one_in_reach) continue;
      if (found.items.size() == wanted.limit) {  // one more than fits: there is a next page
        found.next = last_shown;
        return found;
      }
      TRY(auto document, lens.document_of(one));
      last_shown = one.id;
      found.items.push_back(std::move(document));
    }
    if (delegations.size() < chunk) return found;
    scanned += delegations.size();
    wanted.page.after = delegations.back().id;
  }
  found.next = wanted.page.after;
  return found;
}

Answer shown(const json::object& document) {
  return {.response = json_response(200, json::serialize(document)), .writes = {}, .refused = {}};
}

}  // namespace

Outcome list_delegations(Visit& visit) {
  Lens lens(visit);
  TRY(auto wanted, wanted_of(visit, lens));
  TRY(auto found, collect(visit, lens, std::move(wanted)));
  const auto next = found.next.empty() ? std::string() : make_sealed_cursor(visit, of_this_list, found.next);
  return Answer{.response = list_response(std::move(found.items), next), .writes = {}, .refused = {}};
}

Outcome read_delegation(Visit& visit) {
  Lens lens(visit);
  TRY(const auto found, find_delegation(visit, lens, visit.param(0)));
  TRY(const auto document, lens.document_of(found));
  return shown(document);
}

Outcome revoke_delegation(Visit& visit) {
  TRY(const auto mode, mode_of(visit));
  TRY(auto reason, reason_of(visit));
  Lens lens(visit);
  TRY(auto found, find_delegation(visit, lens, visit.param(0)));
  if (mode == Mode::preview) {
    Preview preview(visit, lens);
    TRY(auto counted, preview.ended().add(found));
    return preview.answer();
  }
  // Revoked before: its end is on record, and stays as it was.
  const bool fresh = !found.revoked_at;
  if (fresh) {
    found.revoked_at = visit.call.now;
    found.reason = reason;
  }
  TRY(const auto document, lens.document_of(found));
  if (!fresh) return shown(document);
  visit.about.event.reason = reason;
  visit.about.event.delegations = found.path;
  auto writes = end_delegation(visit, found.id, reason);
  TRY(auto ends, consent_ends(visit.app, visit.about.event, writes));
  Change change;
  change.add(std::move(ends));
  change.add(std::move(writes));
  return std::move(change).answer(visit, shown(document).response);
}

}  // namespace deputy::endpoints::admin
