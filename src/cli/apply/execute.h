// Executes a plan against a server, a step at a time.
#pragma once

#include "base/result.h"
#include "cli/apply/ledger.h"
#include "cli/apply/plan.h"
#include "cli/apply/show.h"
#include "cli/session.h"

namespace deputy::cli::apply {

// Stops at the first step that fails, and says where in the file that is and how far it came: running the file again
// goes on from there, mended where the server found it wrong. `file`: its name, as it is shown.
Result<Done, Failure> execute(const Plan& plan, const std::string& file, Names names, Ledger& ledger,
                              Session& session);

}  // namespace deputy::cli::apply
