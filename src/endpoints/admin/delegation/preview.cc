// Breadth first, so that a cut leaves out what is far from what is revoked.
#include "endpoints/admin/delegation/preview.h"

#include <algorithm>
#include <deque>

namespace deputy::endpoints::admin {
namespace {

using delegation::Delegation;

constexpr std::size_t counted_max = 20'000;  // beyond: "at least so many" says enough
constexpr std::size_t agents_max = 100;       // named in the answer
constexpr std::size_t chunk = 500;

}  // namespace

bool Preview::full() const { return counted_.size() >= counted_max; }

void Preview::count(const Delegation& one) {
  counted_.insert(one.id);
  if (directory::kind_of_id(one.actor) == Kind::agent) actors_.insert(one.actor);
  live_tokens_max_ += delegation::tokens_live_max(one, visit_.call.now);
  if (one.used_at && (!last_used_at_ || *last_used_at_ < *one.used_at)) last_used_at_ = one.used_at;
}

Result<Done, Fault> Preview::add_tree(const Delegation& top) {
  TRY(const bool dead_above, lens_.ancestor_dead(top));
  if (dead_above || delegation::is_dead(top, visit_.call.now) || counted_.contains(top.id)) return Done{};
  count(top);
  std::deque<std::string> open{top.id};
  for (; !open.empty(); open.pop_front()) {
    store::DelegationPage page{.under = open.front(), .limit = chunk};
    for (bool more = true; more;) {
      TRY(const auto children, visit_.app.store.delegations(visit_.call.tenant, page));
      for (const auto& child : children) {
        // What is dead takes what is below it along, and what was counted before brought that too.
        if (delegation::is_dead(child, visit_.call.now) || counted_.contains(child.id)) continue;
        if (full()) {
          truncated_ = true;
          return Done{};
        }
        count(child);
        open.push_back(child.id);
      }
      more = children.size() == chunk;
      if (more) page.after = children.back().id;
    }
  }
  return Done{};
}

// What was put together hangs from the subject, as its parts do, and is younger than they are.
Result<Done, Fault> Preview::add(const Delegation& top) {
  TRY(auto tree, add_tree(top));
  if (!top.parent.empty()) return Done{};
  store::DelegationPage page{.under = top.subject, .after = top.id, .limit = chunk};
  for (bool more = true; more && !truncated_;) {
    TRY(const auto roots, visit_.app.store.delegations(visit_.call.tenant, page));
    for (const auto& one : roots) {
      if (std::find(one.path.begin(), one.path.end(), top.id) == one.path.end()) continue;
      TRY(auto whole, add_tree(one));
    }
    more = roots.size() == chunk;
    if (more) page.after = roots.back().id;
  }
  return Done{};
}

Result<Done, Fault> Preview::add_page(store::DelegationPage page) {
  page.limit = chunk;
  for (bool more = true; more && !truncated_;) {
    TRY(const auto found, visit_.app.store.delegations(visit_.call.tenant, page));
    for (const auto& one : found) {
      if (full()) {
        truncated_ = true;
        break;
      }
      TRY(auto added, add_tree(one));
    }
    more = found.size() == chunk;
    if (more) page.after = found.back().id;
  }
  return Done{};
}

Result<Done, Fault> Preview::add_all_of(const std::string& principal) {
  TRY(auto as_subject, add_page({.under = principal}));
  TRY(auto as_actor, add_page({.actor = principal}));
  return Done{};
}

Outcome Preview::answer() {
  json::array agents;
  for (const auto& id : actors_) {
    if (agents.size() == agents_max) {
      truncated_ = true;
      break;
    }
    TRY(const auto name, lens_.name_of(id));
    agents.push_back(json::object{{"id", id}, {"name", name}});
  }
  json::object document{{"delegations", counted_.size()},
                        {"agents", std::move(agents)},
                        {"live_tokens_max", live_tokens_max_},
                        {"truncated", truncated_}};
  if (last_used_at_) document["last_used_at"] = rfc3339(*last_used_at_);
  return Answer{.response = json_response(200, json::serialize(document)), .writes = {}, .refused = {}};
}

}  // namespace deputy::endpoints::admin
