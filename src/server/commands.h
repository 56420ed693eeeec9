// The server's own commands: serve, init, config. Everything else on the command line is a client's.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace deputy::server {

bool knows(std::string_view word);
// For each beginning of a line ("", "config", "config check"), the words and options that may come next; and for an
// option that has a few values ("serve --log.level"), these.
std::map<std::string, std::vector<std::string>> next_words();
// args[0] is the command. Gives the exit status: 0 done, 1 could not, 2 the command line or the settings are wrong.
int run(std::span<const char* const> args);

}  // namespace deputy::server
