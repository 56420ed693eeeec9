// Events are shown exactly as they were recorded: what is hashed is what is read.
#include "endpoints/admin/event.h"

#include "base/id.h"
#include "endpoints/admin/event_feed.h"
#include "endpoints/admin/event_place.h"
#include "endpoints/admin/frame/page.h"
#include "endpoints/admin/frame/stream_token.h"

namespace deputy::endpoints::admin {
namespace {

constexpr std::string_view parameters[] = {"action",   "decision",   "actor", "client", "subject",
                                           "owner",    "target",     "jti",   "chain",  "correlation_id",
                                           "resource", "delegation", "from",  "to",     "limit",
                                           "cursor",   "order"};
constexpr std::size_t scan_max = 50'000;

std::string text_of(const oauth::Form& query, std::string_view name) {
  return std::string(query.get(name).value_or(""));
}

Result<store::EventFilter, Problem> filter_of(const oauth::Form& query) {
  store::EventFilter filter{.action = text_of(query, "action"),
                            .decision = text_of(query, "decision"),
                            .actor = text_of(query, "actor"),
                            .client = text_of(query, "client"),
                            .subject = text_of(query, "subject"),
                            .owner = text_of(query, "owner"),
                            .target = text_of(query, "target"),
                            .jti = text_of(query, "jti"),
                            .correlation_id = text_of(query, "correlation_id"),
                            .resource = text_of(query, "resource"),
                            .chain = text_of(query, "chain"),
                            .delegation = text_of(query, "delegation"),
                            .from = std::nullopt,
                            .to = std::nullopt};
  if (!filter.decision.empty() && !audit::decision_named(filter.decision))
    return Fail{Problem(ProblemType::invalid_request, "Send granted, refused or done.", "decision")};
  TRY(auto from, instant_of(query, "from"));
  TRY(auto to, instant_of(query, "to"));
  filter.from = from;
  filter.to = to;
  return filter;
}

Result<store::Page::Order, Problem> order_of(const oauth::Form& query) {
  const auto order = query.get("order").value_or("oldest_first");
  if (order == "oldest_first") return store::Page::Order::oldest_first;
  if (order == "newest_first") return store::Page::Order::newest_first;
  return Fail{Problem(ProblemType::invalid_request, "Send oldest_first or newest_first.", "order")};
}

}  // namespace

std::string event_text(const store::StoredEvent& event) {
  std::string text = "{\"seq\":" + std::to_string(event.seq);
  if (event.body.size() > 2) text.append(",").append(event.body, 1);
  else text.push_back('}');
  return text;
}

Outcome list_events(Visit& visit) {
  TRY(auto all, whole_tenant(visit));
  TRY(auto query, query_of(visit, parameters));
  TRY(auto filter, filter_of(query));
  TRY(auto order, order_of(query));
  TRY(auto limit, limit_of(visit, query));
  const char list = order == store::Page::Order::oldest_first ? 'e' : 'n';
  TRY(const auto after, place_cursor_of(query, list));
  if (wants_stream(visit)) return follow_events(visit, std::move(filter), after);
  if (after) {
    TRY(auto checked, check_event_place(visit, *after, "cursor"));
  }
  const auto from = after.value_or(FeedPlace()).seq;
  TRY(auto page, visit.app.store.events(visit.call.tenant, filter,
                                        {.after = from, .limit = limit, .scan = scan_max, .order = order}));
  std::string body = "{\"items\":[";
  for (const auto& event : page.events) {
    if (body.back() != '[') body.push_back(',');
    body.append(event_text(event));
  }
  body.push_back(']');
  if (page.last != 0) {
    TRY(const auto next, event_place_at(visit.app, page.last));
    body.append(",\"next_cursor\":");
    append_json_string(body, make_cursor(list, text_of(next)));
  }
  body.push_back('}');
  return Answer{.response = json_response(200, std::move(body)), .writes = {}, .refused = {}};
}

Outcome read_event(Visit& visit) {
  TRY(auto all, whole_tenant(visit));
  if (!is_id("evt", visit.param(0))) return Fail{no_such_record("not an event's id")};
  TRY(auto event, visit.app.store.event(visit.call.tenant, visit.param(0)));
  if (!event) return Fail{no_such_record("no such event")};
  if (event->body.empty())
    return Fail{Problem(ProblemType::not_found, "The event's body is past its retention (audit.bodies_days); its proof "
                                                "is still at /v1/audit/inclusion.")};
  return Answer{.response = json_response(200, event_text(*event)), .writes = {}, .refused = {}};
}

}  // namespace deputy::endpoints::admin
