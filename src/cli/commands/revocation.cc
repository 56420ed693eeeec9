// deputy revocation: what has been revoked, as it stands or as it grows.
#include <fmt/format.h>

#include <ostream>

#include "cli/commands/all.h"
#include "cli/session.h"
#include "client/refusal.h"
#include "client/revocation_follower.h"
#include "delegation/revocation_json.h"

namespace deputy::cli {
namespace {

const Columns kColumns{"seq", "at", "kind", "target", "resource", "scopes", "until", "reason"};

Result<Done, Failure> list(const Line&, Session& session) {
  TRY(client::Api* const api, session.api());
  json::array all;
  for (std::int64_t after = 0;;) {
    client::Query query{{"limit", "200"}};
    if (after != 0) query.emplace_back("after", std::to_string(after));
    TRY(const json::object page, api->get("/revocations", query));
    const auto* items = json_member_array(page, "items");
    const auto last = json_integer(page, "last");
    if (items == nullptr || items->empty() || !last || *last <= after) break;
    all.insert(all.end(), items->begin(), items->end());
    after = *last;
  }
  session.show(all, kColumns);
  return Done{};
}

// One entry on one line, as it comes.
void show_entry(Session& session, const json::object& entry) {
  if (session.format() == Format::json) {
    session.out() << json::serialize(entry) << std::endl;
    return;
  }
  std::string line;
  for (const auto& column : kColumns) {
    const json::value* value = entry.if_contains(column);
    if (value == nullptr || value->is_null()) continue;
    line += (line.empty() ? "" : "  ") + cell(*value);
  }
  session.out() << line << std::endl;
}

Result<Done, Failure> follow(const Line&, Session& session) {
  TRY(client::Api* const api, session.api());
  client::RevocationFollower* self = nullptr;
  client::RevocationFollower follower(*api, session.world().clock, [&](const delegation::Revocation& entry) {
    show_entry(session, delegation::to_json(entry));
    if (!session.out()) self->stop();  // a closed pipe ends it
  });
  self = &follower;
  TRY(const Done done, follower.run());
  return done;
}

}  // namespace

void add_revocation(Table& table) {
  table.push_back({.words = "revocation list",
                   .doc = "Show what has been revoked and may still kill a token, oldest first.",
                   .example = "deputy revocation list --output json",
                   .run = list});
  table.push_back({.words = "revocation follow",
                   .doc = "Show revocations as they happen, and none that still kills is missed where a stream breaks.",
                   .example = "deputy revocation follow",
                   .run = follow});
}

}  // namespace deputy::cli
