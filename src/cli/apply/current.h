// Reads what a server holds, as records.
#pragma once

#include <vector>

#include "base/result.h"
#include "cli/apply/record.h"
#include "cli/session.h"

namespace deputy::cli::apply {

// Every record of every kind within reach, oldest first; with members where `groups` says so. Shows its progress.
enum class Members { read, leave };
Result<std::vector<Record>, Failure> current(Session& session, Members groups);

// From a document of /v1.
Record record_of(Kind kind, const json::object& document);

}  // namespace deputy::cli::apply
