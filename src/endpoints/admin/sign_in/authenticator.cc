// Authenticators lie under their user. An administrator removes them and makes reset codes, and never sets a password.
#include "endpoints/admin/sign_in/authenticator.h"

#include "base/id.h"
#include "endpoints/admin/administrators.h"
#include "endpoints/admin/authority.h"
#include "endpoints/admin/frame/change.h"
#include "endpoints/admin/frame/document.h"
#include "endpoints/admin/frame/page.h"
#include "endpoints/admin/frame/records.h"
#include "endpoints/admin/principal.h"
#include "signin/authenticator.h"
#include "signin/password/reset_code.h"

namespace deputy::endpoints::admin {
namespace {

// The user in the path, if the caller might as well be them: who takes away how a person signs in, or gives a way in,
// stands in the person's place.
Result<Found, Problem> user_to_act_on(Visit& visit) {
  TRY(auto user, find_record(visit, Kind::user, visit.param(0)));
  TRY(auto may, may_act_as(visit, user.record.id, user.record.id == visit.caller.principal->id));
  return user;
}

}  // namespace

Outcome list_authenticators(Visit& visit) {
  TRY(auto query, query_of(visit, {}));
  TRY(auto user, find_record(visit, Kind::user, visit.param(0)));
  TRY(auto all, signin::authenticators_of(visit.app.store, visit.call.tenant, user.record.id));
  json::array items;
  for (const auto& one : all) items.push_back(signin::document_of(one));
  return Answer{.response = list_response(std::move(items)), .writes = {}, .refused = {}};
}

Outcome delete_authenticator(Visit& visit) {
  TRY(auto user, user_to_act_on(visit));
  const auto& id = visit.param(1);
  if (!is_id(directory::row(Kind::authenticator).prefix, id)) return Fail{no_such_record("not an authenticator's id")};
  TRY(auto all, signin::authenticators_of(visit.app.store, visit.call.tenant, user.record.id));
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.record.id == id; });
  if (found == all.end()) return Fail{no_such_record("the user has no such authenticator")};  // A38
  visit.about.event.target = id;
  visit.about.event.subject = user.record.id;
  Change change;
  change.add(signin::removal_of(*found), stale(visit));
  TRY(auto kept, keep_an_administrator(visit, {.prover = user.record.id, .proof = id}, change));
  // Recovery codes stand for the app: they go with it.
  const auto* codes = signin::find(all, signin::Type::recovery_codes);
  if (found->type == signin::Type::totp && codes != nullptr) change.add(signin::removal_of(*codes), stale(visit));
  TRY(auto ended, end_sessions(visit, user.record.id, change));
  change.touched(signin::document_of(*found), {});
  return std::move(change).answer(visit, no_content());
}

Outcome create_reset_code(Visit& visit) {
  TRY(auto user, user_to_act_on(visit));
  TRY(auto body, body_of(visit, Empty::allowed));
  TRY(auto known, only_members(body, {}));
  TRY(auto policy, signin::policy_of(visit.app.store, visit.call.tenant));
  if (!policy.password)
    return Fail{Problem(ProblemType::wrong_state, "Passwords are off in this tenant: turn sign_in_password on first.")};
  if (json_text(user.body, "state").value_or("active") != "active")
    return Fail{Problem(ProblemType::wrong_state,
                        "The user is disabled, and the code would be refused: set the user's state to active first.")};
  TRY(auto made, signin::make_reset_code(visit.app.sign_in, visit.call.tenant, user.record.id, visit.call.now));
  visit.about.event.target = made.authenticator.record.id;
  visit.about.event.subject = user.record.id;
  Change change;
  change.add(store::Require{visit.call.tenant, Kind::user, user.record.id, user.record.version});  // still active
  change.add(std::move(made.write));
  change.taken(signin::only_index, {ProblemType::conflict, "Another code was made for the user meanwhile: make one "
                                                           "again, and it takes that one's place."});
  const auto expires_at = rfc3339(made.expires_at);
  change.touched({}, {{"type", "reset_code"}, {"expires_at", expires_at}});
  const json::object document{{"user", user.record.id},
                              {"username", json_text(user.body, "username").value_or("")},
                              {"code", made.code},
                              {"expires_at", expires_at}};
  return std::move(change).answer(visit, json_response(201, json::serialize(document)));
}

}  // namespace deputy::endpoints::admin
