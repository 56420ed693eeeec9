// deputy events: the audit trail, as it stands or as it grows.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <ostream>
#include <set>

#include "cli/commands/all.h"
#include "cli/listing.h"
#include "cli/lookup.h"
#include "cli/names.h"
#include "cli/session.h"
#include "cli/times.h"
#include "client/refusal.h"
#include "directory/noun.h"

namespace deputy::cli {
namespace {

const Columns kAlways{"seq", "at", "decision", "action", "actor"};
constexpr std::string_view kNamed[] = {"actor", "subject", "target"};
const Columns kWhereAny{"subject", "resource", "scope_given", "target", "reason"};
constexpr std::size_t kScopeWidth = 48;
constexpr std::string_view kFilters[] = {"action", "decision", "delegation", "jti", "correlation-id"};
// Of these an id is known by its beginning: another word would find nothing.
constexpr std::pair<const char*, std::string_view> kIds[] = {
    {"delegation", "dlg_…"}, {"jti", "jti_…"}, {"correlation-id", "req_…"}};
constexpr Kind kWho[] = {Kind::agent, Kind::user, Kind::application};
constexpr Kind kClients[] = {Kind::agent, Kind::application};
constexpr Kind kOwners[] = {Kind::user, Kind::group};
constexpr Kind kTargets[] = {Kind::agent, Kind::user, Kind::application, Kind::resource};

// Of whom an option takes an id or a name.
struct Party {
  const char* flag;
  std::span<const Kind> kinds;
};
constexpr Party kParties[] = {{"actor", kWho},     {"client", kClients}, {"subject", kWho},
                              {"owner", kOwners},  {"chain", kClients},  {"target", kTargets}};
constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

std::string wire_name(std::string_view flag) {
  std::string name(flag);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

// An id of any kind, also of what is gone or has no path of its own: agt_…, dlg_…, drf_….
bool looks_like_id(std::string_view text) {
  return text.size() >= 24 && text.find('_') == 3 && text.find_first_not_of(kLetters) == std::string_view::npos;
}

// A key's kid (RFC 7638): among so many letters by chance, all sorts are found.
bool looks_like_thumbprint(std::string_view text) {
  const auto any = [&](int (*is)(int)) { return std::any_of(text.begin(), text.end(), is); };
  return text.size() == 43 && text.find_first_not_of(kLetters) == std::string_view::npos && any(std::isupper) &&
         any(std::islower) && any(std::isdigit);
}

// A kind before the slash may be any: role/reader. What has no other id is known by its name: key/…, tenant/….
Result<std::string, Failure> target_named(client::Api& api, const std::string& text) {
  const auto slash = text.find('/');
  const auto kind = slash == std::string::npos ? std::nullopt : kind_named(text.substr(0, slash));
  if (kind && directory::row(*kind).prefix.empty()) return text.substr(slash + 1);
  if (kind && directory::noun_of(*kind) != nullptr) return find(api, *kind, text);
  TRY(const Found found, find(api, kTargets, text));
  return found.id;
}

// An event names a resource by its identifier, one that is deleted too.
Result<std::string, Failure> identifier_of(client::Api& api, const std::string& text) {
  if (text.find(':') != std::string::npos && !text.starts_with("resource/")) return text;
  TRY(const json::object resource, read(api, Kind::resource, text));
  return text_of(resource, "identifier");
}

// The server compares ids: a name is looked up first, and one that nobody bears is refused.
Result<Done, Failure> add_parties(const Line& line, client::Api& api, client::Query& query) {
  if (line.has("resource")) {
    TRY(const std::string identifier, identifier_of(api, line.text("resource")));
    query.emplace_back("resource", identifier);
  }
  for (const auto& [flag, kinds] : kParties) {
    if (!line.has(flag)) continue;
    const std::string text = line.text(flag);
    const bool target = std::string_view(flag) == "target";
    if (looks_like_id(text) || (target && looks_like_thumbprint(text))) {
      query.emplace_back(flag, text);
    } else if (target) {
      TRY(const std::string id, target_named(api, text));
      query.emplace_back(flag, id);
    } else {
      TRY(const Found found, find(api, kinds, text));
      query.emplace_back(flag, found.id);
    }
  }
  return Done{};
}

Result<client::Query, Failure> query_of(const Line& line, Instant now) {
  for (const auto& [flag, id] : kIds)
    if (line.has(flag) && line.text(flag).find('_') != 3) return misuse(fmt::format("--{} takes an id: {}", flag, id));
  client::Query query;
  for (const std::string_view flag : kFilters)
    if (line.has(std::string(flag))) query.emplace_back(wire_name(flag), line.text(std::string(flag)));
  for (const auto* flag : {"from", "to"}) {
    if (!line.has(flag)) continue;
    const auto instant = past_instant_of(line.text(flag), now);
    if (!instant) return misuse(fmt::format("--{} takes an instant, or how long ago: 1h", flag));
    query.emplace_back(flag, *instant);
  }
  return query;
}

// "users:read users:write and 25 more": an administrator's token has them all, and a table as wide is no table.
std::string few_of(std::string_view scope) {
  std::size_t end = 0, count = 0, more = 0;
  for (std::size_t from = 0; from < scope.size(); ++count) {
    const auto next = std::min(scope.find(' ', from), scope.size());
    if (next <= kScopeWidth || count == 0) end = next;
    else ++more;
    from = next + 1;
  }
  return more == 0 ? std::string(scope) : fmt::format("{} and {} more", scope.substr(0, end), more);
}

// Most act on their own authority: to say so is shorter than the id again. Several resources stand where one would.
// Of a consent that was taken back those are where something was taken; what stays is not shown beside them.
json::object for_people(json::object event) {
  if (json_text(event, "action") == "consent.withdraw") event.erase("scope_given");
  std::string resources;
  for (const auto& one : texts_of(event, "resources")) resources.append(resources.empty() ? "" : " ").append(one);
  if (!resources.empty()) event["resource"] = resources;
  const auto actor = json_text(event, "actor");
  if (actor && actor == json_text(event, "subject")) event["subject"] = "itself";
  if (const auto given = json_text(event, "scope_given")) event["scope_given"] = few_of(*given);
  return event;
}

// A column of which no event has anything is left out.
void show_table(Session& session, const json::array& events, Names& names) {
  json::array shown;
  Columns columns = kAlways;
  for (const json::value& event : events)
    if (event.is_object()) shown.push_back(for_people(event.get_object()));
  put_names(shown, kNamed, names);
  for (const auto& column : kWhereAny) {
    const auto has = [&](const json::value& event) { return event.get_object().contains(column); };
    if (std::any_of(shown.begin(), shown.end(), has)) columns.push_back(column);
  }
  session.show(shown, columns);
}

// "for user/alice  at https://booking.example  scope booking:read": without a heading, words say what is what.
std::string rest_of(const json::object& event) {
  const auto text = [&](std::string_view name) { return client::printable(json_text(event, name).value_or("")); };
  std::string rest;
  const auto add = [&](std::string_view word, const std::string& value) {
    if (!value.empty()) rest += fmt::format("  {}{}", word, value);
  };
  add("for ", text("subject"));
  add("at ", text("resource"));
  add("scope ", text("scope_given"));
  add("on ", text("target"));
  add("", text("reason"));
  return rest;
}

// One event on one line, as it comes: a table's widths cannot be known of what has not happened yet.
void show_event(Session& session, const json::object& event, Names& names) {
  if (session.format() == Format::json) {
    session.out() << escaped(json::serialize(event)) << std::endl;
    return;
  }
  if (session.format() == Format::yaml) {
    session.out() << "---\n";
    show_record(session.out(), Format::yaml, event);
    session.out().flush();
    return;
  }
  json::array one{for_people(event)};
  put_names(one, kNamed, names);
  const auto& shown = one.front().get_object();
  std::string line;
  for (const auto& column : kAlways) {
    const json::value* value = shown.if_contains(column);
    if (value == nullptr || value->is_null()) continue;
    line += (line.empty() ? "" : "  ") + cell(*value);
  }
  session.out() << line << rest_of(shown) << std::endl;
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

// Events as they are shown, and how far that is: where the place in the log is lost, the instant still tells.
class Follower {
 public:
  Follower(client::Api& api, const client::Query& query, Session& session)
      : api_(api), query_(query), session_(session), names_(api) {}

  // Shows the newest that match, and gives the place to go on from. The end is asked first: what is recorded between
  // the two questions is shown here or comes later.
  Result<std::string, Failure> begin(std::size_t count) {
    TRY(const std::int64_t end, find_end());
    TRY(const json::array before, newest(api_, query_, count));
    return std::to_string(std::max(end, show_all(before)));
  }
  // Shows what was recorded at or after the latest instant that is known, and is not shown yet: of a store that was put
  // back from a copy, what came since.
  Result<std::string, Failure> begin_anew(std::size_t count) {
    if (reached_.empty()) return begin(count);
    client::Query query = query_;
    std::erase_if(query, [](const auto& one) { return one.first == "from"; });  // it was before
    query.emplace_back("from", reached_);
    query.emplace_back("order", "oldest_first");
    query.emplace_back("limit", "200");
    TRY(std::int64_t last, find_end());
    for (std::string cursor;;) {
      client::Query asked = query;
      if (!cursor.empty()) asked.emplace_back("cursor", cursor);
      TRY(const json::object page, api_.get("/events", asked));
      if (const json::array* items = json_member_array(page, "items")) last = std::max(last, show_all(*items));
      cursor = json_text(page, "next_cursor").value_or("");
      if (cursor.empty()) return std::to_string(last);
    }
  }
  void show(const json::object& event) {
    if (!reach(event)) return;
    show_event(session_, event, names_);
  }

 private:
  // The number of the log's last event, and how late it is.
  Result<std::int64_t, Failure> find_end() {
    TRY(const json::array end, newest(api_, {}, 1));
    if (end.empty() || !end.front().is_object()) return std::int64_t{0};
    const auto& event = end.front().get_object();
    if (reached_.empty()) reached_ = json_text(event, "at").value_or("");
    return json_integer(event, "seq").value_or(0);
  }
  std::int64_t show_all(const json::array& events) {
    std::int64_t last = 0;
    for (const json::value& event : events) {
      if (!event.is_object()) continue;
      last = std::max(last, json_integer(event.get_object(), "seq").value_or(0));
      show(event.get_object());
    }
    return last;
  }
  // Instants of one form are in order as their texts are. False: it was shown before.
  bool reach(const json::object& event) {
    const std::string at(json_text(event, "at").value_or("")), id(json_text(event, "id").value_or(""));
    if (at > reached_) {
      reached_ = at;
      shown_.clear();
    }
    return id.empty() || at < reached_ || shown_.insert(id).second;
  }

  client::Api& api_;
  const client::Query& query_;
  Session& session_;
  Names names_;
  std::string reached_;          // the latest instant of what was shown, or was there when it began
  std::set<std::string> shown_;  // the ids of that instant
};

Result<Done, Failure> follow(client::Api& api, const client::Query& query, std::size_t count, Session& session) {
  Follower follower(api, query, session);
  auto begun = follower.begin(count);
  for (;;) {
    TRY(const std::string last, std::move(begun));
    const auto followed = api.follow("/events", query, last, [&](const json::object& event) {
      follower.show(event);
      return static_cast<bool>(session.out());  // a closed pipe ends it
    });
    if (followed) return Done{};
    if (followed.error().status != 410) return Fail{Failure(followed.error())};
    session.err() << "The server's log does not hold what was shown last: its store was set back. Following it anew.\n";
    session.wait(Seconds(1));
    begun = follower.begin_anew(count);
  }
}

Result<Done, Failure> events(const Line& line, Session& session) {
  TRY(client::Query query, query_of(line, session.world().clock.now()));
  TRY(const std::size_t count, limit_of(line, line.has("follow") ? 10 : 50));
  TRY(client::Api* const api, session.api());
  TRY(const Done known, add_parties(line, *api, query));
  if (line.has("follow")) return follow(*api, query, count, session);
  TRY(const json::array found, newest(*api, query, count));
  Names names(*api);
  if (session.format() == Format::table) show_table(session, found, names);
  else session.show(found, kAlways);
  return Done{};
}

}  // namespace

void add_events(Table& table) {
  table.push_back(
      {.words = "events",
       .doc = "Show the newest events of the audit trail, oldest first.",
       .example = "deputy events --follow --decision refused --actor travel-bot",
       .flags = {{.name = "follow", .value = "", .doc = "Go on showing events as they happen."},
                 {.name = "limit", .value = "NUMBER", .doc = "How many (50 if not named; 10 with --follow)."},
                 {.name = "action", .value = "ACTION", .doc = "Such as agent.create or token.issue."},
                 {.name = "decision", .value = "DECISION", .doc = "What came of it.",
                  .choices = {"granted", "refused", "done"}},
                 {.name = "actor", .value = "AGENT|USER|APPLICATION", .doc = "Who did it: an id, or a name."},
                 {.name = "client", .value = "AGENT|APPLICATION", .doc = "By which OAuth client."},
                 {.name = "subject", .value = "AGENT|USER|APPLICATION", .doc = "On whose authority."},
                 {.name = "owner", .value = "USER|GROUP", .doc = "Who is accountable for whoever did it."},
                 {.name = "chain", .value = "AGENT|APPLICATION",
                  .doc = "Who acts for somebody else, or handed that on: any of the chain."},
                 {.name = "resource", .value = "URI", .doc = "At which resource; also of those of a consent."},
                 {.name = "delegation", .value = "ID", .doc = "Of this delegation, and of what descends from it."},
                 {.name = "target", .value = "RECORD",
                  .doc = "What it was done to: an id of any kind, or a name: agent/travel-bot, role/reader."},
                 {.name = "jti", .value = "ID", .doc = "The token it was about."},
                 {.name = "correlation-id", .value = "ID", .doc = "The request it came from."},
                 {.name = "from", .value = "WHEN", .doc = "Not before this: an instant, or how long ago: 1h."},
                 {.name = "to", .value = "WHEN", .doc = "Before this: an instant, or how long ago."}},
       .run = events});
}

}  // namespace deputy::cli
