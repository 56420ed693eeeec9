// A child takes its parent's limits and may only tighten them.
#include "delegation/grow.h"

#include <algorithm>

#include "delegation/registered.h"

namespace deputy::delegation {

using oauth::Code;
using oauth::Error;

namespace {

// What lies within what only the rules of its type can say; that it is of a resource with some is for everybody to see.
bool of_known_resources(const std::vector<Detail>& child, const std::vector<Detail>& parent) {
  return child.size() <= parent.size() && std::all_of(child.begin(), child.end(), [&](const Detail& one) {
    return std::any_of(parent.begin(), parent.end(),
                       [&](const Detail& other) { return other.resource == one.resource; });
  });
}

}  // namespace

bool covered(const Authority& child, const std::string& actor, const Authority& parent) {
  const auto has = [&](Pair pair, std::string onward) {
    pair.onward = std::move(onward);
    return std::binary_search(parent.begin(), parent.end(), pair);
  };
  return std::all_of(child.begin(), child.end(), [&](const Pair& pair) {
    return has(pair, pair.onward) || has(pair, "") || has(pair, actor);
  });
}

Result<Delegation, Error> grow(const Branch& branch) {
  Delegation child{.tenant = branch.tenant,
                   .subject = branch.subject,
                   .actor = branch.actor,
                   .chain = branch.chain,
                   .authority = sorted(branch.authority),
                   .details = sorted(branch.details),
                   .limits = branch.asked,
                   .origin = branch.origin,
                   .issuer = branch.parent ? branch.parent->issuer : branch.issuer,
                   .created_at = branch.at};
  if (const auto* parent = branch.parent) {
    if (parent->revoked_at || (parent->limits.not_after && branch.at >= *parent->limits.not_after))
      return Fail{Error(Code::invalid_request, "the delegation of the subject token is over")};
    CHECK(parent->tenant == branch.tenant && parent->subject == branch.subject);
    CHECK(covered(child.authority, child.actor, parent->authority));
    CHECK(of_known_resources(child.details, parent->details));
    child.parent = parent->id;
    child.path = parent->path;
    child.budgets = parent->budgets;
    child.limits = tightest(parent->limits, branch.asked);
  }
  const auto depth = static_cast<int>(child.path.size()) + 1;
  if (depth > std::min(child.limits.max_depth.value_or(depth_max), depth_max))
    return Fail{Error(Code::invalid_target, "the delegation would lie deeper than one above it allows")};
  return child;
}

Result<Delegation, Error> put_together(const std::vector<const Delegation*>& roots, Instant at) {
  CHECK(!roots.empty());
  const auto& first = *roots.front();
  Branch branch{.tenant = first.tenant,
                .subject = first.subject,
                .actor = first.actor,
                .chain = first.chain,
                .authority = {},
                .details = {},
                .asked = first.limits,
                .origin = first.origin,
                .at = at};
  for (const auto* root : roots) {
    CHECK(root->tenant == first.tenant && root->subject == first.subject && root->actor == first.actor);
    CHECK(root->parent.empty() && !is_put_together(*root));
    branch.authority.insert(branch.authority.end(), root->authority.begin(), root->authority.end());
    branch.details.insert(branch.details.end(), root->details.begin(), root->details.end());
    branch.asked = tightest(branch.asked, root->limits);
  }
  TRY(auto whole, grow(branch));
  for (const auto* root : roots) {
    whole.path.push_back(root->id);
    whole.budgets.insert(whole.budgets.end(), root->budgets.begin(), root->budgets.end());
  }
  const auto depth = static_cast<int>(whole.path.size()) + 1;
  if (depth > std::min(whole.limits.max_depth.value_or(depth_max), depth_max))
    return Fail{Error(Code::invalid_target, "the delegation would lie deeper than one above it allows")};
  return whole;
}

bool is_put_together(const Delegation& delegation) { return delegation.parent.empty() && delegation.path.size() > 1; }

void give_id(Delegation& delegation, std::string id) {
  delegation.path.push_back(id);
  if (delegation.limits.uses) delegation.budgets.push_back(id);
  delegation.id = std::move(id);
}

}  // namespace deputy::delegation
