// The rows of the `agent` family that have a file of their own.
#pragma once

#include <string>
#include <string_view>

#include "cli/command.h"

namespace deputy::cli {

Command agent_create_command();
Command agent_delete_command();
// The role that `create` makes for what --resource and --scope name: behind this, the agent's name, or its id where
// that name is taken or too long.
inline constexpr std::string_view kOwnRole = "access of ";
std::string name_of_own_role(std::string_view agent);

}  // namespace deputy::cli
