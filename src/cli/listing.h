// Listing: a list of /v1, shown page by page as it arrives.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "cli/command.h"
#include "cli/session.h"

namespace deputy::cli {

// --limit
Flag limit_flag();
// How many the line asks for; so many where it does not say.
Result<std::size_t, Failure> limit_of(const Line& line, std::size_t otherwise = SIZE_MAX);

struct Listing {
  std::string path;
  client::Query query = {};
  std::string what;  // "agents", as is said of how many were read
  Columns columns;
  std::size_t most;
  std::function<void(json::array&)> for_people = {};  // what a table shows otherwise than the server gives it
};

Result<Done, Failure> show_listing(Session& session, const Listing& listing);

}  // namespace deputy::cli
