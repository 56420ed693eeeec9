// The audit log's stream.
#include "endpoints/admin/event_feed.h"

#include "endpoints/admin/event.h"
#include "endpoints/admin/frame/stream_token.h"

namespace deputy::endpoints::admin {
namespace {

constexpr std::string_view scope = "events:read";
constexpr std::size_t events_max = 200;  // a call of next()
constexpr std::size_t scan_max = 2000;   // rows it looks at: a reactor has others to serve

class EventFeed final : public http::Feed {
 public:
  EventFeed(const Visit& visit, store::EventFilter filter, std::uint64_t after)
      : app_(visit.app),
        tenant_(visit.call.tenant),
        token_(visit, scope),
        filter_(std::move(filter)),
        after_(after) {}

  void listen(std::function<void()> wake) override { wake_ = std::move(wake); }
  bool finished() const override { return finished_; }

  std::string next() override {
    std::string text;
    const bool beat = token_.second_passed();
    finished_ = finished_ || !token_.good();
    if (finished_) return text;
    if (!read(text)) finished_ = true;  // the reader reconnects with its Last-Event-ID and misses nothing
    // So that both ends notice when the other is gone; and who has heard of no event knows its place all the same.
    if (beat) text.append(": alive\nid: ").append(std::to_string(after_)).append("\n\n");
    return text;
  }

 private:
  bool read(std::string& text) {
    const auto newest = app_.store.last_event();
    const auto page =
        app_.store.events(tenant_, filter_, {.after = after_, .limit = events_max, .scan = scan_max});
    if (!newest || !page) return false;
    for (const auto& event : page->events) {
      text.append("id: ").append(std::to_string(event.seq)).append("\nevent: event\ndata: ");
      text.append(event_text(event)).append("\n\n");  // JSON text of ours has no line break in it
      after_ = event.seq;
    }
    // Nothing more matches up to there: what does not match is not looked at twice.
    after_ = std::max(after_, page->last != 0 ? page->last : *newest);
    if (page->last != 0 && wake_) wake_();  // there is more, to be asked for at once
    return true;
  }

  App& app_;
  const std::string tenant_;
  StreamToken token_;
  const store::EventFilter filter_;
  std::uint64_t after_;
  bool finished_ = false;
  std::function<void()> wake_;
};

}  // namespace

Outcome follow_events(Visit& visit, store::EventFilter filter, std::optional<std::uint64_t> after) {
  TRY(const auto last, last_event_id(visit));
  if (last) after = last;
  TRY(auto newest, visit.app.store.last_event());
  // Whoever is beyond the end is ahead of a store that was set back, and would miss all that is numbered anew.
  if (after && *after > newest)
    return Fail{Problem(ProblemType::gone, "The log ends before this event: begin anew, without a Last-Event-ID.",
                        "Last-Event-ID")};
  const auto place = after.value_or(newest);
  return Answer{.response = stream_response(std::make_shared<EventFeed>(visit, std::move(filter), place), place),
                .writes = {},
                .refused = {}};
}

}  // namespace deputy::endpoints::admin
