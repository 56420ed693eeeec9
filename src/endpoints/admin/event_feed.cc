// A stream asks again, each second, whether its token is still good: it must not outlive what it was opened by.
#include "endpoints/admin/event_feed.h"

#include <charconv>

#include "base/secret.h"
#include "endpoints/admin/event.h"

namespace deputy::endpoints::admin {
namespace {

constexpr std::string_view scope = "events:read";
constexpr std::size_t events_max = 200;  // a call of next()

class EventFeed final : public http::Feed {
 public:
  EventFeed(const Visit& visit, store::EventFilter filter, std::uint64_t after)
      : app_(visit.app),
        tenant_(visit.call.tenant),
        issuer_(visit.call.issuer),
        token_(token_of(visit)),
        filter_(std::move(filter)),
        after_(after),
        checked_(visit.call.now) {}

  std::string next() override {
    std::string text = heartbeat();
    if (finished_) return text;
    const auto newest = app_.store.last_event();
    const auto page = app_.store.events(tenant_, filter_, {.after = after_, .limit = events_max});
    if (!newest || !page) {  // the reader reconnects with its Last-Event-ID and misses nothing
      finished_ = true;
      return text;
    }
    for (const auto& event : page->events) {
      text.append("id: ").append(std::to_string(event.seq)).append("\nevent: event\ndata: ");
      text.append(event_text(event)).append("\n\n");  // JSON text of ours has no line break in it
      after_ = event.seq;
    }
    // Nothing more matches up to there: what does not match is not looked at twice.
    after_ = std::max(after_, page->last != 0 ? page->last : *newest);
    return text;
  }
  bool finished() const override { return finished_; }

 private:
  static Secret token_of(const Visit& visit) {
    const auto header = visit.call.request.header("Authorization").value_or("");
    return Secret(header.substr(header.rfind(' ') + 1));
  }

  // A comment each second, so that both ends notice when the other is gone.
  std::string heartbeat() {
    const auto now = app_.clock.now();
    if (now < checked_ + Seconds(1)) return {};
    checked_ = now;
    const auto caller = authenticate_token(token_.reveal(), tenant_, issuer_, app_, scope, now);
    finished_ = !caller || !reach_of(*caller, tenant_, issuer_, app_, scope).all;
    return ": alive\n\n";
  }

  App& app_;
  const std::string tenant_, issuer_;
  const Secret token_;
  const store::EventFilter filter_;
  std::uint64_t after_;
  Instant checked_;
  bool finished_ = false;
};

std::optional<std::uint64_t> last_event_id(const Visit& visit) {
  const auto text = visit.call.request.header("Last-Event-ID");
  if (!text) return std::nullopt;
  std::uint64_t seq = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seq);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return seq;
}

}  // namespace

Outcome follow_events(Visit& visit, store::EventFilter filter, std::optional<std::uint64_t> after) {
  if (const auto last = last_event_id(visit)) after = last;
  if (!after) {
    TRY(auto newest, visit.app.store.last_event());
    after = newest;
  }
  http::Response response;
  response.content_type = "text/event-stream";
  response.headers = {{"Cache-Control", "no-store"}};
  response.body = ": following\n\n";
  response.feed = std::make_shared<EventFeed>(visit, std::move(filter), *after);
  return Answer{.response = std::move(response), .writes = {}, .refused = {}};
}

}  // namespace deputy::endpoints::admin
