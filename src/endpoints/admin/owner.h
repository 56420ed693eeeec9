// Owner: who is accountable for an agent, and was.
#pragma once

#include <string_view>

#include "base/json.h"
#include "endpoints/admin/frame/change.h"
#include "endpoints/admin/frame/visit.h"

namespace deputy::endpoints::admin {

// The write that opens a new owner's time, from now on.
store::Write ownership_begins(const Visit& visit, std::string_view agent, std::string_view owner);

// May the caller name this owner for an agent or an application, new or handed over? A caller whose reach is its own
// agents names itself or a group it is in; one bound to an organization, besides, whom it administers: nobody is made
// accountable unasked, and consent shows no owner that somebody without a say over them named (A37).
Result<Done, Problem> may_name_owner(const Visit& visit, std::string_view owner);

}  // namespace deputy::endpoints::admin
