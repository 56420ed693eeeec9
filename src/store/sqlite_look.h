// Look: a record of SQLite's file as it lies there, also while a server has it open. Nothing is written beside it.
#pragma once

#include "store/store.h"

namespace deputy::store {

// None: it is not there, or in the file's log only. Faults also where a server moves its log into the file just then.
Result<std::optional<Record>, Fault> look_at_sqlite_record(const SqliteConfig& config, std::string_view tenant,
                                                           Kind kind, std::string_view id);

}  // namespace deputy::store
