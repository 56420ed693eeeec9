// What other commands share with the `delegation` family: asking what an act would end.
#pragma once

#include <string>
#include <string_view>

#include "cli/command.h"
#include "cli/session.h"

namespace deputy::cli {

// --preview
Flag preview_flag();
// Asks the act at this path of /v1 what it would end, and shows it.
Result<Done, Failure> preview(const std::string& path, Session& session, const json::object& body = {});
Result<Done, Failure> preview_change(const std::string& path, const json::object& patch, Session& session);
// `cleared`: what the command itself takes out of the way first, by the code of the refusal.
Result<Done, Failure> preview_removal(const std::string& path, Session& session, std::string_view cleared = {});
// What the change would end, on one line; empty: nothing.
Result<std::string, Failure> ended_by_change(const std::string& path, const json::object& patch, Session& session);

}  // namespace deputy::cli
