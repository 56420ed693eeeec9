// Consents: the root delegations by which a client may act for a user now.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "delegation/delegation.h"
#include "directory/principal.h"
#include "grants/grant.h"

namespace deputy::grants {

// A consent that ends sooner than this was given for one time.
inline constexpr Seconds shortest_remembered{3600};

// Was it given for this one time, or does it end within the hour? Then it is not remembered.
bool given_once(const delegation::Delegation& consent);

// Have all tokens been drawn that it allows itself?
bool is_spent(const delegation::Delegation& node);

// Of one that was put together of several (delegation/grow.h): does each of these go on? Of any other: yes.
Result<bool, Fault> parts_go_on(const delegation::Delegation& root, std::string_view tenant, store::Store& store);

// The identifiers of the resources that it holds something of, each once; one that is deleted has none any more.
Result<std::vector<std::string>, Fault> resources_of(const delegation::Authority& authority, std::string_view tenant,
                                                     store::Directory& directory);

// Roots do not add up: one is drawn on. Of these, of which there is one: the first that gives all that is asked for at
// the resource; else the first that gives something there, or the first. A resource of null: the first.
const delegation::Delegation& best_of(const std::vector<delegation::Delegation>& roots,
                                      const store::Directory::ResourcePtr& resource, const oauth::ScopeSet& asked);

// Those that go on, newest first, however soon they end: none whose last use is made, nor what was put together of it.
Result<std::vector<delegation::Delegation>, Fault> consents_going_on(const directory::Principal& client,
                                                                     std::string_view user, World& world);
// Of those, the ones that are remembered.
Result<std::vector<delegation::Delegation>, Fault> live_consents(const directory::Principal& client,
                                                                 std::string_view user, World& world);

}  // namespace deputy::grants
