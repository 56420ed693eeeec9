// Reads what a server holds, as records.
#pragma once

#include <set>
#include <vector>

#include "base/result.h"
#include "cli/apply/record.h"
#include "cli/session.h"

namespace deputy::cli::apply {

struct Current {
  std::vector<Record> records;
  std::set<Kind> unreadable;  // kinds that the caller may not see: there may be records of them
};
// Every record of every kind within reach, oldest first, groups with their members. Shows its progress, and says which
// kinds it had to pass over.
Result<Current, Failure> current(Session& session);

// From a document of /v1.
Record record_of(Kind kind, const json::object& document);

}  // namespace deputy::cli::apply
