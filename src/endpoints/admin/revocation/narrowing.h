// Narrowing: what a change takes away from whom, as entries of the revocation sequence. Tokens that carry what was lost
// die with the commit of the change, and are minted again without it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "directory/authority.h"
#include "endpoints/admin/frame/change.h"
#include "endpoints/admin/frame/visit.h"
#include "signin/acr.h"

namespace deputy::endpoints::admin {

// One change to what people hold. Members that are not set change nothing.
struct Taken {
  std::string assignment = {};               // this assignment is gone
  std::string group = {}, member = {};       // this membership is gone
  std::optional<directory::Role> role = {};  // this role is now so
  std::string stopped = {};                  // this principal is active no more
  std::string prover = {}, proof = {};       // this credential or authenticator of that principal is gone
  std::optional<signin::Policy> sign_in = {};  // people sign in so from now on
};

// The entries for everyone who loses something when `taken` is taken from `holder` (a principal, or a group with all
// who are in it), at the resources that `roles` speak of. Each names what is lost for good: a scope that is held in
// another way stays, and the change then depends on that way still being there. Where they are very many, one entry for
// everybody, by a caller who reaches the whole tenant; for another each of up to 2,000, and wrong_state beyond.
Result<Done, Problem> add_narrowings(const Visit& visit, std::string_view holder, const Taken& taken, Change& change);
// The same for all who have the role.
Result<Done, Problem> add_narrowings_of_role(const Visit& visit, const directory::Role& before,
                                             const directory::Role& after, Change& change);
// A resource that defines less, or asks for more (a bound token, a better sign-in, a shorter chain): for everybody.
// `after` is null where it is deleted.
Result<Done, Problem> add_narrowings_of_resource(const Visit& visit, const directory::Resource& before,
                                                 const directory::Resource* after, Change& change);
// A trusted issuer whose tokens give less: for everybody, for no token says which issuer's it was begun with. `after`
// is null where it is deleted or disabled, or takes other tokens than it did.
Result<Done, Problem> add_narrowings_of_issuer(const Visit& visit, const directory::Role& before,
                                               const directory::Role* after, Change& change);

// delegates.cc
// Who stands among the delegates of a principal no more: what it may do for others. Where they are very many, or the
// caller does not reach them: what the principal handed on to them.
Result<Done, Problem> add_narrowings_of_delegates(const Visit& visit, const directory::Principal& before,
                                                  const directory::Principal& after, Change& change);
// The same for a member of a group that is somebody's delegate, or is in one that is.
Result<Done, Problem> add_narrowings_of_delegate_group(const Visit& visit, const std::string& group,
                                                       const std::string& member, Change& change);
// The agent or application that was this resource and is it no more: it draws on no call to it. `after` is null where
// the resource is deleted.
Result<Done, Problem> add_narrowings_of_called(const Visit& visit, const directory::Resource& before,
                                               const directory::Resource* after, Change& change);
// What the agent or application that is this resource draws further on, and needs no more.
Result<Done, Problem> add_narrowings_of_needs(const Visit& visit, const directory::Resource& before,
                                              const directory::Resource& after, Change& change);

}  // namespace deputy::endpoints::admin
