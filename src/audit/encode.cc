// An event as text: members in one order, empty ones left out, written straight into one string.
#include "audit/event.h"

namespace deputy::audit {
namespace {

constexpr std::array<std::string_view, 3> decisions{"granted", "refused", "done"};

void member(std::string& out, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  out.append(",\"").append(name).append("\":");
  append_json_string(out, text);
}

void member(std::string& out, std::string_view name, const std::vector<std::string>& list) {
  if (list.empty()) return;
  out.append(",\"").append(name).append("\":[");
  for (const auto& one : list) {
    if (out.back() != '[') out.push_back(',');
    append_json_string(out, one);
  }
  out.push_back(']');
}

}  // namespace

std::string_view name_of(Decision decision) { return decisions[static_cast<std::size_t>(decision)]; }

std::optional<Decision> decision_named(std::string_view name) {
  const auto found = std::find(decisions.begin(), decisions.end(), name);
  if (found == decisions.end()) return std::nullopt;
  return static_cast<Decision>(found - decisions.begin());
}

std::string encode(const Event& event) {
  std::string out = "{\"id\":";
  out.reserve(640);
  append_json_string(out, event.id);
  member(out, "at", rfc3339(event.at));
  member(out, "tenant", event.tenant);
  member(out, "correlation_id", event.correlation_id);
  member(out, "action", event.action);
  member(out, "decision", name_of(event.decision));
  member(out, "reason", event.reason);
  member(out, "actor", event.actor);
  member(out, "client", event.client);
  member(out, "subject", event.subject);
  member(out, "owner", event.owner);
  member(out, "target", event.target);
  member(out, "resource", event.resource);
  member(out, "scope_asked", event.scope_asked);
  member(out, "scope_given", event.scope_given);
  if (!event.details.empty()) out.append(",\"authorization_details\":").append(event.details);
  member(out, "jti", event.jti);
  member(out, "chain", event.chain);
  member(out, "delegations", event.delegations);
  if (!event.changes.empty()) out.append(",\"changes\":").append(event.changes);
  out.push_back('}');
  return out;
}

}  // namespace deputy::audit
