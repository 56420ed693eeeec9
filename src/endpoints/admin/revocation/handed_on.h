// Handed on: what principals handed on to others, as far as those are their delegates no more.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "endpoints/admin/frame/change.h"
#include "endpoints/admin/revocation/holdings.h"

namespace deputy::endpoints::admin {

// One who hands on: as its record is, and as it will be.
struct Delegator {
  store::Directory::PrincipalPtr before, after;
  std::optional<store::Require> as_read;  // where the change is not of that record
};
struct Delegators {
  std::vector<Delegator> looked_through;
  std::set<std::string> all_ends = {};  // ids of those whose tokens all end instead
};

// More are not looked through: two lists of each are as much as is looked at for one change.
inline constexpr std::size_t delegators_max = 5'000;

// So many ends are an event each; where there are more, one event says so.
inline constexpr std::size_t ends_told_max = 1'000;
// Ends what each of these handed on, or let somebody else hand on, to those that are its delegates no more once `taken`
// is: nothing that it holds itself, and nothing that they hold from others. Where there is too much to look through,
// the tokens in which that one stands end. To stand in the batch with the change by which those are gone. What it was
// decided by is on hold there, of each who hands on and of each who acts.
Result<Done, Fault> end_handed_on(const Visit& visit, Holdings& holdings, const Delegators& delegators,
                                  const Taken& taken, Change& change);

}  // namespace deputy::endpoints::admin
