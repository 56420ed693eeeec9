// The command line: every `deputy` command that is a client's.
#pragma once

#include <span>
#include <string_view>

#include "cli/world.h"

namespace deputy::cli {

// Runs one command line (without the program's name) and gives its exit status: 0 done, 1 refused, 2 wrong line,
// 3 not now: what may pass by itself.
int run(std::span<const char* const> args, const World& world);

// Is this first word one of ours? (`serve`, `init` and `config` are the server's.)
bool knows(std::string_view word);

}  // namespace deputy::cli
