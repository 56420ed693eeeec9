// Grow: a new node of the tree, or why there may be none. Everything in it is within its parent (I1).
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "delegation/delegation.h"
#include "oauth/error.h"

namespace deputy::delegation {

struct Branch {
  const Delegation* parent = nullptr;  // null: a root
  std::string tenant, subject, actor;
  std::vector<std::string> chain;
  Authority authority;
  std::vector<Detail> details;  // within the parent's: see registered.h
  Limits asked;  // bounds the parent's
  Origin origin = Origin::exchange;
  std::string issuer;  // of a root: the trusted issuer whose token it is made of; below it, the root's counts
  Instant at;
};

// Everything but its id, which give_id() adds. Refuses (invalid_target) a path longer than any limit on it allows,
// and (invalid_request) a parent that is revoked or past its time.
Result<Delegation, oauth::Error> grow(const Branch& branch);
void give_id(Delegation& delegation, std::string id);

// Roots of one subject and one actor, given apart, put together: all that they give, within the tightest of their
// limits. It has no parent, and lives and dies with each of them (I4): their ids stand before its own in its path, and
// so in `dlg`. What is drawn from it counts where they bound uses. Refused as grow() refuses.
Result<Delegation, oauth::Error> put_together(const std::vector<const Delegation*>& roots, Instant at);
// Was it put together so?
bool is_put_together(const Delegation& delegation);

// Is every pair of the child's something its parent holds: for the parent's actor, or onward for the child's?
bool covered(const Authority& child, const std::string& actor, const Authority& parent);

}  // namespace deputy::delegation
