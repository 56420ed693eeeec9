// What a consent was is read where it ends: the event says it whole, and needs no other to be understood.
#include "endpoints/consent_end.h"

#include "base/id.h"
#include "delegation/state.h"
#include "grants/consents.h"

namespace deputy::endpoints {

Result<store::Write, Fault> delegation_end(App& app, const audit::Event& cause, const delegation::Delegation& one,
                                           std::string_view action, std::string_view reason) {
  TRY(auto resources, grants::resources_of(one.authority, one.tenant, app.directory));
  audit::Event event;
  event.id = make_id("evt", cause.at, app.random);
  event.at = cause.at;
  event.tenant = one.tenant;
  event.correlation_id = cause.correlation_id;
  event.action = action;
  event.reason = reason;
  event.actor = cause.actor;
  event.client = one.actor;
  event.subject = one.subject;
  event.target = one.id;
  event.resources = std::move(resources);
  event.chain = one.chain;
  event.delegations = one.path;
  return store::Write(store::Append{std::move(event), one.path});
}

Result<store::Write, Fault> consent_end(App& app, const audit::Event& cause, const delegation::Delegation& consent,
                                        std::string_view reason) {
  return delegation_end(app, cause, consent, "consent.end", reason);
}

Result<store::Writes, Fault> consent_ends(App& app, const audit::Event& cause, const store::Writes& writes) {
  store::Writes ends;
  for (const auto& write : writes) {
    const auto* end = std::get_if<store::EndDelegation>(&write);
    if (end == nullptr) continue;
    TRY(const auto found, app.store.delegation(end->tenant, end->id));
    if (!found || found->origin != delegation::Origin::consent || delegation::is_dead(*found, cause.at)) continue;
    TRY(auto event, consent_end(app, cause, *found, end->reason));
    ends.push_back(std::move(event));
  }
  return ends;
}

}  // namespace deputy::endpoints
