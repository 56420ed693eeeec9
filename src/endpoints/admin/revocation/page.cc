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

Result<std::uint64_t, Problem> number_of(const oauth::Form& query, std::string_view name, std::string_view sentence) {
  const auto text = query.get(name).value_or("0");
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    return Fail{Problem(ProblemType::invalid_request, std::string(sentence), std::string(name))};
  return number;
}

// `last`: how far this page went, to go on from; `newest`: where the sequence ends.
Result<std::string, Fault> page_text(App& app, std::string_view tenant, std::uint64_t after, std::size_t limit) {
  TRY(auto page, app.store.revocations_of(tenant, after, limit));
  json::array items;
  auto last = after;
  for (const auto& revocation : page.entries) {
    items.push_back(delegation::to_json(revocation));
    last = revocation.seq;
  }
  if (page.entries.size() < limit) last = std::max(last, page.last);
  return json::serialize(json::object{
      {"items", std::move(items)}, {"last", last}, {"newest", std::max(page.last, last)}});
}

// The answer to one who waits: its body comes when there is something to say, or when the time is over. Who was stopped
// meanwhile hears nothing (A28), not even of a newer end: the page is empty, and asking again is refused.
class LongPoll final : public http::Feed {
 public:
  LongPoll(const Visit& visit, std::uint64_t after, std::size_t limit, Seconds wait)
      : app_(visit.app),
        tenant_(visit.call.tenant),
        token_(visit, revocations_scope),
        after_(after),
        limit_(limit),
        seen_(visit.call.now),
        until_(visit.call.now + wait) {}

  void listen(std::function<void()> wake) override { listening_.emplace(app_.bulletin, tenant_, std::move(wake)); }
  bool finished() const override { return finished_; }
  // An empty page: whoever waits asks again, elsewhere or when the server is back.
  std::string farewell() override {
    const auto last = app_.bulletin.last(tenant_);
    return json::serialize(json::object{
        {"items", json::array()}, {"last", after_}, {"newest", last ? std::max(*last, after_) : after_}});
  }
  std::string next() override {
    if (finished_) return {};
    const auto last = app_.bulletin.last(tenant_);
    const auto now = app_.clock.now();
    const bool set_back = now < std::exchange(seen_, now);  // then nobody knows how long it has waited
    if (last && *last <= after_ && now < until_ && !set_back) return {};
    finished_ = true;
    token_.look_again();
    if (token_.good()) {
      auto text = page_text(app_, tenant_, after_, limit_);
      if (text) return std::move(text).take();
    }
    return json::serialize(json::object{{"items", json::array()}, {"last", after_}, {"newest", after_}});
  }

 private:
  App& app_;
  const std::string tenant_;
  StreamToken token_;
  const std::uint64_t after_;
  const std::size_t limit_;
  Instant seen_;  // the time when it was asked last
  const Instant until_;
  bool finished_ = false;
  std::optional<Bulletin::Listening> listening_;
};

}  // namespace

Result<Done, Problem> check_kept(const Visit& visit, std::uint64_t after) {
  TRY(auto head, visit.app.store.revocations_of(visit.call.tenant, after, 0));
  if (after < head.purged)
    return Fail{Problem(ProblemType::gone,
                        "Entries after this one are purged: take GET /v1/revocations/snapshot and go on from its seq.",
                        "after")};
  // What is told and what is read may each be a moment behind the other, and the caller may have it from either.
  TRY(const auto told, visit.app.bulletin.last(visit.call.tenant));
  if (after <= std::max(head.last, told)) return Done{};
  return Fail{Problem(ProblemType::gone,
                      "The sequence ends before this one: take GET /v1/revocations/snapshot and go on from its seq.",
                      "after")};
}

Outcome list_revocations(Visit& visit) {
  TRY(auto all, whole_tenant(visit));
  TRY(auto query, query_of(visit, parameters));
  TRY(auto limit, limit_of(visit, query));
  TRY(auto after, number_of(query, "after", "Send the seq of the last revocation you have."));
  TRY(auto wait, number_of(query, "wait", "Send whole seconds, at most 30."));
  if (wait > wait_max) return Fail{Problem(ProblemType::invalid_request, "Send whole seconds, at most 30.", "wait")};
  const bool stream = wants_stream(visit);
  std::optional<std::uint64_t> resumed;
  if (stream) {
    TRY(const auto last, last_event_id(visit));
    resumed = last;
  }
  if (resumed) after = *resumed;
  // Who names no place has none to be behind: what is kept is all there is to hear.
  if (resumed || query.get("after")) {
    TRY(auto kept, check_kept(visit, after));
  }
  if (stream) return follow_revocations(visit, after);
  TRY(auto last, visit.app.bulletin.last(visit.call.tenant));
  if (wait > 0 && last <= after) {
    auto response = json_response(200, "");
    response.feed = std::make_shared<LongPoll>(visit, after, limit, Seconds(wait));
    return Answer{.response = std::move(response), .writes = {}, .refused = {}};
  }
  TRY(auto text, page_text(visit.app, visit.call.tenant, after, limit));
  return Answer{.response = json_response(200, std::move(text)), .writes = {}, .refused = {}};
}

}  // namespace deputy::endpoints::admin
