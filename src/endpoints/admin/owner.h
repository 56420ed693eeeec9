// Owner: who is accountable for an agent, and was.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "endpoints/admin/frame/change.h"
#include "endpoints/admin/frame/visit.h"

namespace deputy::endpoints::admin {

// The write that opens a new owner's time, from an instant (RFC 3339) on.
store::Write ownership_begins(const Visit& visit, std::string_view agent, std::string_view owner,
                              std::string_view from);

// May the caller name this owner for an agent or an application, new or handed over? A caller whose reach is its own
// agents names itself or a group it is in; one bound to an organization, besides, whom it administers: nobody is made
// accountable unasked, and consent shows no owner that somebody without a say over them named (A37).
Result<Done, Problem> may_name_owner(const Visit& visit, std::string_view owner);

// What people agreed to with the client they agreed to with the owner it had: all of it ends (A37). So many ends are an
// event each; where there are more, or people agree meanwhile again and again, one event says so, and each one's row
// when it ended and why.
inline constexpr std::size_t consents_told_max = 1000;
Result<Done, Problem> end_consents_to(const Visit& visit, const std::string& client, Change& change);

}  // namespace deputy::endpoints::admin
