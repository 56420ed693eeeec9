// Reading and writing of deliveries.
#include "tokens/logout_delivery.h"

#include <array>
#include <numeric>

#include "base/id.h"
#include "base/json.h"

namespace deputy::tokens {
namespace {

constexpr std::array<std::int64_t, 10> pauses_s{30, 60, 120, 300, 900, 1800, 3600, 7200, 14'400, 28'800};
constexpr std::string_view due_index = "due";

// In the order of time: sixteen digits, and none has a sign.
std::string due_value(Instant due) {
  constexpr std::string_view digits = "0123456789abcdef";
  auto rest = static_cast<std::uint64_t>(unix_millis(due)) ^ std::uint64_t{1} << 63;
  std::string value(16, '0');
  for (auto digit = value.rbegin(); digit != value.rend(); ++digit, rest >>= 4) *digit = digits[rest & 15];
  return value;
}

}  // namespace

store::Write tell_clients(EndedSession session, Instant now, Random& random) {
  return put_delivery({.id = make_id("lgd", now, random), .session = std::move(session), .due = now}, now);
}

store::Put put_delivery(const LogoutDelivery& delivery, Instant now) {
  constexpr Seconds kept{3 * 86'400};  // purge never takes one that is still tried
  const auto& session = delivery.session;
  const json::object body{{"tenant", session.tenant}, {"issuer", session.issuer},
                          {"user", session.user},     {"sid", session.sid},
                          {"client", delivery.client}, {"attempts", delivery.attempts},
                          {"due", unix_millis(delivery.due)}};
  return {.record = {.kind = store::Kind::logout_delivery,
                     .tenant = std::string(deliveries_tenant),
                     .id = delivery.id,
                     .under = delivery.id,
                     .created_at = now,
                     .updated_at = now,
                     .body = json::serialize(body),
                     .until = now + kept},
          .expected_version = delivery.version,
          .indexes = {store::Index{.name = std::string(due_index), .value = due_value(delivery.due)}}};
}

store::Remove remove_delivery(const LogoutDelivery& delivery) {
  return {std::string(deliveries_tenant), store::Kind::logout_delivery, delivery.id, delivery.version};
}

std::optional<LogoutDelivery> read_delivery(const store::Record& record) {
  const auto body = parse_stored(record.body);
  if (!body) return std::nullopt;
  const auto attempts = json_integer(*body, "attempts"), due = json_integer(*body, "due");
  if (!attempts || !due) return std::nullopt;
  return LogoutDelivery{.id = record.id,
                        .version = record.version,
                        .session = {text_of(*body, "tenant"), text_of(*body, "issuer"), text_of(*body, "user"),
                                    text_of(*body, "sid")},
                        .client = text_of(*body, "client"),
                        .attempts = static_cast<int>(*attempts),
                        .due = from_unix_millis(*due)};
}

std::optional<Seconds> pause_after(int attempts) {
  const auto at = static_cast<std::size_t>(attempts - 1);
  return at < pauses_s.size() ? std::optional(Seconds(pauses_s[at])) : std::nullopt;
}

std::array<DueSpan, 2> due_at(Instant now) {
  return {DueSpan{Instant::min(), now}, {now + Seconds(pauses_s.back()) + set_back_max + Millis(1), Instant::max()}};
}

DueSpan not_due_at(Instant now) {
  const auto [due, due_too] = due_at(now);
  return {due.second + Millis(1), due_too.first - Millis(1)};
}

bool is_due(const LogoutDelivery& delivery, Instant now) {
  const auto [from, to] = not_due_at(now);
  return delivery.due < from || delivery.due > to;
}

store::Page due_page(DueSpan span, std::size_t limit, const LogoutDelivery* after) {
  const auto& [from, to] = span;
  return {.after = after == nullptr ? std::string() : after->id,
          .limit = limit,
          .where = store::Index{.name = std::string(due_index),
                                .value = due_value(after == nullptr ? from : after->due)},
          .through = due_value(to)};
}

Instant stale_at(const LogoutDelivery& delivery) {
  constexpr Seconds all(std::accumulate(pauses_s.begin(), pauses_s.end(), std::int64_t{0}));
  const auto id = id_uuid(delivery.id);
  return id ? from_unix_millis(static_cast<std::int64_t>(id->high >> 16)) + all : Instant();
}

}  // namespace deputy::tokens
