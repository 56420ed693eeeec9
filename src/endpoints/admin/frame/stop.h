// Stop: the write of a change that stops somebody, which nobody holds up by changing the record again and again.
#pragma once

#include <initializer_list>
#include <string_view>

#include "endpoints/admin/frame/change.h"
#include "endpoints/admin/frame/records.h"

namespace deputy::endpoints::admin {

// Did the caller say which version is to be changed (If-Match)?
bool names_a_version(const Visit& visit);

// Adds the write by which the members in which `found` and `after` differ are put into the record, whatever version it
// has by then: what its owner, or who is stopped, was quicker to write stays, and is no conflict (A28). Those of
// `after` that are to be true after it `anyway` are put though they do not differ: who was quicker may undo them.
// Refused where the caller named a version and it is another; where the record has left the caller's reach; where it is
// revoked; and where one of `as_found` is not what was read. Gives the record as it will be if nobody was quicker: else
// it has a later version than this says.
store::Record add_stop(const Visit& visit, const Found& found, const json::object& after,
                       std::initializer_list<std::string_view> anyway,
                       std::initializer_list<std::string_view> as_found, Change& change);

}  // namespace deputy::endpoints::admin
