// Read breadth first, so that a cut takes the deepest; shown depth first, each node before its children.
#include "endpoints/admin/delegation/tree.h"

#include <algorithm>

#include "delegation/grow.h"
#include "endpoints/admin/delegation/lens.h"

namespace deputy::endpoints::admin {
namespace {

using delegation::Delegation;

constexpr std::size_t nodes_max = 1000;
constexpr std::size_t roots_max = 4000;  // looked at, of one subject

struct Node {
  Delegation delegation;
  int depth = 0;
  Lens::Above above = Lens::Above::alive;
  bool more = false;  // has children that are not shown
  bool put_together = false;  // of the one asked for and others
  std::vector<std::size_t> children;
};

// The children of one node, as many as there is room for.
Result<Done, Fault> grow(const Visit& visit, std::vector<Node>& nodes, std::size_t at) {
  const auto room = nodes_max - nodes.size();
  store::DelegationPage page{.under = nodes[at].delegation.id, .limit = room + 1};
  TRY(auto children, visit.app.store.delegations(visit.call.tenant, page));
  nodes[at].more = children.size() > room;
  if (nodes[at].more) children.pop_back();
  const bool dead =
      nodes[at].above == Lens::Above::dead || delegation::is_dead(nodes[at].delegation, visit.call.now);
  for (auto& child : children) {
    nodes[at].children.push_back(nodes.size());
    nodes.push_back({.delegation = std::move(child),
                     .depth = nodes[at].depth + 1,
                     .above = dead ? Lens::Above::dead : Lens::Above::alive});
  }
  return Done{};
}

// What was put together of a consent and others (delegation/grow.h) hangs from the subject, and is younger than they
// are; but it ends with the consent like its children, and is shown among them.
Result<Done, Fault> add_put_together(const Visit& visit, Lens& lens, std::vector<Node>& nodes) {
  const auto id = nodes.front().delegation.id;
  store::DelegationPage page{.under = nodes.front().delegation.subject, .after = id, .limit = roots_max};
  TRY(auto roots, visit.app.store.delegations(visit.call.tenant, page));
  nodes.front().more = nodes.front().more || roots.size() == roots_max;
  for (auto& root : roots) {
    if (!delegation::is_put_together(root) || std::find(root.path.begin(), root.path.end(), id) == root.path.end())
      continue;
    if (nodes.size() == nodes_max) {
      nodes.front().more = true;
      break;
    }
    TRY(const bool dead, lens.ancestor_dead(root));
    nodes.front().children.push_back(nodes.size());
    nodes.push_back({.delegation = std::move(root),
                     .depth = 1,
                     .above = dead ? Lens::Above::dead : Lens::Above::alive,
                     .put_together = true});
  }
  return Done{};
}

Result<json::object, Fault> document_of(const Node& node, Lens& lens) {
  TRY(auto document, lens.document_of(node.delegation, node.above));
  document["depth"] = node.depth;
  if (node.more) document["more"] = true;
  if (node.put_together) document["put_together"] = true;
  return document;
}

}  // namespace

Outcome tree_of_delegation(Visit& visit) {
  Lens lens(visit);
  TRY(auto top, find_delegation(visit, lens, visit.param(0)));
  TRY(const bool dead_above, lens.ancestor_dead(top));
  std::vector<Node> nodes;
  nodes.push_back({.delegation = std::move(top), .above = dead_above ? Lens::Above::dead : Lens::Above::alive});
  for (std::size_t at = 0; at < nodes.size(); ++at) {
    TRY(auto grown, grow(visit, nodes, at));
    if (at != 0 || nodes.front().delegation.origin != delegation::Origin::consent) continue;
    TRY(auto added, add_put_together(visit, lens, nodes));
  }
  json::array items;
  bool truncated = false;
  std::vector<std::size_t> open{0};
  while (!open.empty()) {
    const auto& node = nodes[open.back()];
    open.pop_back();
    open.insert(open.end(), node.children.rbegin(), node.children.rend());
    TRY(auto document, document_of(node, lens));
    truncated = truncated || node.more;
    items.push_back(std::move(document));
  }
  const json::object answer{{"items", std::move(items)}, {"truncated", truncated}};
  return Answer{.response = json_response(200, json::serialize(answer)), .writes = {}, .refused = {}};
}

}  // namespace deputy::endpoints::admin
