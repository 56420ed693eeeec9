// Source: what of the subject token may be drawn on, where, and by whom; and the node that what is drawn hangs from.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "delegation/delegation.h"
#include "delegation/relation.h"
#include "grants/exchange/cast.h"
#include "grants/exchange/subject.h"
#include "grants/grant.h"

namespace deputy::grants::exchange {

struct Source {
  std::optional<delegation::Delegation> parent;  // the token's own delegation; none: it has none
  delegation::Standing standing;
  bool is_audience = false;  // the token is for a resource that the caller is
  bool begins = false;  // a chain begins, with a trusted issuer's token

  // The scopes of a resource that the actor may draw. What is onward for it counts while one of the others of the cast
  // delegates to it, or a resource that it is needs it.
  Result<oauth::ScopeSet, Fault> pool(const Subject& subject, const directory::Resource& resource, const Cast& cast,
                                      World& world) const;
  // The details of registered types at a resource that the actor may draw: of what is onward there are none.
  std::vector<delegation::Detail> details(const Subject& subject, const directory::Resource& resource) const;
  // The same for what the caller may make onward for others: never what is onward already.
  oauth::ScopeSet givable(const Subject& subject, const directory::Resource& resource) const;
  // Of a new node: the holder's own authority, or what an exchange made of another's.
  delegation::Origin origin() const;
};

// The node at the end of the token's path. Refuses (invalid_request) one that is revoked or past its time.
Result<std::optional<delegation::Delegation>, oauth::Error> delegation_of(const Subject& subject, World& world);

// The resource that is asked for, by `resource`, or `audience` as its id, name or identifier. Null: none is named.
// Refuses with invalid_target.
Result<store::Directory::ResourcePtr, oauth::Error> named_resource(const TokenRequest& request, World& world);
// The same; none named: the subject token's own, or the one at which something is onward for the actor.
Result<store::Directory::ResourcePtr, oauth::Error> target_of_exchange(const TokenRequest& request,
                                                                       const Subject& subject, const Source& source,
                                                                       World& world);

}  // namespace deputy::grants::exchange
