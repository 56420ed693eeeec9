// An event as text: members in one order, empty ones left out, written straight into one string.
#include "audit/event.h"
#include "base/json_text.h"

namespace deputy::audit {
namespace {

constexpr std::array<std::string_view, 3> decisions{"granted", "refused", "done"};

}  // namespace

std::string_view name_of(Decision decision) { return decisions[static_cast<std::size_t>(decision)]; }

std::optional<Decision> decision_named(std::string_view name) {
  const auto found = std::find(decisions.begin(), decisions.end(), name);
  if (found == decisions.end()) return std::nullopt;
  return static_cast<Decision>(found - decisions.begin());
}

std::string encode(const Event& event) {
  return JsonText(640)
      .text("id", event.id)
      .text("at", rfc3339(event.at))
      .text("tenant", event.tenant)
      .text("correlation_id", event.correlation_id)
      .text("action", event.action)
      .text("decision", name_of(event.decision))
      .text("reason", event.reason)
      .text("actor", event.actor)
      .text("client", event.client)
      .text("subject", event.subject)
      .text("owner", event.owner)
      .text("target", event.target)
      .text("resource", event.resource)
      .texts("resources", event.resources)
      .text("scope_asked", event.scope_asked)
      .text("scope_given", event.scope_given)
      .json("authorization_details", event.details)
      .text("jti", event.jti)
      .texts("chain", event.chain)
      .texts("delegations", event.delegations)
      .json("changes", event.changes)
      .close();
}

}  // namespace deputy::audit
