// Agents: what their records ask beyond the fields, and their lifecycle.
#include "endpoints/admin/agent.h"

#include "directory/principal.h"
#include "endpoints/admin/administrators.h"
#include "endpoints/admin/agent_type.h"
#include "endpoints/admin/delegation/preview.h"
#include "endpoints/admin/frame/document.h"
#include "endpoints/admin/frame/records.h"
#include "endpoints/admin/frame/stop.h"
#include "endpoints/admin/owner.h"
#include "endpoints/admin/principal.h"
#include "endpoints/admin/revocation/narrowing.h"

namespace deputy::endpoints::admin {
namespace {

using directory::Principal;
using directory::State;

Result<Principal, Problem> agent_from(std::string_view id, const json::object& body) {
  auto agent = Principal::from(Kind::agent, id, body);
  if (!agent) return Fail{Problem(Fault{Fault::Kind::corrupt, "the record of an agent is damaged"})};
  return std::move(*agent);
}

// Does the caller reach what lies in this organization by an office, and not as the owner of something?
bool oversees(const Visit& visit, std::string_view organization) {
  return in_reach(visit, {.owner = {}, .organization = std::string(organization)});
}

// Has an office the word on its state, or on when it ends?
bool is_held(const json::object& agent) {
  return agent.contains(directory::suspended_by_office) || agent.contains(directory::expires_by_office);
}

// A caller that reaches only its own agents keeps them in its own organization, and one that is in an organization
// stays in it: no owner takes an agent away from those who oversee it. Nor does one bring an agent that they hold to
// where the owner itself has that office.
Result<Done, Problem> check_organization(const Draft& draft) {
  const auto organization = json_text(draft.after, "organization").value_or("");
  const auto earlier =
      draft.before != nullptr ? json_text(*draft.before, "organization").value_or("") : std::string_view();
  const auto& visit = draft.visit;
  if (draft.before != nullptr && organization == earlier) return Done{};
  const bool held = draft.before != nullptr && is_held(*draft.before);
  const bool may_leave = (earlier.empty() && !held) || oversees(visit, earlier);
  const bool may_enter = organization.empty() || organization == visit.caller.principal->organization ||
                         oversees(visit, organization);
  if (may_leave && may_enter) return Done{};
  if (earlier.empty() && !may_leave)
    return Fail{Problem(ProblemType::exceeds_authority, "An administrator suspended the agent, or said when it "
                                                        "expires: ask one of the whole tenant to move it.",
                        "organization")};
  return Fail{Problem(ProblemType::exceeds_authority, "Name an organization within your reach.", "organization")};
}

// What an agent may do for others is for those to say who assign it roles: its owner does not lift that ceiling.
Result<Done, Problem> check_ceiling(const Draft& draft) {
  const auto lifted = [](const json::object& body) { return json_text(body, "delegation") == "any"; };
  if (!lifted(draft.after) || (draft.before != nullptr && lifted(*draft.before))) return Done{};
  if (oversees(draft.visit, json_text(draft.after, "organization").value_or(""))) return Done{};
  return Fail{Problem(ProblemType::exceeds_authority, "An administrator of the agent's organization, or of the whole "
                                                      "tenant, lifts its ceiling.", "delegation")};
}

// When its life ends an owner says, within what those said who oversee the agent: it makes that shorter, never longer.
// What they say once more, though it is so already, is theirs from then on.
Result<Done, Problem> check_expiry(Draft& draft, const Principal& before, const Principal& after) {
  TRY(const auto sent, body_of(draft.visit));
  if (!sent.contains("expires_at")) return Done{};
  const bool later = !after.expires_at || (before.expires_at && *after.expires_at > *before.expires_at);
  const bool office = oversees(draft.visit, before.organization);
  if (!office && later && draft.before->contains(directory::expires_by_office))
    return Fail{Problem(ProblemType::exceeds_authority, "An administrator said when the agent expires: ask one of its "
                                                        "organization, or of the whole tenant, to put it off.",
                        "expires_at")};
  if (!office) return Done{};
  draft.after.erase(directory::expires_by_office);
  if (!after.expires_at) return Done{};
  draft.after[directory::expires_by_office] = true;
  // The instant may be what it was: then nothing else says what the change is.
  if (!draft.before->contains(directory::expires_by_office))
    draft.visit.about.event.reason = "its expires_at is an administrator's from now on";
  return Done{};
}

// Who comes back after its end brings none along of what was given before (docs/adr/0013).
void end_before(Draft& draft) {
  end_what_was_given(draft.after, draft.version, draft.visit.call.now);
  draft.change.add(revoke_tokens_of(draft.visit, draft.id, "expired"));
}

Problem wrong_transition(State from) {
  return {ProblemType::wrong_state, "The agent is " + std::string(name_of(from)) + ", which does not allow this."};
}

// An agent's record in another state. What those who oversee it have suspended, its owner does not resume, nor by
// having suspended it first.
Result<json::object, Problem> in_state(const Visit& visit, json::object agent, State from, State to) {
  const bool office = oversees(visit, json_text(agent, "organization").value_or(""));
  const bool held_by_office = agent.contains(directory::suspended_by_office);
  const bool taken_over = from == State::suspended && to == from && office && !held_by_office;
  if (!taken_over && !directory::may_become(from, to)) return Fail{wrong_transition(from)};
  if (to == State::active && held_by_office && !office)
    return Fail{Problem(ProblemType::exceeds_authority, "An administrator suspended the agent: ask one of its "
                                                        "organization, or of the whole tenant, to resume it.")};
  agent["state"] = name_of(to);
  agent.erase(directory::suspended_by_office);
  if (to == State::suspended && office) agent[directory::suspended_by_office] = true;
  return agent;
}

// A change that names neither is not held up by what the type asks: a life can always be shortened.
Result<bool, Problem> asks_the_type(const Visit& visit) {
  TRY(const auto sent, body_of(visit));
  return sent.contains("type") || sent.contains("attributes");
}

// What is suspended already is so whatever the clock says: else its owner, suspending it anew, would make an office's
// stop its own.
State state_before(const Principal& agent, State to, Instant now) {
  const bool suspended = to == State::suspended && agent.stored_state == State::suspended;
  return suspended ? State::suspended : agent.state(now);
}

// The write of an agent that goes on, at the version that was read; gives the record as it will be.
Result<store::Record, Problem> rewrite_agent(const Visit& visit, const Found& found, const json::object& body,
                                             Change& change) {
  TRY(auto indexes, indexes_kept(visit, found.record.id, body));
  auto put = put_record(visit, Kind::agent, found.record.id, found.record.under, body, found.record.version,
                        std::move(indexes));
  auto record = put.record;
  record.version = found.record.version + 1;
  record.created_at = found.record.created_at;
  change.add(std::move(put), stale(visit));
  return record;
}

// Who is to be stopped, or owns what is, may write the record all the while: that holds up no stop (A28).
Result<store::Record, Problem> written(const Visit& visit, const Found& found, const json::object& body, State to,
                                       Change& change) {
  if (to == State::active) return rewrite_agent(visit, found, body, change);
  return add_stop(visit, found, body, {"state", directory::suspended_by_office}, {}, change);
}

// One transition: the record in its new state, the death of its tokens where it stops, and the event.
Outcome become(Visit& visit, State to) {
  TRY(const auto mode, mode_of(visit));
  TRY(auto found, find_record(visit, Kind::agent, visit.param(0)));
  TRY(auto same_version, check_if_match(visit, found.record.version));
  TRY(auto reason, reason_of(visit));
  TRY(auto agent, agent_from(found.record.id, found.body));
  TRY(auto body, in_state(visit, found.body, state_before(agent, to, visit.call.now), to));
  if (mode == Mode::preview && to == State::active)
    return Fail{Problem(ProblemType::invalid_request, "Nothing ends here: there is nothing to preview.", "preview")};
  Change change;
  Result<Done, Problem> allowed = Done{};
  if (to != State::active) {
    change.again_by(visit, to == State::revoked ? revoke_agent : suspend_agent);
    const Taken taken{.assignment = {}, .group = {}, .member = {}, .role = {}, .stopped = found.record.id};
    allowed = keep_an_administrator(visit, taken, change);
  }
  if (mode == Mode::preview) return preview_of_change(visit, {}, found.record.id, allowed);
  if (!allowed) return std::move(allowed).fail();
  if (to != State::active) end_what_was_given(body, found.record.version, visit.call.now);
  TRY(auto record, written(visit, found, body, to, change));
  visit.stops = to != State::active;
  // Tokens from before a suspension stay dead after the resumption: the revocation names a time, not a state.
  if (to != State::active) change.add(revoke_tokens_of(visit, found.record.id, name_of(to)));
  change.touched(found.body, body);
  visit.about.event.reason = reason;
  return std::move(change).answer(visit, document_response(200, document_of(record, body, visit.call.now)));
}

}  // namespace

Result<Done, Problem> agent_created(Draft& draft) {
  const auto owner = json_text(draft.after, "owner").value_or("");
  TRY(auto named, may_name_owner(draft.visit, owner));
  TRY(auto placed, check_organization(draft));
  TRY(auto ceiling, check_ceiling(draft));
  TRY(auto client, client_written(draft));
  draft.after["state"] = name_of(State::active);
  TRY(auto agent, agent_from(draft.id, draft.after));
  if (agent.state(draft.visit.call.now) != State::active)
    return Fail{Problem(ProblemType::invalid_field, "Send an instant that lies ahead.", "expires_at")};
  if (agent.expires_at && oversees(draft.visit, agent.organization)) draft.after[directory::expires_by_office] = true;
  TRY(auto indexes, indexes_by_type(draft.visit, draft.after, draft.change));
  draft.indexes = std::move(indexes);
  draft.change.add(ownership_begins(draft.visit, draft.id, owner, rfc3339(draft.visit.call.now)));
  return Done{};
}

Result<Done, Problem> agent_updated(Draft& draft) {
  TRY(auto before, agent_from(draft.id, *draft.before));
  TRY(auto after, agent_from(draft.id, draft.after));
  const auto now = draft.visit.call.now;
  if (before.stored_state == State::revoked) return Fail{wrong_transition(State::revoked)};
  TRY(auto placed, check_organization(draft));
  TRY(auto ceiling, check_ceiling(draft));
  TRY(auto client, client_written(draft));
  TRY(auto kept, keep_credentials_of(draft));
  TRY(const bool asked, asks_the_type(draft.visit));
  TRY(auto indexes, asked ? indexes_by_type(draft.visit, draft.after, draft.change)
                          : indexes_kept(draft.visit, draft.id, draft.after));
  draft.indexes = std::move(indexes);
  TRY(auto expiry, check_expiry(draft, before, after));
  if (before.state(now) == State::expired && after.state(now) != State::expired) end_before(draft);
  // I6: no token outlives its agent. Tokens issued under the later expiry would.
  const bool sooner = after.expires_at && (!before.expires_at || *after.expires_at < *before.expires_at);
  if (sooner) draft.change.add(revoke_tokens_of(draft.visit, draft.id, "expires sooner"));
  // The ceiling is back: what it did for others under none may be more than its roles allow.
  if (before.delegation_any && !after.delegation_any)
    draft.change.add(revoke_tokens_of(draft.visit, draft.id, "ceiling lowered"));
  TRY(auto delegates, add_narrowings_of_delegates(draft.visit, before, after, draft.change));
  if (after.expires_at != before.expires_at && after.expires_at && *after.expires_at <= now)
    return Fail{Problem(ProblemType::invalid_field, "Send an instant that lies ahead; to stop the agent now, suspend "
                                                    "or revoke it.", "expires_at")};
  return Done{};
}

Result<Done, Problem> agent_deleted(Draft& draft) {
  TRY(auto agent, agent_from(draft.id, draft.after));
  if (agent.stored_state != State::revoked)
    draft.in_the_way = Problem(ProblemType::wrong_state, "The agent is not revoked: revoke it first.");
  return principal_deleted(draft);
}

Outcome suspend_agent(Visit& visit) { return become(visit, State::suspended); }
Outcome resume_agent(Visit& visit) { return become(visit, State::active); }
Outcome revoke_agent(Visit& visit) { return become(visit, State::revoked); }

}  // namespace deputy::endpoints::admin
