// Look: at records of SQLite's file as of the last commit, also while a server has it open. Nothing is changed in it.
#pragma once

#include "store/store.h"

namespace deputy::store {

// None: it is not there. Faults: corrupt, unavailable, invalid (a newer version's file).
Result<std::optional<Record>, Fault> look_at_sqlite_record(const SqliteConfig& config, std::string_view tenant,
                                                           Kind kind, std::string_view id);

// Whether there are records of the kind with such an index in the store, and none with this value. A store with none at
// all says nothing. Faults: as above.
Result<bool, Fault> sqlite_file_lacks(const SqliteConfig& config, std::string_view tenant, Kind kind,
                                      const Index& index);

// The first record of the kind that a tenant was given, as it is now. None: there is none. Faults: as above.
Result<std::optional<Record>, Fault> first_sqlite_record(const SqliteConfig& config, std::string_view tenant,
                                                         Kind kind);

}  // namespace deputy::store
