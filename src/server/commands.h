// The server's own commands: serve, init, config. Everything else on the command line is a client's.
#pragma once

#include <span>
#include <string_view>

namespace deputy::server {

bool knows(std::string_view word);
// args[0] is the command. Gives the exit status: 0 done, 1 could not, 2 the command line or the settings are wrong.
int run(std::span<const char* const> args);

}  // namespace deputy::server
