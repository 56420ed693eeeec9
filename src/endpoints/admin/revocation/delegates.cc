// Delegates, and who is called: who may be handed authority no more loses, at once, what it could have been handed.
// What it draws from others, or holds itself, is minted again. Where the caller does not reach it, what ends is what it
// was handed, and nothing else: a stranger is named as a delegate without being asked, and loses nothing by that (A38).
#include <limits>
#include <memory>
#include <utility>

#include "endpoints/admin/revocation/holdings.h"
#include "endpoints/admin/revocation/narrowing.h"

#include "endpoints/admin/frame/document.h"
#include "endpoints/admin/frame/records.h"
#include "endpoints/admin/principal.h"
#include "endpoints/admin/revocation/handed_on.h"

namespace deputy::endpoints::admin {
namespace {

using directory::Acts;
using directory::Principal;
using Ids = std::set<std::string>;

constexpr std::size_t principals_max = 1000;
constexpr std::string_view no_delegate = "no delegate any more", not_called = "no longer the resource",
                           needed_no_more = "the resource that it is needs it no more";

// None: there are too many.
Result<std::optional<Ids>, Fault> everybody_in(Holdings& holdings, const std::vector<std::string>& delegates) {
  Ids all;
  for (const auto& one : delegates) {
    TRY(auto members, holdings.members_of(one, principals_max));
    if (!members) return std::optional<Ids>();
    all.merge(*members);
    if (all.size() > principals_max) return std::optional<Ids>();
  }
  return std::optional(std::move(all));
}

// Does the caller reach all of these? Users are nobody's delegates, and who is deleted has nothing left to lose.
Result<bool, Fault> reaches_all(const Visit& visit, const Ids& ids) {
  if (visit.reach.all()) return true;
  for (const auto& id : ids) {
    const auto kind = directory::kind_of_id(id);
    if (!kind || kind == Kind::user) continue;
    TRY(auto record, visit.app.store.get(visit.call.tenant, *kind, id));
    if (!record) continue;
    TRY(auto body, body_of_record(*record));
    TRY(const bool reached, is_visible(visit, *kind, id, body));
    if (!reached) return false;
  }
  return true;
}

// Who is no delegate any more, where `removed` are taken out and `left` stay. None: it is not theirs to lose, for there
// are too many to name, or the caller does not reach them all. Nothing is said of who is in a group out of reach. Held
// is that nobody comes in, and that who is one still by a group stays in it; on whose account (Change::hold).
Result<std::optional<Ids>, Fault> who_are_gone(const Visit& visit, Holdings& holdings,
                                               const std::vector<std::string>& removed,
                                               const std::vector<std::string>& left, const std::string& whose,
                                               Change& change) {
  TRY(const bool named, reaches_all(visit, Ids(removed.begin(), removed.end())));
  if (!named) return std::optional<Ids>();
  TRY(auto gone, everybody_in(holdings, removed));
  if (!gone) return gone;
  TRY(auto still, everybody_in(holdings, left));
  Ids stay;
  if (still)
    std::erase_if(*gone, [&](const auto& id) {
      if (still->contains(id) && std::find(left.begin(), left.end(), id) == left.end()) stay.insert(id);
      return still->contains(id);
    });
  TRY(const bool reached, reaches_all(visit, *gone));
  if (!reached) return std::optional<Ids>();
  for (const auto& id : stay) {
    TRY(auto by, holdings.groups_of(id, nullptr));
  }
  for (auto& [id, writes] : holdings.no_other_groups(stay, {})) change.hold(std::move(writes), whose);
  change.hold(holdings.nobody_else(), whose);
  return gone;
}

// What of somebody's goes: all that they may do for others, or that at these resources (their ids) alone.
struct Loss {
  std::string_view reason;
  std::optional<Ids> at = {};
  std::string whose = {};  // on whose account what it was decided by is held (Change::hold)
};

// What is not listed, because nothing limits it, goes as a whole; so it does where who may change what there is holds
// that up.
Result<Done, Fault> narrow_actor(const Visit& visit, Holdings& holdings, const std::string& id, const Loss& loss,
                                 Change& change) {
  const auto& tenant = visit.call.tenant;
  TRY(auto principal, visit.app.directory.principal(tenant, id));
  if (principal == nullptr || principal->kind == Kind::user) return Done{};  // users are nobody's delegates
  if (principal->delegation_any || change.lets_go_of(loss.whose)) {
    change.add(revoke_tokens_of(visit, id, loss.reason));
    return Done{};
  }
  TRY(auto roles, holdings.roles_of(id, nullptr));
  TRY(auto resources, holdings.resources_of(roles[Acts::others]));
  for (const auto& resource : resources) {
    if (loss.at && !loss.at->contains(resource->id)) continue;
    TRY(auto ceiling, holdings.given(roles[Acts::others], *resource, nullptr));
    if (!ceiling.empty()) change.add(narrow_tokens_of(visit, id, resource->identifier, ceiling, loss.reason));
  }
  change.hold(store::Require{tenant, principal->kind, id, principal->version}, loss.whose);
  return Done{};
}

Result<Done, Fault> narrow_actors(const Visit& visit, Holdings& holdings, const Ids& ids, const Loss& loss,
                                  Change& change) {
  for (const auto& id : ids) {
    TRY(auto narrowed, narrow_actor(visit, holdings, id, loss, change));
  }
  if (change.lets_go_of(loss.whose)) return Done{};  // all of it has ended
  // Whatever they may do more by a change meanwhile would be left.
  change.hold(holdings.requires_of(ids, {}), loss.whose);
  change.hold(holdings.nothing_more(ids), loss.whose);
  change.hold(holdings.requires_of_resources(), loss.whose);
  return Done{};
}

// Who hands authority on to a group, or to one that it is in.
struct HandOn {
  std::map<std::string, Delegator> who;  // as the records say
  Ids more;  // those whose tokens all end: let go of, or there are too many before them
  std::vector<std::pair<std::string, store::Write>> as_read;  // that nobody begins to meanwhile; of whom each is

  bool any() const { return !who.empty() || !more.empty(); }
};

// Whoever hands on may change its record, or hand on, without end, and hold up a change of somebody whom it does not
// concern. One that did, of a change that was held up more than once, is let go of: all its tokens end. So is then
// whoever was changed since it was asked for: a refusal names but one.
bool is_let_go_of(const Visit& visit, const Change& change, const store::Record& record) {
  return change.lets_go_of(record.id) || (change.lets_go() && record.updated_at > visit.call.now);
}

// Nobody that is there already, and so not the group's id: who is in that one has no part in it.
std::string who_begin_to_name(const std::string& group) { return "who begin to name " + group; }

// Until there are so many; a principal of no more than can be looked through is kept.
Result<Done, Fault> add_who_hand_on_to(const Visit& visit, const Change& change, const std::string& group,
                                       std::size_t most, HandOn& found) {
  const auto& tenant = visit.call.tenant;
  for (const auto kind : {Kind::agent, Kind::application}) {
    store::RequireNone no_other{tenant, kind, std::string(refers_to), group};
    store::Page page{.after = "", .limit = 200, .where = store::Index{std::string(refers_to), group}};
    for (;;) {
      TRY(auto records, visit.app.store.list(tenant, kind, page));
      for (const auto& record : records) {
        if (found.who.size() + found.more.size() >= most) return Done{};
        TRY(auto body, body_of_record(record));
        auto principal = Principal::from(kind, record.id, body);
        if (!principal) return Fail{Fault{Fault::Kind::corrupt, "the record of a principal is damaged"}};
        no_other.but.insert(record.id);
        const auto& delegates = principal->delegates;
        const bool let_go = is_let_go_of(visit, change, record);
        store::Require as_read{tenant, kind, record.id, record.version};
        if (std::find(delegates.begin(), delegates.end(), group) == delegates.end()) {
          if (!let_go) found.as_read.emplace_back(record.id, std::move(as_read));
        } else if (let_go || (found.who.size() >= delegators_max && !found.who.contains(record.id))) {
          found.more.insert(record.id);
        } else {
          const auto one = std::make_shared<const Principal>(std::move(*principal));
          found.who.emplace(record.id, Delegator{one, one, std::move(as_read)});
        }
      }
      if (records.size() < page.limit) break;
      page.after = records.back().id;
    }
    if (auto whose = who_begin_to_name(group); !change.lets_go_of(whose))
      found.as_read.emplace_back(std::move(whose), std::move(no_other));
  }
  return Done{};
}

constexpr std::size_t all = std::numeric_limits<std::size_t>::max();

Result<HandOn, Fault> who_hand_on_to(const Visit& visit, const Change& change, const Ids& groups, std::size_t most) {
  HandOn found;
  for (const auto& one : groups) {
    TRY(auto added, add_who_hand_on_to(visit, change, one, most, found));
  }
  return found;
}

void hold_as_read(HandOn& found, Change& change) {
  for (auto& [id, write] : found.as_read) change.hold(std::move(write), id);
}

}  // namespace

Result<Done, Problem> add_narrowings_of_delegates(const Visit& visit, const Principal& before, const Principal& after,
                                                  Change& change) {
  std::vector<std::string> removed;
  for (const auto& one : before.delegates)
    if (std::find(after.delegates.begin(), after.delegates.end(), one) == after.delegates.end())
      removed.push_back(one);
  if (removed.empty()) return Done{};
  Holdings holdings(visit);
  TRY(auto gone, who_are_gone(visit, holdings, removed, after.delegates, {}, change));
  if (!gone) {
    const Delegator delegator{std::make_shared<const Principal>(before), std::make_shared<const Principal>(after), {}};
    TRY(auto ended, end_handed_on(visit, holdings, {.looked_through = {delegator}}, {}, change));
    return Done{};
  }
  TRY(auto narrowed, narrow_actors(visit, holdings, *gone, {.reason = no_delegate}, change));
  return Done{};
}

Result<Done, Problem> add_narrowings_of_delegate_group(const Visit& visit, const std::string& group,
                                                       const std::string& member, Change& change) {
  if (directory::kind_of_id(member) == Kind::user) return Done{};  // nobody's delegate
  const Taken taken{.group = group, .member = member};
  Holdings holdings(visit);
  TRY(auto above, holdings.groups_of(group, nullptr));  // add_narrowings() holds that it is put into no other
  Ids groups(above.begin(), above.end());
  groups.insert(group);
  TRY(auto any, who_hand_on_to(visit, change, groups, 1));
  if (!any.any()) {
    hold_as_read(any, change);
    return Done{};
  }
  std::optional<Ids> gone;
  if (!change.lets_go_of(member) && !change.lets_go_of(who_come_into(member))) {
    TRY(auto theirs, who_are_gone(visit, holdings, {member}, {}, member, change));
    gone = std::move(theirs);
  }
  if (gone) {
    TRY(auto narrowed, narrow_actors(visit, holdings, *gone, {.reason = no_delegate, .whose = member}, change));
    return Done{};
  }
  TRY(auto found, who_hand_on_to(visit, change, groups, all));
  Delegators delegators{.looked_through = {}, .all_ends = std::move(found.more)};
  for (const auto& [id, one] : found.who) delegators.looked_through.push_back(one);
  TRY(auto ended, end_handed_on(visit, holdings, delegators, taken, change));
  hold_as_read(found, change);
  return Done{};
}

Result<Done, Problem> add_narrowings_of_called(const Visit& visit, const directory::Resource& before,
                                               const directory::Resource* after, Change& change) {
  if (before.principal.empty() || (after != nullptr && after->principal == before.principal)) return Done{};
  Holdings holdings(visit);
  const Loss loss{.reason = not_called, .whose = before.principal};
  TRY(auto narrowed, narrow_actors(visit, holdings, {before.principal}, loss, change));
  return Done{};
}

// A token that carries less may have been drawn from what gave all of it: at that resource everything is drawn anew.
Result<Done, Problem> add_narrowings_of_needs(const Visit& visit, const directory::Resource& before,
                                              const directory::Resource& after, Change& change) {
  if (before.principal.empty() || before.needs == after.needs) return Done{};
  Holdings holdings(visit);
  Loss loss{.reason = needed_no_more, .at = Ids(), .whose = before.principal};
  for (const auto& permission : before.needs.permissions) {
    TRY(const auto resource, holdings.resource(permission.resource));
    if (resource == nullptr) continue;
    const auto needed = directory::scopes_given(*resource, {&before.needs});
    if (!needed.within(directory::scopes_given(*resource, {&after.needs}))) loss.at->insert(resource->id);
  }
  change.add(holdings.requires_of_resources());  // what one comes to define, a pattern may have given
  if (loss.at->empty()) return Done{};
  TRY(auto narrowed, narrow_actors(visit, holdings, {before.principal}, loss, change));
  return Done{};
}

}  // namespace deputy::endpoints::admin
