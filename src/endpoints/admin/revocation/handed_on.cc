// All that a principal handed on hangs from what it holds: the delegations in which it acts, and the roots of what is
// its own. So its own are looked through, and never the delegate's, which may be anybody's (docs/adr/0033).
#include "endpoints/admin/revocation/handed_on.h"

#include <deque>
#include <optional>
#include <set>

#include "delegation/relation.h"
#include "delegation/state.h"

namespace deputy::endpoints::admin {
namespace {

using directory::Principal;

constexpr std::size_t chunk = 200;  // delegations read at a time
constexpr std::string_view fewer_delegates = "fewer delegates", no_delegate = "no delegate any more";

struct Found {
  std::vector<std::string> ends;
  std::set<std::string, std::less<>> delegates;  // who act in what goes on, and are delegates still
};

enum class Standing : std::uint8_t { gone, delegate, neither };
Result<Standing, Fault> standing_of(const Visit& visit, const std::string& actor, const Principal& from,
                                    const Gone& gone) {
  if (actor == from.id) return Standing::neither;
  TRY(const auto principal, visit.app.directory.principal(visit.call.tenant, actor));
  if (principal == nullptr) return Standing::neither;  // of who is deleted everything has ended
  if (gone(*principal)) return Standing::gone;
  return delegation::delegates_to(from, *principal) ? Standing::delegate : Standing::neither;
}

// None: there is more than there is room for.
Result<std::optional<Found>, Fault> look_through(const Visit& visit, const Principal& from, const Gone& gone,
                                                 Looked& looked) {
  const auto over = visit.call.now - delegation::covered_max;  // the clock may be ahead
  Found found;
  std::set<std::string> seen;
  std::deque<store::DelegationPage> open{{.actor = from.id}, {.under = from.id}};
  for (; !open.empty(); open.pop_front()) {
    auto page = open.front();
    page.limit = chunk;
    for (bool more = true; more;) {
      TRY(const auto delegations, visit.app.store.delegations(visit.call.tenant, page));
      if (delegations.size() > looked.room) return std::optional<Found>();
      looked.room -= delegations.size();
      for (const auto& one : delegations) {
        if (delegation::is_dead(one, over) || !seen.insert(one.id).second) continue;
        TRY(const auto standing, standing_of(visit, one.actor, from, gone));
        if (standing == Standing::gone) {
          found.ends.push_back(one.id);  // and all below it
          continue;
        }
        if (standing == Standing::delegate) found.delegates.insert(one.actor);
        open.push_back({.under = one.id});
      }
      more = delegations.size() == chunk;
      if (more) page.after = delegations.back().id;
    }
  }
  return std::optional(std::move(found));
}

}  // namespace

Result<Done, Fault> end_handed_on(const Visit& visit, const Principal& from, const Gone& gone, Looked& looked,
                                  Change& change) {
  const auto& tenant = visit.call.tenant;
  TRY(const auto newest,
      visit.app.store.delegations(tenant, {.limit = 1, .order = store::Page::Order::newest_first}));
  TRY(auto found, look_through(visit, from, gone, looked));
  if (!found) {
    change.add(revoke_tokens_of(visit, from.id, fewer_delegates));
    return Done{};
  }
  for (const auto& id : found->ends) change.add(end_delegation(visit, id, std::string(no_delegate)));
  // What was handed on since it was looked for, and what is being handed on now.
  auto but = std::move(found->delegates);
  but.insert(from.id);
  change.add(store::NoneHandedOn{tenant, from.id, newest.empty() ? "" : newest.front().id, std::move(but)});
  change.add(stop_what_is_decided_by(visit, from.id, fewer_delegates));
  return Done{};
}

}  // namespace deputy::endpoints::admin
