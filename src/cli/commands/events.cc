// deputy events: the audit trail, as it stands or as it grows.
#include <fmt/format.h>

#include <ostream>

#include "cli/commands/all.h"
#include "cli/session.h"
#include "cli/times.h"
#include "client/refusal.h"

namespace deputy::cli {
namespace {

const Columns kColumns{"seq", "at", "decision", "action", "actor", "target", "reason"};
constexpr std::string_view kFilters[] = {"action", "decision", "actor", "subject", "target", "jti", "correlation-id"};

std::string wire_name(std::string_view flag) {
  std::string name(flag);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

Result<client::Query, Failure> query_of(const Line& line, Instant now) {
  client::Query query;
  for (const std::string_view flag : kFilters)
    if (line.has(std::string(flag))) query.emplace_back(wire_name(flag), line.text(std::string(flag)));
  for (const auto* flag : {"from", "to"}) {
    if (!line.has(flag)) continue;
    std::string text = line.text(flag);
    if (const auto ago = duration_of(text)) text = rfc3339(now - *ago);  // "1h": since an hour ago
    const auto instant = instant_of(text, now);
    if (!instant) return misuse(fmt::format("--{} takes an instant, or how long ago: 1h", flag));
    query.emplace_back(flag, *instant);
  }
  return query;
}

// One event on one line, as it comes: a table's widths cannot be known of what has not happened yet.
void show_event(Session& session, const json::object& event) {
  if (session.format() == Format::json) {
    session.out() << json::serialize(event) << std::endl;
    return;
  }
  if (session.format() == Format::yaml) {
    session.out() << "---\n";
    show_record(session.out(), Format::yaml, event);
    session.out().flush();
    return;
  }
  std::string line;
  for (const auto& column : kColumns) {
    const json::value* value = event.if_contains(column);
    if (value == nullptr || value->is_null()) continue;
    line += (line.empty() ? "" : "  ") + cell(*value);
  }
  session.out() << line << std::endl;
}

std::string seq_of(const json::object& event) {
  const json::value* seq = event.if_contains("seq");
  return seq == nullptr ? std::string() : json::serialize(*seq);
}

// The newest that match, oldest first.
Result<json::array, Failure> newest(client::Api& api, client::Query query, std::size_t count) {
  query.emplace_back("order", "newest_first");
  json::array found;
  for (std::string cursor; found.size() < count;) {
    client::Query asked = query;
    asked.emplace_back("limit", std::to_string(std::min<std::size_t>(count - found.size(), 200)));
    if (!cursor.empty()) asked.emplace_back("cursor", cursor);
    TRY(const json::object page, api.get("/events", asked));
    const json::array* items = json_member_array(page, "items");
    if (items != nullptr) found.insert(found.end(), items->begin(), items->end());
    cursor = json_text(page, "next_cursor").value_or("");
    if (cursor.empty()) break;
  }
  std::reverse(found.begin(), found.end());
  return found;
}

Result<Done, Failure> follow(client::Api& api, const client::Query& query, std::size_t count, Session& session) {
  TRY(const json::array before, newest(api, query, std::max<std::size_t>(count, 1)));
  std::string last;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const json::object* event = before[i].if_object();
    if (event == nullptr) continue;
    last = seq_of(*event);
    if (i + count >= before.size()) show_event(session, *event);
  }
  TRY(const Done done, api.follow("/events", query, last, [&](const json::object& event) {
    show_event(session, event);
    return static_cast<bool>(session.out());  // a closed pipe ends it
  }));
  return Done{};
}

Result<Done, Failure> events(const Line& line, Session& session) {
  TRY(const client::Query query, query_of(line, session.world().clock.now()));
  const std::string typed = line.has("limit") ? line.text("limit") : line.has("follow") ? "10" : "50";
  if (typed.empty() || typed.size() > 6 || typed.find_first_not_of("0123456789") != std::string::npos)
    return misuse("--limit takes a whole number");
  const std::size_t count = std::stoul(typed);
  TRY(client::Api* const api, session.api());
  if (line.has("follow")) return follow(*api, query, count, session);
  TRY(const json::array found, newest(*api, query, count));
  session.show(found, kColumns);
  return Done{};
}

}  // namespace

void add_events(Table& table) {
  table.push_back(
      {.words = "events",
       .doc = "Show the newest events of the audit trail, oldest first.",
       .example = "deputy events --follow --decision refused --actor agt_01jd0000000000000000000000",
       .flags = {{.name = "follow", .value = "", .doc = "Go on showing events as they happen."},
                 {.name = "limit", .value = "NUMBER", .doc = "How many (50 if not named; 10 with --follow)."},
                 {.name = "action", .value = "ACTION", .doc = "Such as agent.create or token.issue."},
                 {.name = "decision", .value = "DECISION", .doc = "What came of it.",
                  .choices = {"granted", "refused", "done"}},
                 {.name = "actor", .value = "ID", .doc = "Who did it."},
                 {.name = "subject", .value = "ID", .doc = "On whose authority."},
                 {.name = "target", .value = "ID", .doc = "What it was done to."},
                 {.name = "jti", .value = "ID", .doc = "The token it was about."},
                 {.name = "correlation-id", .value = "ID", .doc = "The request it came from."},
                 {.name = "from", .value = "WHEN", .doc = "Not before this: an instant, or how long ago: 1h."},
                 {.name = "to", .value = "WHEN", .doc = "Before this: an instant, or how long ago."}},
       .run = events});
}

}  // namespace deputy::cli
