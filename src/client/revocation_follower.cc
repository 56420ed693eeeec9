// Following: a snapshot, then entries that link to each other, then heartbeats that say where the end is.
#include "client/revocation_follower.h"

#include <algorithm>

#include "base/log.h"
#include "base/metrics.h"
#include "delegation/revocation_json.h"
#include "directory/instant.h"
#include "jose/jwt.h"

namespace deputy::client {
namespace {

constexpr Millis pause{200}, pause_max{5000};
constexpr Seconds taking_max{3600};  // that a snapshot is on its way
constexpr Seconds ahead_max{1};      // of our clock, by the server's beats

metrics::Counter& stale_verdicts() {
  static auto one = metrics::counter("deputy_revocation_stale_total",
                                     "Tokens refused because what is known of revocations was too old.");
  return one;
}

Fail<Refusal> unusable(std::string sentence) {
  return Fail{Refusal{.status = 0, .code = "answer", .sentence = std::move(sentence), .field = {},
                      .correlation_id = {}}};
}

// May asking again help? Not where the server has understood and says no: also not where it gives this client no token
// (RFC 6749 §5.2, RFC 8707 §2).
bool is_final(const Refusal& refusal) {
  for (const std::string_view code : {"invalid_client", "unauthorized_client", "invalid_scope", "invalid_target"})
    if (refusal.code == code) return true;
  return refusal.status == 403 || refusal.status == 404;
}

}  // namespace

Result<Done, Refusal> RevocationFollower::run() {
  stale_verdicts().add(0);  // it is there before the first
  Millis wait = pause;
  while (!stopping_) {
    if (!whole_) {
      const auto taken = take_snapshot();
      if (!taken) {
        if (is_final(taken.error())) return Fail{taken.error()};
        log::line(log::Level::warn, "revocation_snapshot_failed", {{"detail", taken.error().sentence}});
        api_.transport().wait(wait);
        wait = std::min(wait * 2, pause_max);
        continue;
      }
    }
    const auto beat_before = last_beat_;
    auto followed = follow_once();
    if (!followed) {
      if (is_final(followed.error())) return Fail{followed.error()};
      log::line(log::Level::warn, "revocation_feed_failed", {{"detail", followed.error().sentence}});
    }
    if (followed && !*followed) whole_ = false;
    wait = last_beat_ && last_beat_ != beat_before ? pause : std::min(wait * 2, pause_max);
    if (!stopping_) api_.transport().wait(wait);
  }
  return Done{};
}

Result<Done, Refusal> RevocationFollower::take_snapshot() {
  TRY(const Discovery found, api_.server());
  const auto asked = clock_.now();
  TRY(const std::string text,
      api_.fetch("/revocations/snapshot", "application/revocation-snapshot+jwt", snapshot_octets_max_));
  auto document = api_.transport().send({.method = "GET", .url = found.jwks_uri, .body = {}, .content_type = {},
                                   .headers = {{"Accept", "application/jwk-set+json, application/json"}}});
  if (!document) return Fail{refusal_of(document.error(), found.jwks_uri)};
  if (document->status != 200) return Fail{refusal_of(*document)};
  const auto keys = jose::JwkSet::parse(document->body);
  if (!keys) return unusable("the server's keys cannot be used: " + keys.error().detail);
  const auto audience = found.issuer + "/v1/revocations";
  jose::Expect expect{.types = {"revocation-snapshot+jwt"}, .issuer = found.issuer, .audience = audience,
                      .octets_max = snapshot_octets_max_};
  // It is as new as when it was asked for: a large one takes its time to come.
  const auto taken = clock_.now();
  expect.leeway += std::chrono::ceil<Seconds>(std::clamp<Millis>(taken - asked, Millis(0), taking_max));
  const auto verified = jose::verify(text, *keys, expect, taken);
  if (!verified)
    return unusable("the snapshot is not this server's, or not a new one: " + std::string(name_of(verified.error())));
  const auto seq = json_integer(verified->claims, "seq");
  const auto place = json_text(verified->claims, "place");
  const auto* entries = json_member_array(verified->claims, "revocations");
  if (!seq || *seq < 0 || !place || place->empty() || entries == nullptr)
    return unusable("the snapshot does not say how far it goes");
  // An old one, replayed, would take back how far we are. A store that was set back does not know our place; what was
  // heard before is kept all the same.
  if (static_cast<std::uint64_t>(*seq) < position_ && !place_is_gone())
    return unusable("the snapshot ends before what is known already");
  TRY(auto done, take_entries(*entries, static_cast<std::uint64_t>(*seq)));
  place_ = *place;
  whole_ = placed_ = true;
  return Done{};
}

// Who had a place hears of what came between it and the snapshot's; and of what is before it and news, for then the
// history is another. What is beyond the snapshot's place, the stream tells.
Result<Done, Refusal> RevocationFollower::take_entries(const json::array& entries, std::uint64_t seq) {
  for (const auto& entry : entries) {
    auto revocation = entry.is_object() ? delegation::revocation_of(entry.get_object())
                                        : Fail{Fault{Fault::Kind::invalid, "an entry is no object"}};
    if (!revocation) return unusable("the snapshot cannot be read: " + revocation.error().detail);
    const bool news = set_.add(*revocation), behind = revocation->seq <= position_;
    if (!placed_ || revocation->seq > seq || (behind && !news)) continue;
    if (!behind) position_ = revocation->seq;
    if (on_entry_ && !stopping_) on_entry_(*revocation);
  }
  position_ = seq;
  return Done{};
}

bool RevocationFollower::place_is_gone() {
  const auto asked = api_.get("/revocations", {{"after", place_}, {"limit", "1"}});
  return !asked && asked.error().status == 410;
}

Result<bool, Refusal> RevocationFollower::follow_once() {
  opened_ = clock_.now();
  first_beat_.reset();
  last_beat_.reset();
  auto reply = api_.stream("/revocations", {}, place_,
                           [&](const ServerSentEvent& event) { return hear(event) && !stopping_; });
  if (!reply) {
    if (reply.error().status == 410) return lost();  // what came next is purged, or our place is of another history
    return std::move(reply).fail();
  }
  return whole_;
}

bool RevocationFollower::hear(const ServerSentEvent& event) {
  auto body = parse_json_object(event.data, {.depth_max = 8, .bytes_max = 1024 * 1024});
  if (!body) return lost();
  if (event.event == "heartbeat") return hear_heartbeat(*body);
  if (event.event == "revocation") return hear_entry(*body, event.id);
  return true;
}

bool RevocationFollower::hear_entry(const json::object& document, const std::string& place) {
  const auto revocation = delegation::revocation_of(document);
  if (!revocation || place.empty()) return lost();
  if (revocation->seq <= position_) return true;          // heard before: replayed, or told twice
  if (revocation->previous > position_) return lost();    // one in between was not told
  set_.add(*revocation);
  position_ = revocation->seq;
  place_ = place;
  if (on_entry_) on_entry_(*revocation);
  return true;
}

bool RevocationFollower::hear_heartbeat(const json::object& document) {
  const auto last = json_integer(document, "last");
  const auto now = directory::parse_rfc3339(json_text(document, "now").value_or(""));
  // A sequence that ends elsewhere than ours: cut off, or another one.
  if (!last || !now || static_cast<std::uint64_t>(*last) != position_) return lost();
  if (!first_beat_) first_beat_ = now;
  if (last_beat_ && *now <= *last_beat_) return true;  // an old one proves nothing
  last_beat_ = now;
  const auto as_of = opened_ + (*now - *first_beat_);
  const auto here = clock_.now();
  // One of the clocks was set: how long their beats took is not known before the next connection's.
  if (as_of > here + ahead_max) return false;
  as_of_ms_ = unix_millis(as_of);
  set_.purge(std::min(here, *now) - set_back_max);  // either clock may be ahead for a while
  return true;
}

bool RevocationFollower::lost() {
  whole_ = false;
  as_of_ms_ = 0;
  return false;
}

std::optional<Instant> RevocationFollower::as_of() const {
  const auto millis = as_of_ms_.load();
  return millis == 0 ? std::nullopt : std::optional(from_unix_millis(millis));
}

bool RevocationFollower::fresh(Instant now, Seconds max_staleness) const {
  const auto known = as_of();
  if (!known) return false;
  // A clock that was set back says nothing of the time that has passed.
  return now - *known <= max_staleness && *known - now <= ahead_max;
}

RevocationFollower::Verdict RevocationFollower::judge(const delegation::TokenView& token,
                                                      Seconds max_staleness) const {
  // What is known to be dead is dead, however old the knowledge.
  if (set_.kills("", token)) return Verdict::dead;
  if (fresh(clock_.now(), max_staleness)) return Verdict::live;
  stale_verdicts().add();
  return Verdict::stale;
}

}  // namespace deputy::client
