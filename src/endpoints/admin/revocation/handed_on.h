// Handed on: what principals handed on to others, as far as those are their delegates no more.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "endpoints/admin/frame/change.h"
#include "endpoints/admin/revocation/holdings.h"

namespace deputy::endpoints::admin {

// One who hands on: as its record is, and as it will be.
struct Delegator {
  store::Directory::PrincipalPtr before, after;
  std::optional<store::Require> as_read;  // where the change is not of that record
};
inline constexpr std::string_view fewer_delegates = "fewer delegates";  // why all tokens of one who hands on end

// More are not looked through: two lists of each are as much as is looked at for one change.
inline constexpr std::size_t delegators_max = 5'000;

// So many ends are an event each; where there are more, one event says so.
inline constexpr std::size_t ends_told_max = 1'000;
// Ends what each of these handed on, or let somebody else hand on, to those that are its delegates no more once `taken`
// is: nothing that it holds itself, and nothing that they hold from others. Where there is too much to look through,
// the tokens in which that one stands end. To stand in the batch with the change by which those are gone.
Result<Done, Fault> end_handed_on(const Visit& visit, Holdings& holdings, const std::vector<Delegator>& delegators,
                                  const Taken& taken, Change& change);

}  // namespace deputy::endpoints::admin
