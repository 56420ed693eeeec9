// Lacks: what is not in SQLite's file as it lies there, also while a server has it open. Nothing is written beside it.
#pragma once

#include "store/store.h"

namespace deputy::store {

// Whether there are records of the kind with such an index, and none with this value. What was committed a moment ago
// may be in the file's log only: a file with none at all says nothing.
Result<bool, Fault> sqlite_file_lacks(const SqliteConfig& config, std::string_view tenant, Kind kind,
                                      const Index& index);

}  // namespace deputy::store
