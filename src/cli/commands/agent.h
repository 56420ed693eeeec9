// The rows of the `agent` family that have a file of their own.
#pragma once

#include "cli/command.h"

namespace deputy::cli {

Command agent_create_command();

}  // namespace deputy::cli
