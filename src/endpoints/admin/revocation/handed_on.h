// Handed on: what a principal handed on to others, as far as those are its delegates no more.
#pragma once

#include <functional>
#include <string>

#include "directory/principal.h"
#include "endpoints/admin/frame/change.h"

namespace deputy::endpoints::admin {

// Of very many delegations not each is looked at for one change.
struct Looked {
  std::size_t room = 2'000;
};

using Gone = std::function<bool(const directory::Principal&)>;

// Ends what `from`, as it will be, handed on, or let somebody else hand on, to those that are `gone`: nothing that it
// holds itself, and nothing that they hold from others. Where there is too much to look through, the tokens in which
// `from` stands end. To stand in the batch with the change by which those are gone.
Result<Done, Fault> end_handed_on(const Visit& visit, const directory::Principal& from, const Gone& gone,
                                  Looked& looked, Change& change);

}  // namespace deputy::endpoints::admin
