// deputy revocation: what has been revoked, as it stands or as it grows.
#include <fmt/format.h>

#include <ostream>

#include "cli/commands/all.h"
#include "cli/session.h"
#include "client/refusal.h"
#include "client/revocation_follower.h"
#include "delegation/revocation_json.h"
#include "jose/jwt.h"

namespace deputy::cli {
namespace {

const Columns kColumns{"seq", "at", "kind", "target", "resource", "scopes", "issued_before", "until", "reason"};

std::int64_t seq_of_last(const json::array& entries) {
  if (entries.empty() || !entries.back().is_object()) return 0;
  return json_integer(entries.back().get_object(), "seq").value_or(0);
}

// What was revoked since the snapshot, which may be some seconds old: whoever has just revoked looks for it here.
Result<Done, Failure> add_newer(client::Api& api, std::int64_t seq, json::array& entries) {
  for (;;) {
    TRY(const json::object page, api.get("/revocations", {{"after", std::to_string(seq)}, {"limit", "200"}}));
    const auto* items = json_member_array(page, "items");
    const auto last = json_integer(page, "last"), newest = json_integer(page, "newest");
    if (items == nullptr || !last || !newest) return refuse("the server's list of what is revoked cannot be read");
    for (const json::value& item : *items)  // what came while the snapshot was made may stand in it already
      if (item.is_object() && json_integer(item.get_object(), "seq") > seq_of_last(entries)) entries.push_back(item);
    if (*last >= *newest || *last <= seq) return Done{};
    seq = *last;
  }
}

// From the snapshot, which is whole: a page may end before an entry that is purged by the time the next is asked for,
// and then there is no next. It came from the server itself, so its signature says nothing more.
Result<Done, Failure> list(const Line&, Session& session) {
  TRY(client::Api* const api, session.api());
  TRY(const std::string text, api->fetch("/revocations/snapshot", "application/revocation-snapshot+jwt",
                                         client::RevocationFollower::default_snapshot_octets_max));
  const auto snapshot = jose::split(text, text.size());
  const auto* found = snapshot ? json_member_array(snapshot->claims, "revocations") : nullptr;
  const auto seq = snapshot ? json_integer(snapshot->claims, "seq") : std::nullopt;
  if (found == nullptr || !seq) return refuse("the server's snapshot of what is revoked cannot be read");
  json::array entries = *found;
  TRY(const Done whole, add_newer(*api, *seq, entries));
  session.show(entries, kColumns);
  return Done{};
}

// One entry on one line, or in one document, as it comes.
void show_entry(Session& session, const json::object& entry) {
  if (session.format() == Format::json) {
    session.out() << escaped(json::serialize(entry)) << std::endl;
    return;
  }
  if (session.format() == Format::yaml) {
    session.out() << "---\n";
    show_record(session.out(), Format::yaml, entry);
    session.out().flush();
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
