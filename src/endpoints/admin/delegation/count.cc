// Breadth first, so that a cut leaves out what is far from what is ended.
#include "endpoints/admin/delegation/count.h"

#include <algorithm>
#include <deque>

namespace deputy::endpoints::admin {
namespace {

using delegation::Delegation;

constexpr std::size_t chunk = 500;

}  // namespace

void Count::count(const Delegation& one) {
  seen_.insert(one.id);
  --room_.nodes;
  if (which_ && !which_(one)) return;
  ++delegations_;
  if (directory::kind_of_id(one.actor) == Kind::agent) agents_.insert(one.actor);
  live_tokens_max_ += delegation::tokens_live_max(one, visit_.call.now);
  if (one.used_at && (!last_used_at_ || *last_used_at_ < *one.used_at)) last_used_at_ = one.used_at;
}

Result<std::vector<Delegation>, Fault> Count::read(store::DelegationPage& page, bool& more) {
  page.limit = chunk;
  TRY(auto found, visit_.app.store.delegations(visit_.call.tenant, page));
  more = found.size() == chunk;
  if (more) page.after = found.back().id;
  room_.rows -= std::min(room_.rows, found.size());
  if (more && room_.rows == 0) {
    truncated_ = true;
    more = false;
  }
  return found;
}

Result<Done, Fault> Count::add_tree(const Delegation& top) {
  TRY(const bool dead_above, lens_.ancestor_dead(top));
  if (dead_above || delegation::is_dead(top, visit_.call.now) || seen_.contains(top.id)) return Done{};
  if (room_.nodes == 0) {
    truncated_ = true;
    return Done{};
  }
  count(top);
  std::deque<std::string> open{top.id};
  for (; !open.empty(); open.pop_front()) {
    store::DelegationPage page{.under = open.front()};
    for (bool more = true; more;) {
      TRY(const auto children, read(page, more));
      for (const auto& child : children) {
        // What is dead takes what is below it along, and what was counted before brought that too.
        if (delegation::is_dead(child, visit_.call.now) || seen_.contains(child.id)) continue;
        if (room_.nodes == 0) {
          truncated_ = true;
          return Done{};
        }
        count(child);
        open.push_back(child.id);
      }
    }
  }
  return Done{};
}

// What was put together hangs from the subject, as its parts do, and is younger than they are.
Result<Done, Fault> Count::add(const Delegation& top) {
  TRY(auto tree, add_tree(top));
  if (!top.parent.empty()) return Done{};
  store::DelegationPage page{.under = top.subject, .after = top.id};
  for (bool more = true; more && !truncated_;) {
    TRY(const auto roots, read(page, more));
    for (const auto& one : roots) {
      if (std::find(one.path.begin(), one.path.end(), top.id) == one.path.end()) continue;
      TRY(auto whole, add_tree(one));
    }
  }
  return Done{};
}

Result<Done, Fault> Count::add_page(store::DelegationPage page, const Which& among) {
  for (bool more = true; more && !truncated_;) {
    TRY(const auto found, read(page, more));
    for (const auto& one : found) {
      if (truncated_ && room_.nodes == 0) break;
      if (among && !among(one)) continue;
      TRY(auto added, add_tree(one));
    }
  }
  return Done{};
}

Result<Done, Fault> Count::add_all_of(const std::string& principal) {
  TRY(auto as_subject, add_page({.under = principal}));
  TRY(auto as_actor, add_page({.actor = principal}));
  return Done{};
}

Result<Done, Fault> Count::add_everybodys() { return add_page({}); }

Result<Done, Fault> Count::add_consents_to(const std::string& client) {
  return add_page({.actor = client}, [](const Delegation& one) { return one.origin == delegation::Origin::consent; });
}

}  // namespace deputy::endpoints::admin
