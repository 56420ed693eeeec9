// The audit log's stream.
#include "endpoints/admin/event_feed.h"

#include "endpoints/admin/event.h"
#include "endpoints/admin/event_place.h"
#include "endpoints/admin/frame/stream_token.h"

namespace deputy::endpoints::admin {
namespace {

constexpr std::string_view scope = "events:read";
constexpr std::size_t events_max = 200;  // a call of next()
constexpr std::size_t scan_max = 2000;   // rows it looks at: a reactor has others to serve

class EventFeed final : public http::Feed {
 public:
  EventFeed(const Visit& visit, store::EventFilter filter, const FeedPlace& place)
      : app_(visit.app),
        tenant_(visit.call.tenant),
        token_(visit, scope),
        filter_(std::move(filter)),
        place_(place) {}

  void listen(std::function<void()> wake) override { wake_ = std::move(wake); }
  bool finished() const override { return finished_; }

  std::string next() override {
    std::string text;
    const bool beat = token_.second_passed();
    finished_ = finished_ || !token_.good();
    if (finished_) return text;
    if (!read(text)) finished_ = true;  // the reader reconnects with its Last-Event-ID and misses nothing
    // So that both ends notice when the other is gone; and who has heard of no event knows its place all the same.
    if (beat && !tell_place(text)) finished_ = true;
    return text;
  }

 private:
  bool read(std::string& text) {
    const auto newest = app_.store.last_event();
    const auto page =
        app_.store.events(tenant_, filter_, {.after = place_.seq, .limit = events_max, .scan = scan_max});
    if (!newest || !page) return false;
    for (const auto& event : page->events) {
      place_ = event_place(event);
      text.append("id: ").append(text_of(place_)).append("\nevent: event\ndata: ");
      text.append(event_text(event)).append("\n\n");  // JSON text of ours has no line break in it
    }
    // Nothing more matches up to there: what does not match is not looked at twice.
    const auto passed = page->last != 0 ? page->last : *newest;
    if (passed > place_.seq) place_ = {passed, 0};
    if (page->last != 0 && wake_) wake_();  // there is more, to be asked for at once
    return true;
  }

  // Which event it is that was passed by is looked up only now.
  bool tell_place(std::string& text) {
    const auto place = place_.tag != 0 ? Result<FeedPlace, Fault>(place_) : event_place_at(app_, place_.seq);
    if (!place) return false;
    place_ = *place;
    text.append(": alive\nid: ").append(text_of(place_)).append("\n\n");
    return true;
  }

  App& app_;
  const std::string tenant_;
  StreamToken token_;
  const store::EventFilter filter_;
  FeedPlace place_;
  bool finished_ = false;
  std::function<void()> wake_;
};

}  // namespace

Outcome follow_events(Visit& visit, store::EventFilter filter, const std::optional<FeedPlace>& after) {
  TRY(const auto last, last_event_id(visit));
  const auto named = last ? last : after;
  if (named) {
    TRY(auto checked, check_event_place(visit, *named, last ? "Last-Event-ID" : "cursor"));
  }
  TRY(auto newest, visit.app.store.last_event());
  TRY(const auto place, event_place_at(visit.app, named ? named->seq : newest));
  return Answer{.response = stream_response(std::make_shared<EventFeed>(visit, std::move(filter), place), place),
                .writes = {},
                .refused = {}};
}

}  // namespace deputy::endpoints::admin
