// deputy agent|user|application access: what one can reach.
#pragma once

#include "cli/command.h"
#include "cli/lookup.h"

namespace deputy::cli {

Command access_command(Kind kind);  // of a principal

}  // namespace deputy::cli
