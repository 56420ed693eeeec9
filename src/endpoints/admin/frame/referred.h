// Referred: what refers to a record keeps it from being deleted.
#pragma once

#include "endpoints/admin/frame/rules.h"

namespace deputy::endpoints::admin {

// Refuses where a record of any noun refers to the draft's, by kind and by the ids that the caller may see; and has the
// commit refuse what comes to refer to it meanwhile.
Result<Done, Problem> check_unreferred(Draft& draft);

// How far the caller may read records of a kind: nowhere where its token does not carry that.
Reach reach_for_reading(const Visit& visit, Kind kind);
// "agent agt_…, agt_… and others": of these records of one kind, those that the caller may read, as long as there is
// room.
Result<std::string, Fault> listed(const Visit& visit, Kind kind, const std::vector<store::Record>& records,
                                  std::size_t& room);
inline constexpr std::size_t listed_max = 10;  // ids in an answer

}  // namespace deputy::endpoints::admin
