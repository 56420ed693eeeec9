// The rows of the `token` family that have a file of their own.
#pragma once

#include "cli/commands/all.h"

namespace deputy::cli {

Command token_inspect_command();

}  // namespace deputy::cli
