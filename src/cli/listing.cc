// Asks for page after page, and shows each before the next is asked for.
#include "cli/listing.h"

#include <fmt/format.h>

#include <ostream>

namespace deputy::cli {

Flag limit_flag() { return {.name = "limit", .value = "NUMBER", .doc = "How many at most (all if not named)."}; }

Result<std::size_t, Failure> limit_of(const Line& line, std::size_t otherwise) {
  if (!line.has("limit")) return otherwise;
  const std::string typed = line.text("limit");
  if (typed.empty() || typed.size() > 6 || typed.find_first_not_of("0123456789") != std::string::npos)
    return misuse("--limit takes a whole number");
  return std::stoul(typed);
}

Result<Done, Failure> show_listing(Session& session, const Listing& listing) {
  TRY(client::Api* const api, session.api());
  ListWriter writer(session.out(), session.format(), listing.columns);
  std::size_t count = 0;
  const auto read = api->pages(listing.path, listing.query, listing.most, [&](json::array items) {
    count += items.size();
    if (session.format() == Format::table && listing.for_people) listing.for_people(items);
    session.end_progress();
    writer.add(items);
    session.out().flush();
    session.progress(fmt::format("{} {} read", count, listing.what));
    return static_cast<bool>(session.out());  // a closed pipe ends it
  });
  session.end_progress();
  if (!read) return Fail{Failure(read.error())};
  writer.end();
  return Done{};
}

}  // namespace deputy::cli
