// What an event says of a change: the members that differ, before and after.
#pragma once

#include <string>

#include "base/json.h"

namespace deputy::endpoints::admin {

// Of all that the events of a log hold this alone is as large as what administrators send, so it is bounded here: a
// segment of 256 events is exported and read as a whole.
inline constexpr std::size_t changes_bytes_max = 64 * 1024;

// {"before":{…},"after":{…}}, of `attributes` those that differ, and never a secret. Where that is more than the bound
// the largest values are not told whole. Who sends a change must not choose what its event says nothing of: `left_out`
// has of each the digest and size before and after, and of a list (or a key set) what came and went, where that fits:
// [{"member":"attributes/notes","before":{"sha256":"…","bytes":8002},"after":{…},"went":[…],"came":[…]}].
std::string differences(json::object before, json::object after);

}  // namespace deputy::endpoints::admin
