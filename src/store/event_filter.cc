// A search for each wanted member's bytes, then, for the few events that hold all of them, a parse to be certain.
#include "store/event_filter.h"

#include <algorithm>
#include <cstring>

namespace deputy::store {
namespace {

constexpr JsonLimits event_limits{.depth_max = 64, .bytes_max = 16 * 1024 * 1024};

bool holds(std::string_view body, const std::vector<std::string>& needles) {
  for (const auto& needle : needles) {
    const auto at = ::memmem(body.data(), body.size(), needle.data(), needle.size());
    if (at == nullptr) return false;
    body.remove_prefix(static_cast<std::size_t>(static_cast<const char*>(at) - body.data()) + needle.size());
  }
  return true;
}

}  // namespace

EventMatcher::EventMatcher(std::string_view tenant, const EventFilter& filter)
    : tenant_(tenant), from_(filter.from), to_(filter.to) {
  std::string_view action = filter.action;
  const bool prefix = action.ends_with('*');
  if (prefix) action.remove_suffix(1);
  want("jti", filter.jti);
  want("correlation_id", filter.correlation_id);
  want("target", filter.target);
  want_among({"delegations"}, filter.delegation);
  want("actor", filter.actor);
  want("subject", filter.subject);
  want_among({"chain"}, filter.chain);
  want("client", filter.client);
  want("owner", filter.owner);
  want_among({"resource", "resources"}, filter.resource);
  want("action", action, prefix);
  want("decision", filter.decision);
}

void EventMatcher::want(std::string_view member, std::string_view value, bool prefix) {
  if (value.empty()) return;
  std::string needle;
  append_json_string(needle, member);
  needle.push_back(':');
  append_json_string(needle, value);
  if (prefix) needle.pop_back();  // the closing quote
  conditions_.push_back({{member}, std::string(value), prefix, {std::move(needle)}});
}

void EventMatcher::want_among(std::vector<std::string_view> members, std::string_view value) {
  if (value.empty()) return;
  // All members' names begin as the first one's does. The value alone is in most events of whoever acts for itself.
  std::string start = "\"", needle;
  start.append(members.front());
  append_json_string(needle, value);
  conditions_.push_back({std::move(members), std::string(value), false, {std::move(start), std::move(needle)}});
}

bool EventMatcher::Condition::holds_of(const json::object& event) const {
  const auto is_it = [&](const json::value& found) {
    if (!found.is_string()) return false;
    const std::string_view text = found.get_string();
    return prefix ? text.starts_with(value) : text == value;
  };
  return std::any_of(members.begin(), members.end(), [&](const auto& member) {
    const auto* found = event.if_contains(member);
    if (found == nullptr) return false;
    if (!found->is_array()) return is_it(*found);
    return std::any_of(found->get_array().begin(), found->get_array().end(), is_it);
  });
}

bool EventMatcher::matches(std::string_view tenant, Instant at, std::string_view body) const {
  if (body.empty()) return false;  // dropped: there is nothing to show of it
  if (tenant != tenant_ || (from_ && at < *from_) || (to_ && at >= *to_)) return false;
  for (const auto& condition : conditions_)
    if (!holds(body, condition.needles)) return false;
  return conditions_.empty() || confirmed(body);
}

// The bytes may also stand inside another member (`changes`), so the event itself is asked.
bool EventMatcher::confirmed(std::string_view body) const {
  const auto event = parse_json_object(body, event_limits);
  if (!event) return false;
  return std::all_of(conditions_.begin(), conditions_.end(),
                     [&](const auto& condition) { return condition.holds_of(*event); });
}

std::string event_id_of(std::string_view id_or_jti) {
  constexpr std::string_view jti = "jti_";
  if (!id_or_jti.starts_with(jti)) return std::string(id_or_jti);
  return "evt_" + std::string(id_or_jti.substr(jti.size()));
}

}  // namespace deputy::store
