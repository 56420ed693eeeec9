// Readable: what a caller would be shown of the records of another kind than the one it asked for.
#pragma once

#include "endpoints/admin/frame/visit.h"

namespace deputy::endpoints::admin {

// Whether the caller would be shown the record, had it asked to read it. It may read more than it may do this with.
Result<bool, Fault> is_readable(Visit& visit, Kind kind, std::string_view id, const json::object& body);
// Whether it would be shown all there are, of a kind that is the tenant's (is_common).
Result<bool, Fault> are_readable(Visit& visit, Kind kind);

}  // namespace deputy::endpoints::admin
