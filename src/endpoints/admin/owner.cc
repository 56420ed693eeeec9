// Transfer, and the history of owners: records under the agent, each with the time it begins and ends.
#include "endpoints/admin/owner.h"

#include "base/id.h"
#include "directory/principal.h"
#include "endpoints/admin/administrators.h"
#include "endpoints/admin/agent.h"
#include "endpoints/admin/agent_type.h"
#include "endpoints/admin/authority.h"
#include "endpoints/admin/delegation/preview.h"
#include "endpoints/admin/frame/document.h"
#include "endpoints/admin/frame/page.h"
#include "endpoints/admin/frame/records.h"
#include "endpoints/admin/frame/rules.h"
#include "endpoints/admin/frame/stop.h"
#include "endpoints/admin/principal.h"
#include "endpoints/consent_end.h"

namespace deputy::endpoints::admin {
namespace {

constexpr std::string_view parameters[] = {"at"};

store::Put ownership(const Visit& visit, std::string_view agent, std::string id, const json::object& body,
                     std::uint64_t version) {
  return {.record = {.kind = Kind::ownership,
                     .tenant = visit.call.tenant,
                     .id = std::move(id),
                     .under = std::string(agent),
                     .created_at = visit.call.now,
                     .updated_at = visit.call.now,
                     .body = json::serialize(body)},
          .expected_version = version,
          .indexes = {}};
}

Result<std::vector<Found>, Fault> ownerships(const Visit& visit, std::string_view agent) {
  std::vector<Found> found;
  TRY(auto records, visit.app.store.under(visit.call.tenant, agent));
  for (auto& record : records) {
    if (record.kind != Kind::ownership) continue;
    TRY(auto body, body_of_record(record));
    found.push_back({std::move(record), std::move(body)});
  }
  return found;
}

// Gives the instant from which on there is none: now, and no earlier than they began, should the clock have been ahead
// then. The owner before them is accountable up to that.
Result<std::string, Problem> close_open_ownerships(const Visit& visit, std::string_view agent, Change& change) {
  TRY(auto all, ownerships(visit, agent));
  std::erase_if(all, [](const auto& one) { return one.body.contains("until"); });
  auto end = rfc3339(visit.call.now);
  // Instants of ours are all of one form, which sorts as time does.
  for (const auto& one : all) end = std::max(end, std::string(json_text(one.body, "from").value_or("")));
  for (auto& [record, body] : all) {
    body["until"] = end;
    change.add(ownership(visit, agent, record.id, body, record.version));
  }
  return end;
}

struct Handover {
  std::string owner;
  bool end_credentials = false;
};

Result<Handover, Problem> handover_of(const Visit& visit) {
  TRY(auto body, body_of(visit));
  TRY(auto known, only_members(body, {"owner", "end_credentials"}));
  const auto owner = json_text(body, "owner");
  const auto kind = directory::kind_of_id(owner.value_or(""));
  if (!owner || (kind != Kind::user && kind != Kind::group))
    return Fail{Problem(ProblemType::invalid_field, "Send the id of a user or a group.", "owner")};
  const auto end_credentials = json_boolean(body, "end_credentials");
  if (body.contains("end_credentials") && !end_credentials)
    return Fail{Problem(ProblemType::invalid_field, "Send true or false.", "end_credentials")};
  return Handover{std::string(*owner), end_credentials.value_or(false)};
}

// What the earlier owner may know opens nothing from then on. One that comes after this is refused: it is made for the
// agent as it was. One that came since this read would be left: then the transfer is decided once more, a few times.
Result<Done, Problem> end_credentials_of(const Visit& visit, const std::string& agent, Change& change) {
  const auto& tenant = visit.call.tenant;
  const auto whose = "who adds credentials to " + agent;
  TRY(auto records, visit.app.store.under(tenant, agent));
  for (const auto& record : records)
    if (record.kind == Kind::credential)
      change.hold(store::Remove{tenant, Kind::credential, record.id, record.version}, whose);
  change.hold(store::RequireNone{tenant, Kind::credential, std::string(principal_index), agent}, whose);
  return Done{};
}

}  // namespace

store::Write ownership_begins(const Visit& visit, std::string_view agent, std::string_view owner,
                              std::string_view from) {
  const json::object body{{"owner", owner}, {"from", from}};
  return ownership(visit, agent, make_id(directory::row(Kind::ownership).prefix, visit.call.now, visit.app.random),
                   body, 0);
}

Result<Done, Problem> may_name_owner(const Visit& visit, std::string_view owner) {
  if (visit.reach.all() || is_caller_or_its_group(visit.caller, owner)) return Done{};
  const Problem not_yours{ProblemType::exceeds_authority, "Name yourself, or a group you are in, as the owner.",
                          "owner"};
  const auto kind = directory::kind_of_id(owner);
  if (!kind) return Fail{not_yours};
  TRY(auto record, visit.app.store.get(visit.call.tenant, *kind, owner));
  if (!record) return Fail{not_yours};
  TRY(auto body, body_of_record(*record));
  TRY(const auto place, place_of(visit, *kind, owner, body));
  if (!in_reach(visit, place)) return Fail{not_yours};
  return Done{};
}

Result<Done, Problem> end_consents_to(const Visit& visit, const std::string& client, Change& change) {
  const std::string reason = "transferred";
  const auto& call = visit.call;
  TRY(auto consents, visit.app.store.consents_to(call.tenant, client, call.now, consents_told_max + 1));
  const bool all = consents.size() <= consents_told_max;
  if (!all) consents.pop_back();
  // One that comes since would end without its event. Whoever agrees all the while is told of as the rest (A28).
  const bool told = all && !change.lets_go_of(client);
  store::EndConsents ends{call.tenant, client, call.now, reason};
  if (told) ends.those.emplace();
  for (const auto& consent : consents) {
    if (told) ends.those->push_back(consent.id);
    TRY(auto end, consent_end(visit.app, visit.about.event, consent, reason));
    change.add(std::move(end));
  }
  change.hold(std::move(ends), client);
  if (told) return Done{};
  auto rest = event_of(call, visit.app, "consent.end", audit::Decision::done);
  rest.actor = visit.about.event.actor;
  rest.client = client;
  rest.reason = all ? "transferred: people agreed meanwhile, and what they agreed to then has no event of its own; "
                      "/v1/delegations shows each, with its end"
                    : "transferred: there were more than 1000 consents, and the others have no event of their own; "
                      "/v1/delegations shows each, with its end";
  change.add(store::Append{std::move(rest)});
  return Done{};
}

// Tokens that name the old owner die with the transfer: an agent does not go on working on somebody else's account
// (A28). What people agreed to they agreed to with the old owner: it ends too, and they are asked again (A37). Its own
// credentials go on, for the agent does, unless they are to end.
Outcome transfer_agent(Visit& visit) {
  TRY(const auto mode, mode_of(visit));
  TRY(auto found, find_record(visit, Kind::agent, visit.param(0)));
  TRY(auto same_version, check_if_match(visit, found.record.version));
  TRY(const auto handover, handover_of(visit));
  const auto& owner = handover.owner;
  const std::string earlier(json_text(found.body, "owner").value_or(""));
  if (earlier == owner)
    return Fail{Problem(ProblemType::wrong_state, "The agent already belongs to this owner.", "owner")};
  TRY(auto named, may_name_owner(visit, owner));
  if (json_text(found.body, "state") == "revoked")
    return Fail{Problem(ProblemType::wrong_state, "A revoked agent is not transferred: it stays with its last owner.")};
  // Who takes an agent over could act as it: its authority must not be more than the caller's own.
  TRY(auto may, may_act_as(visit, found.record.id, is_caller_or_its_group(visit.caller, earlier)));
  auto body = found.body;
  body["owner"] = owner;
  end_what_was_given(body, found.record.version, visit.call.now);
  take_vouching(visit, body);
  Change change;
  change.again_by(visit, transfer_agent);
  change.require(visit, *directory::kind_of_id(owner), owner, "owner");
  // The earlier owner may write the record all the while; but not vouch for it, nor hand it on first.
  const auto record = add_stop(visit, found, body, {}, {"owner", "verified"}, change);
  TRY(const auto begins, close_open_ownerships(visit, found.record.id, change));
  change.add(ownership_begins(visit, found.record.id, owner, begins));
  if (handover.end_credentials) {
    TRY(auto ended, end_credentials_of(visit, found.record.id, change));
  }
  change.add(revoke_tokens_of(visit, found.record.id, "transferred"));
  TRY(auto ended, end_consents_to(visit, found.record.id, change));
  Result<Done, Problem> allowed = Done{};
  if (handover.end_credentials) allowed = keep_an_administrator(visit, {.stopped = found.record.id}, change);
  if (mode == Mode::preview) return preview_of_change(visit, change, {}, allowed);
  if (!allowed) return std::move(allowed).fail();
  change.touched(found.body, body);
  return std::move(change).answer(visit, document_response(200, document_of(record, body, visit.call.now)));
}

// `at` names an instant: who was accountable then. An owner's time ends where the next one's begins.
Outcome owners_of_agent(Visit& visit) {
  TRY(auto query, query_of(visit, parameters));
  TRY(auto at, instant_of(query, "at"));
  TRY(auto found, find_record(visit, Kind::agent, visit.param(0)));
  TRY(auto all, ownerships(visit, found.record.id));
  json::array items;
  for (const auto& [record, body] : all) {
    const std::string from(json_text(body, "from").value_or("")), until(json_text(body, "until").value_or(""));
    if (at && (rfc3339(*at) < from || (!until.empty() && rfc3339(*at) >= until))) continue;
    items.push_back(body);
  }
  return Answer{.response = list_response(std::move(items)), .writes = {}, .refused = {}};
}

}  // namespace deputy::endpoints::admin
