// create, get, list, update and delete, for any noun of the directory.
#pragma once

#include <string>
#include <vector>

#include "cli/commands/all.h"
#include "cli/lookup.h"
#include "cli/output.h"

namespace deputy::cli {

// The word people type for it: "agent-type".
std::string word_of(Kind kind);
// What they type for one record of it: "AGENT_TYPE".
std::string argument_of(Kind kind);
// What a list of them shows at a terminal.
Columns columns_of(Kind kind);

// Does the server say what ends with a change or a deletion of one? Where nothing does, there is nothing to preview.
bool has_preview(Kind kind);

Command create_command(Kind kind);
Command get_command(Kind kind);
Command list_command(Kind kind);
Command update_command(Kind kind);
Command delete_command(Kind kind);

}  // namespace deputy::cli
