// The revocation feed as server-sent events: each entry as its commit is heard of, and each second a heartbeat that
// says where the sequence ends, so that silence cannot pass for nothing new.
#include "endpoints/admin/frame/stream_token.h"
#include "endpoints/admin/revocation/bulletin.h"
#include "endpoints/admin/revocation/revocation.h"

namespace deputy::endpoints::admin {
namespace {

constexpr std::size_t catch_up = 500;  // entries a call of next(), from the store

class RevocationFeed final : public http::Feed {
 public:
  RevocationFeed(const Visit& visit, std::uint64_t after)
      : app_(visit.app),
        tenant_(visit.call.tenant),
        token_(visit, revocations_scope),
        after_(after),
        lag_(metrics::histogram("deputy_revocation_feed_lag_seconds",
                                "From the commit of a revocation to its way to a follower.")) {}

  void listen(std::function<void()> wake) override {
    listening_.emplace(app_.bulletin, tenant_, wake);
    wake_ = std::move(wake);
  }
  std::chrono::milliseconds pause() const override { return Seconds(1); }
  bool finished() const override { return finished_; }

  std::string next() override {
    std::string text;
    beat_due_ = token_.second_passed() || beat_due_;
    finished_ = finished_ || !token_.good();
    if (finished_) return text;
    const auto news = app_.bulletin.after(tenant_, after_);
    if (!news || (!news->whole && !read_store(text))) {
      finished_ = true;  // the follower reconnects with its Last-Event-ID and misses nothing
      return text;
    }
    if (news->whole) tell(*news, text);
    // Only who has heard all may be told where the end is; and who has heard more, from the store, than the bulletin
    // knew of, not before it knows: an end behind a follower's place is another sequence's.
    if (beat_due_ && after_ == news->last) heartbeat(news->last, text);
    return text;
  }

 private:
  void tell(const Bulletin::News& news, std::string& text) {
    const auto now = std::chrono::steady_clock::now();
    for (const auto& entry : news.entries) {
      text.append(*entry.text);
      lag_.observe(std::chrono::duration<double>(now - entry.at).count());
    }
    after_ = std::max(after_, news.last);
  }

  bool read_store(std::string& text) {
    const auto page = app_.store.revocations_of(tenant_, after_, catch_up);
    if (!page) return false;
    for (const auto& revocation : page->entries) {
      text.append(event_text(revocation));
      after_ = revocation.seq;
    }
    if (page->entries.size() < catch_up) after_ = std::max(after_, page->last);
    else if (wake_) wake_();  // there is more, to be asked for at once
    return true;
  }

  void heartbeat(std::uint64_t last, std::string& text) {
    beat_due_ = false;
    text.append("event: heartbeat\ndata: {\"last\":").append(std::to_string(last));
    text.append(",\"now\":\"").append(rfc3339(app_.clock.now())).append("\"}\n\n");
  }

  App& app_;
  const std::string tenant_;
  StreamToken token_;
  std::uint64_t after_;
  bool beat_due_ = true, finished_ = false;
  std::function<void()> wake_;
  std::optional<Bulletin::Listening> listening_;
  metrics::Histogram lag_;
};

}  // namespace

Outcome follow_revocations(Visit& visit, std::uint64_t after) {
  return Answer{.response = stream_response(std::make_shared<RevocationFeed>(visit, after)),
                .writes = {},
                .refused = {}};
}

}  // namespace deputy::endpoints::admin
