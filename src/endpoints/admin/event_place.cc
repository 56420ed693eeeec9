// A place is held against the event that has its number now.
#include "endpoints/admin/event_place.h"

#include <cstring>

#include "crypto/hash.h"

namespace deputy::endpoints::admin {

FeedPlace event_place(const store::StoredEvent& event) {
  const auto digest = crypto::sha256(event.id);
  std::uint64_t tag = 0;
  static_assert(sizeof(tag) <= std::tuple_size_v<crypto::Digest>);
  std::memcpy(&tag, digest.data(), sizeof(tag));
  return {event.seq, tag | 1};  // 0 is none
}

Result<FeedPlace, Fault> event_place_at(App& app, std::uint64_t seq) {
  if (seq == 0) return FeedPlace();
  TRY(const auto found, app.store.log().entries(seq - 1, 1));
  if (found.empty()) return Fail{Fault{Fault::Kind::not_found, "there is no such event"}};
  return event_place(found.front());
}

Result<Done, Problem> check_event_place(const Visit& visit, const FeedPlace& place, std::string_view parameter) {
  const auto gone = [&](std::string why) {
    why.append(": its store was set back. Begin anew, without a ").append(parameter).append(".");
    return Fail{Problem(ProblemType::gone, std::move(why), std::string(parameter))};
  };
  TRY(const auto newest, visit.app.store.last_event());
  // Whoever is beyond the end would miss all that is numbered anew.
  if (place.seq > newest) return gone("The log ends before this event");
  if (place.tag == 0) return Done{};
  TRY(const auto now, event_place_at(visit.app, place.seq));
  // Histories are made event by event: two that share this one share all before it.
  if (now.tag != place.tag) return gone("The log has another event at this place");
  return Done{};
}

}  // namespace deputy::endpoints::admin
