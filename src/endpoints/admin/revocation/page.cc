// The revocation sequence of one tenant as JSON, from any point on; with `wait`, as soon as there is more of it.
#include <charconv>

#include "delegation/revocation_json.h"
#include "endpoints/admin/frame/page.h"
#include "endpoints/admin/frame/stream_token.h"
#include "endpoints/admin/revocation/bulletin.h"
#include "endpoints/admin/revocation/revocation.h"

namespace deputy::endpoints::admin {
namespace {

constexpr std::string_view parameters[] = {"after", "limit", "wait"};
constexpr std::uint64_t wait_max = 30;

Result<Seconds, Problem> wait_of(const oauth::Form& query) {
  const auto text = query.get("wait").value_or("0");
  std::uint64_t wait = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), wait);
  if (error != std::errc() || end != text.data() + text.size() || wait > wait_max)
    return Fail{Problem(ProblemType::invalid_request, "Send whole seconds, at most 30.", "wait")};
  return Seconds(wait);
}

// What the request goes on from: a stream that is resumed says so by its Last-Event-ID. None: it names no place.
Result<std::optional<FeedPlace>, Problem> place_named(const Visit& visit, const oauth::Form& query, bool stream) {
  const bool resumed = stream && visit.call.request.count("Last-Event-ID") > 0;
  const auto after = query.get("after");
  if (!resumed && !after) return std::optional<FeedPlace>();
  const auto place = parse_feed_place(resumed ? visit.call.request.header("Last-Event-ID").value_or("") : *after);
  if (place) return place;
  return Fail{Problem(ProblemType::invalid_request, "Send the place that you were told last, as it was told.",
                      resumed ? "Last-Event-ID" : "after")};
}

// `last` and `place`: how far this page went, to go on from; `newest`: where the sequence ends.
std::string page_text(json::array items, const FeedPlace& place, std::uint64_t newest) {
  return json::serialize(json::object{{"items", std::move(items)},
                                      {"last", place.seq},
                                      {"place", text_of(place)},
                                      {"newest", std::max(newest, place.seq)}});
}

Result<std::string, Fault> page_after(App& app, std::string_view tenant, FeedPlace place, std::size_t limit) {
  TRY(auto page, app.store.revocations_of(tenant, place.seq, limit));
  json::array items;
  for (const auto& revocation : page.entries) {
    items.push_back(delegation::to_json(revocation));
    place = feed_place(revocation);
  }
  if (page.entries.size() < limit && page.last > place.seq) place = {page.last, page.last_tag};
  return page_text(std::move(items), place, page.last);
}

// The answer to one who waits: its body comes when there is something to say, or when the time is over. Who was stopped
// meanwhile hears nothing (A28), not even of a newer end: the page is empty, and asking again is refused.
class LongPoll final : public http::Feed {
 public:
  LongPoll(const Visit& visit, const FeedPlace& place, std::size_t limit, Seconds wait)
      : app_(visit.app),
        tenant_(visit.call.tenant),
        token_(visit, revocations_scope),
        place_(place),
        limit_(limit),
        seen_(visit.call.now),
        until_(visit.call.now + wait) {}

  void listen(std::function<void()> wake) override { listening_.emplace(app_.bulletin, tenant_, std::move(wake)); }
  bool finished() const override { return finished_; }
  // An empty page: whoever waits asks again, elsewhere or when the server is back.
  std::string farewell() override {
    const auto last = app_.bulletin.last(tenant_);
    return page_text({}, place_, last ? *last : 0);
  }
  std::string next() override {
    if (finished_) return {};
    const auto last = app_.bulletin.last(tenant_);
    const auto now = app_.clock.now();
    const bool set_back = now < std::exchange(seen_, now);  // then nobody knows how long it has waited
    if (last && *last <= place_.seq && now < until_ && !set_back) return {};
    finished_ = true;
    token_.look_again();
    if (token_.good()) {
      auto text = page_after(app_, tenant_, place_, limit_);
      if (text) return std::move(text).take();
    }
    return page_text({}, place_, 0);
  }

 private:
  App& app_;
  const std::string tenant_;
  StreamToken token_;
  const FeedPlace place_;
  const std::size_t limit_;
  Instant seen_;  // the time when it was asked last
  const Instant until_;
  bool finished_ = false;
  std::optional<Bulletin::Listening> listening_;
};

}  // namespace

Result<Done, Problem> check_place(const Visit& visit, const FeedPlace& place) {
  const auto gone = [](std::string why) {
    why.append(": take GET /v1/revocations/snapshot and go on from its place.");
    return Fail{Problem(ProblemType::gone, std::move(why), "after")};
  };
  // From the entry before it on: the first one read is the one that it names, where that is kept.
  TRY(const auto page, visit.app.store.revocations_of(visit.call.tenant, place.seq == 0 ? 0 : place.seq - 1, 1));
  if (place.seq < page.purged) return gone("Entries after this one are purged");
  // What is told and what is read may each be a moment behind the other, and the caller may have it from either.
  TRY(const auto told, visit.app.bulletin.last(visit.call.tenant));
  if (place.seq > std::max(page.last, told)) return gone("The sequence ends before this one");
  if (place.tag == 0) return Done{};
  std::uint64_t tag = page.last == place.seq ? page.last_tag : 0;
  if (!page.entries.empty() && page.entries[0].seq == place.seq) tag = page.entries[0].tag;
  if (place.tag == tag) return Done{};
  return gone("This one is purged, or of a history that the server's store was set back from");
}

Outcome list_revocations(Visit& visit) {
  TRY(auto all, whole_tenant(visit));
  TRY(auto query, query_of(visit, parameters));
  TRY(auto limit, limit_of(visit, query));
  TRY(const auto wait, wait_of(query));
  const bool stream = wants_stream(visit);
  TRY(const auto named, place_named(visit, query, stream));
  // Who names no place has none to be behind: what is kept is all there is to hear.
  if (named) {
    TRY(auto checked, check_place(visit, *named));
  }
  const auto place = named.value_or(FeedPlace());
  if (stream) return follow_revocations(visit, place.seq);
  TRY(auto last, visit.app.bulletin.last(visit.call.tenant));
  if (wait > Seconds(0) && last <= place.seq) {
    auto response = json_response(200, "");
    response.feed = std::make_shared<LongPoll>(visit, place, limit, wait);
    return Answer{.response = std::move(response), .writes = {}, .refused = {}};
  }
  TRY(auto text, page_after(visit.app, visit.call.tenant, place, limit));
  return Answer{.response = json_response(200, std::move(text)), .writes = {}, .refused = {}};
}

}  // namespace deputy::endpoints::admin
