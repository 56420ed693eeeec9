// The buckets are those of the sign-in throttle; what is left out is added up until it is told.
#include "endpoints/strangers.h"

#include "base/id.h"
#include "base/metrics.h"

namespace deputy::endpoints {
namespace {

constexpr Seconds calm{5}, told_every{60};
constexpr std::size_t remembered_max = 10'000;

signin::Bucket bucket_of(const Strangers::Limits& limits) {
  return {limits.writes_burst, std::chrono::duration<double>(1 / limits.writes_per_s)};
}

metrics::Counter& not_recorded() {
  static auto count = metrics::counter("deputy_refusals_not_recorded_total",
                                       "Refusals of unauthenticated callers beyond the bound of their source, which "
                                       "are no events of their own.");
  return count;
}

}  // namespace

Strangers::Strangers(Limits limits) : sources_(bucket_of(limits), limits.sources_max) {
  (void)not_recorded();  // its series is there before the first
}

void Strangers::limit(const Limits& limits) { sources_.resize(bucket_of(limits)); }

bool Strangers::records(const std::string& source, const audit::Event& refusal) {
  if (!take(source, refusal.at)) return true;
  not_recorded().add();
  std::lock_guard lock(mutex_);
  auto& tally = tallies_[refusal.tenant];
  if (tally.refusals++ == 0) tally.first = refusal.at;
  tally.last = refusal.at;
  if (tally.sources.contains(source)) return false;
  if (remembered_ == remembered_max) {
    tally.more_sources = true;
  } else {
    tally.sources.insert(source);
    ++remembered_;
  }
  return false;
}

audit::Event Strangers::event_of(const std::string& tenant, const Tally& tally, Instant now, Random& random) {
  audit::Event event;
  event.id = make_id("evt", now, random);
  event.at = now;
  event.tenant = tenant;
  event.action = "refusal.count";
  event.decision = audit::Decision::refused;
  event.reason = "beyond the bound of unauthenticated callers, not recorded one by one: refusals: " +
                 std::to_string(tally.refusals) + ", addresses: " + (tally.more_sources ? "at least " : "") +
                 std::to_string(tally.sources.size()) + ", first: " + rfc3339(tally.first) +
                 ", last: " + rfc3339(tally.last);
  return event;
}

store::Writes Strangers::told(Instant now, Random& random, Which which) {
  store::Writes events;
  std::lock_guard lock(mutex_);
  std::erase_if(tallies_, [&](const auto& entry) {
    const auto& [tenant, tally] = entry;
    const bool set_back = now < tally.last;  // a clock that ran back holds up no event
    if (which == Which::due && !set_back && now - tally.last < calm && now - tally.first < told_every) return false;
    events.emplace_back(store::Append{event_of(tenant, tally, now, random)});
    remembered_ -= tally.sources.size();
    return true;
  });
  return events;
}

}  // namespace deputy::endpoints
