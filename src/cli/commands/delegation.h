// What other commands share with the `delegation` family: asking what an act would end.
#pragma once

#include <string>
#include <string_view>
#include <vector>

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
// As questions go on with it, where somebody is asked: " It ends: 2 delegations, at most 3 tokens."; empty: nothing
// ends, or nobody is asked. A preview that is refused stops nothing: the act has an answer of its own.
std::string ending(const std::string& path, Session& session, const json::object& body = {});
std::string ending_of_removal(const std::string& path, Session& session);
std::string ending_of_removals(const std::vector<std::string>& paths, Session& session);
// What the act, the removal, the change would end, on one line; empty: nothing.
Result<std::string, Failure> ended_by_act(const std::string& path, Session& session, const json::object& body = {});
Result<std::string, Failure> ended_by_removal(const std::string& path, Session& session);
Result<std::string, Failure> ended_by_change(const std::string& path, const json::object& patch, Session& session);

}  // namespace deputy::cli
