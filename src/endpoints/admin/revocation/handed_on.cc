// All that a principal handed on hangs from what it holds: the delegations in which it acts, and the roots of what is
// its own. So its own are looked through, and never the delegate's, which may be anybody's (docs/adr/0033).
#include "endpoints/admin/revocation/handed_on.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "delegation/relation.h"
#include "delegation/state.h"
#include "endpoints/consent_end.h"

namespace deputy::endpoints::admin {
namespace {

using delegation::Delegation;
using directory::Principal;
using Ids = std::set<std::string>;

// How much is looked at: a list that is read is one, and so is each delegation in it, each other actor and each of its
// groups. What one has handed on takes no room from the rest: they are looked through in turn, in lists that grow, so
// that those of a short history are done when the room for all is.
constexpr std::size_t room_of_one = 2'000, room_of_all = 10'000;
static_assert(delegators_max == room_of_all / 2);
constexpr std::size_t chunk_first = 10, chunk_max = 160;  // delegations in a list
constexpr std::string_view no_delegate = "no delegate any more", fewer_delegates = "fewer delegates",
                           ends_nothing = "ends nothing that was issued: fewer delegates",
                           all_ended = "fewer delegates: all tokens ended in which the one who handed on stands";

struct Search {
  Delegator who;
  std::deque<store::DelegationPage> open{{.actor = who.after->id}, {.under = who.after->id}};
  std::size_t chunk = chunk_first, room = room_of_one;
  bool too_much = false;  // or it hands on while this is decided: all tokens of that one end
  Ids seen = {}, actors = {};
  std::vector<Delegation> ends = {};
  // Who act in what goes on, and come by it again otherwise: they are delegates still, or were none, and are held so.
  std::set<std::string, std::less<>> going_on = {};

  bool is_over() const { return too_much || open.empty(); }
};

// An actor as it is, and as it will be; none: it is deleted, and of it everything has ended.
struct Actor {
  std::optional<Principal> before, after;
  // Or it, or a group above it, is let go of: then nothing is asked of its groups, and it loses what it was handed.
  bool is_held = true;
};

class Searches {
 public:
  Searches(const Visit& visit, Holdings& holdings, const Taken& taken, Change& change)
      : visit_(visit), holdings_(holdings), taken_(taken), change_(change) {}

  void add(Delegator who) { all_.push_back({.who = std::move(who)}); }
  Result<Done, Fault> run();
  Result<Done, Fault> write(const Ids& all_ends);

 private:
  enum class Judged : std::uint8_t { gone, delegate, neither };
  Result<Judged, Fault> judge(Search& search, const std::string& id);
  Result<const Actor*, Fault> actor(Search& search, const std::string& id);
  Result<Done, Fault> read_page(Search& search);
  void take_room(Search& search, std::size_t much);
  Result<Done, Fault> read_above(Search& search, const Delegation& one);
  bool is_over_above(const Delegation& one, Instant at) const;
  Result<Done, Fault> end(const Delegation& one);
  void end_all_of(const std::string& id, store::Writes& entries);
  audit::Event told(std::string_view reason, const std::string& target) const;
  void tell_of_the_rest();

  const Visit& visit_;
  Holdings& holdings_;
  const Taken& taken_;
  Change& change_;
  std::string newest_;  // the delegation that was the newest before all of this
  std::vector<Search> all_;
  std::map<std::string, Actor> actors_;
  std::size_t room_ = room_of_all;
  std::map<std::string, std::optional<Delegation>> above_;  // all that others hang from, as far as they were read
  Ids found_, ended_;  // those that would end, and those that do: not what hangs from one of them
  std::size_t told_ = 0;
};

void Searches::take_room(Search& search, std::size_t much) {
  search.too_much = search.too_much || much > search.room || much > room_;
  search.room -= std::min(search.room, much);
  room_ -= std::min(room_, much);
}

Result<const Actor*, Fault> Searches::actor(Search& search, const std::string& id) {
  if (const auto found = actors_.find(id); found != actors_.end()) return &found->second;
  take_room(search, 1);
  if (search.too_much) return nullptr;
  Actor actor;
  TRY(const auto principal, visit_.app.directory.principal(visit_.call.tenant, id));
  if (principal != nullptr) {
    // In the groups that are held until the change is made: the directory's copy may be another.
    TRY(auto before, holdings_.groups_of(id, nullptr));
    TRY(auto after, holdings_.groups_of(id, &taken_));
    take_room(search, before.size());
    actor.before = actor.after = *principal;
    actor.before->groups = std::move(before);
    actor.after->groups = std::move(after);
    const auto& groups = actor.before->groups;
    actor.is_held = !change_.lets_go_of(id) && std::none_of(groups.begin(), groups.end(), [&](const auto& group) {
      return change_.lets_go_of(group);
    });
  }
  return &actors_.emplace(id, std::move(actor)).first->second;
}

Result<Searches::Judged, Fault> Searches::judge(Search& search, const std::string& id) {
  if (id == search.who.after->id || directory::kind_of_id(id) == Kind::user) return Judged::neither;
  TRY(const auto* actor, this->actor(search, id));
  if (actor == nullptr || !actor->before) return Judged::neither;
  if (!actor->is_held) return Judged::gone;
  search.actors.insert(id);
  if (delegation::delegates_to(*search.who.after, *actor->after)) return Judged::delegate;
  return delegation::delegates_to(*search.who.before, *actor->before) ? Judged::gone : Judged::neither;
}

Result<Done, Fault> Searches::read_above(Search& search, const Delegation& one) {
  for (const auto& id : one.path) {
    if (id == one.id || above_.contains(id)) continue;
    take_room(search, 1);
    if (search.too_much) return Done{};
    TRY(auto record, visit_.app.store.delegation(visit_.call.tenant, id));
    above_.emplace(id, std::move(record));
  }
  return Done{};
}

bool Searches::is_over_above(const Delegation& one, Instant at) const {
  return std::any_of(one.path.begin(), one.path.end(), [&](const auto& id) {
    const auto read = above_.find(id);
    return id != one.id && read != above_.end() && read->second && delegation::is_dead(*read->second, at);
  });
}

Result<Done, Fault> Searches::read_page(Search& search) {
  const auto over = visit_.call.now - delegation::covered_max;  // the clock may be ahead
  auto& page = search.open.front();
  page.limit = std::exchange(search.chunk, std::min(2 * search.chunk, chunk_max));
  TRY(const auto delegations, visit_.app.store.delegations(visit_.call.tenant, page));
  take_room(search, 1 + delegations.size());
  // Appending to a deque leaves `page` where it is.
  for (const auto& one : delegations) {
    if (search.too_much) return Done{};
    if (delegation::is_dead(one, over) || !search.seen.insert(one.id).second) continue;
    if (!page.actor.empty()) {  // what is read from above has nothing over above it
      TRY(auto read, read_above(search, one));
      if (search.too_much) return Done{};
      if (is_over_above(one, over)) continue;
    }
    TRY(const auto judged, judge(search, one.actor));
    if (judged == Judged::gone) {
      // Who hands on without end would hold it up, and a refusal names but one.
      search.too_much = search.too_much || (change_.lets_go() && one.created_at > visit_.call.now);
      search.ends.push_back(one);  // and all below it
      continue;
    }
    if (search.actors.contains(one.actor)) search.going_on.insert(one.actor);
    above_.emplace(one.id, one);
    search.open.push_back({.under = one.id});
  }
  if (delegations.size() == page.limit) page.after = delegations.back().id;
  else search.open.pop_front();
  return Done{};
}

Result<Done, Fault> Searches::run() {
  TRY(const auto newest, visit_.app.store.delegations(
                             visit_.call.tenant, {.limit = 1, .order = store::Page::Order::newest_first}));
  if (!newest.empty()) newest_ = newest.front().id;
  std::deque<Search*> waiting;
  for (auto& search : all_) waiting.push_back(&search);
  for (; !waiting.empty(); waiting.pop_front()) {
    auto& search = *waiting.front();
    if (search.is_over()) continue;
    if (room_ == 0) {
      search.too_much = true;
      continue;
    }
    TRY(auto read, read_page(search));
    waiting.push_back(&search);
  }
  return Done{};
}

// Its time may be over, by a clock that may be ahead: then it ends all the same, and nothing is told of it.
Result<Done, Fault> Searches::end(const Delegation& one) {
  const auto ends_too = [&](const auto& id) { return id != one.id && found_.contains(id); };
  if (std::any_of(one.path.begin(), one.path.end(), ends_too)) return Done{};
  if (!ended_.insert(one.id).second) return Done{};
  const auto now = visit_.call.now;
  if (!delegation::is_dead(one, now) && !is_over_above(one, now) && ++told_ <= ends_told_max) {
    TRY(auto told, delegation_end(visit_.app, visit_.about.event, one, "delegation.revoke", no_delegate));
    change_.add(std::move(told));
  }
  change_.add(end_delegation(visit_, one.id, std::string(no_delegate)));
  return Done{};
}

audit::Event Searches::told(std::string_view reason, const std::string& target) const {
  auto event = event_of(visit_.call, visit_.app, "delegation.revoke", audit::Decision::done);
  event.actor = visit_.about.event.actor;
  event.target = target;
  event.reason = reason;
  return event;
}

void Searches::end_all_of(const std::string& id, store::Writes& entries) {
  if (++told_ <= ends_told_max) {
    auto event = told(all_ended, id);
    event.client = id;
    change_.add(store::Append{std::move(event)});
  }
  entries.push_back(revoke_tokens_of(visit_, id, fewer_delegates));
}

void Searches::tell_of_the_rest() {
  if (told_ <= ends_told_max) return;
  change_.add(store::Append{told("no delegate any more: there were more than 1000 ends, and the others have no event "
                                 "of their own; /v1/delegations and /v1/revocations show each",
                                 visit_.about.event.target)});
}

Result<Done, Fault> Searches::write(const Ids& all_ends) {
  store::NoneHandedOn none{visit_.call.tenant, newest_, {}, {}};
  Ids actors;
  store::Writes entries;
  for (const auto& search : all_)
    if (!search.too_much)
      for (const auto& one : search.ends) found_.insert(one.id);
  for (auto& search : all_) {
    const auto& id = search.who.after->id;
    if (search.too_much) {
      end_all_of(id, entries);
      none.all_end.insert(id);
      continue;
    }
    for (const auto& one : search.ends) {
      TRY(auto ended, end(one));
    }
    if (search.who.as_read) change_.hold(*search.who.as_read, id);
    search.going_on.insert(id);
    none.from.emplace(id, std::move(search.going_on));
    actors.merge(search.actors);
    entries.push_back(stop_what_is_decided_by(visit_, id, ends_nothing));
  }
  for (const auto& id : all_ends) end_all_of(id, entries);
  none.all_end.insert(all_ends.begin(), all_ends.end());
  tell_of_the_rest();
  // Who comes to be a delegate meanwhile, or is one no more, may draw on what is there already.
  for (auto& [id, writes] : holdings_.no_other_groups(actors, taken_)) change_.hold(std::move(writes), id);
  // What was handed on since it was looked for, and what is being handed on now.
  if (!none.from.empty())
    change_.hold(std::move(none), {},
                 {ProblemType::conflict, "Authority was handed on meanwhile: repeat the change."});
  change_.add(std::move(entries));
  return Done{};
}

}  // namespace

Result<Done, Fault> end_handed_on(const Visit& visit, Holdings& holdings, const Delegators& delegators,
                                  const Taken& taken, Change& change) {
  Searches searches(visit, holdings, taken, change);
  for (const auto& one : delegators.looked_through) searches.add(one);
  TRY(auto run, searches.run());
  return searches.write(delegators.all_ends);
}

}  // namespace deputy::endpoints::admin
