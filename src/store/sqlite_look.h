// Look: at records of SQLite's file as it lies there, also while a server has it open. Nothing is written beside it.
#pragma once

#include "store/store.h"

namespace deputy::store {

// None: it is not there, or in the file's log only. Faults also where a server moves its log into the file just then.
Result<std::optional<Record>, Fault> look_at_sqlite_record(const SqliteConfig& config, std::string_view tenant,
                                                           Kind kind, std::string_view id);

// The same as of the last commit, be it in the log: for a store that is not brought up to date, nor written to at all.
Result<std::optional<Record>, Fault> read_sqlite_record(const SqliteConfig& config, std::string_view tenant, Kind kind,
                                                        std::string_view id);

// Whether there are records of the kind with such an index in the file, and none with this value, seen likewise. What
// was committed a moment ago may be not in the file yet: a file with none at all says nothing.
Result<bool, Fault> sqlite_file_lacks(const SqliteConfig& config, std::string_view tenant, Kind kind,
                                      const Index& index);

// The first record of the kind that a tenant was given, as it is now, seen likewise. None: there is none in the file.
Result<std::optional<Record>, Fault> first_sqlite_record(const SqliteConfig& config, std::string_view tenant,
                                                         Kind kind);

}  // namespace deputy::store
