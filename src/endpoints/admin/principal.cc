// Users and applications: a disabled one's tokens die at once; what lies under one goes with it.
#include "endpoints/admin/principal.h"

#include "directory/noun.h"
#include "directory/principal.h"
#include "endpoints/admin/authority.h"
#include "endpoints/admin/frame/document.h"
#include "endpoints/admin/frame/records.h"
#include "signin/authenticator.h"
#include "tokens/trusted_issuers.h"

namespace deputy::endpoints::admin {

// A token that an application holds for a person has no `act`: it bears the client_id alone, which is another name
// where the application was imported with one.
void revoke_all_tokens(Draft& draft, const json::object& body, std::string_view reason) {
  draft.change.add(revoke_tokens_of(draft.visit, draft.id, reason));
  const auto client_id = json_text(body, "client_id").value_or("");
  if (!client_id.empty() && client_id != draft.id) draft.change.add(revoke_tokens_of(draft.visit, client_id, reason));
}

void end_what_was_given(json::object& body, std::uint64_t version, Instant now) {
  body[directory::refresh_dead_through] = unix_millis(now);
  body[directory::refresh_dead_version] = version;
}

namespace {

// Two names that differ in the case of their letters look alike. Those that were there before this was asked keep
// theirs: each is told apart as it is written.
void keep_usernames_apart(Draft& draft) {
  const auto folded = [](const json::object& body) {
    return directory::without_case(json_text(body, "username").value_or(""));
  };
  auto name = folded(draft.after);
  if (draft.before != nullptr && folded(*draft.before) == name) return;
  draft.change.add(store::RequireNone{draft.visit.call.tenant, Kind::user, std::string(directory::username_folded),
                                      std::move(name)},
                   not_unique("username"));
}

// The one that there is; nor is there one that was made since this read.
Result<Done, Problem> end_reset_code(const Draft& draft, Change& change) {
  constexpr auto reset_code = signin::Type::reset_code;
  const auto& tenant = draft.visit.call.tenant;
  TRY(const auto all, signin::authenticators_of(draft.visit.app.store, tenant, draft.id));
  if (const auto* code = signin::find(all, reset_code)) change.add(signin::removal_of(*code));
  change.add(store::RequireNone{tenant, Kind::authenticator, std::string(signin::only_index),
                                signin::only_index_value(draft.id, reset_code)});
  return Done{};
}

void leave_username(Draft& draft, const json::object& user) {
  const auto& call = draft.visit.call;
  draft.change.add(tokens::leave_username(call.tenant, text_of(user, "username"), call.now));
}

// OpenID Connect Core §5.1: that an address is verified is this server's word to every client, and some know people by
// their addresses. Who administers a part of the tenant does not give it (A37).
Result<Done, Problem> check_verified(const Draft& draft) {
  const auto is = [](const json::object& body) { return json_boolean(body, "email_verified").value_or(false); };
  const bool before = draft.before != nullptr && is(*draft.before) &&
                      json_text(*draft.before, "email") == json_text(draft.after, "email");
  if (!is(draft.after) || before || draft.visit.reach.all()) return Done{};
  return Fail{Problem(ProblemType::exceeds_authority, "An administrator of the whole tenant says that an address is "
                                                      "verified: leave it out, or ask one.", "email_verified")};
}

// Who signs in, or has all else signed out, all the while: no session's record is asked for, and the mark is put over
// whichever there is by then. It ends every session that there is, and the clients are told all the same.
store::Writes whoever_is_quicker(store::Writes writes) {
  std::erase_if(writes, [](const auto& write) {
    const auto* remove = std::get_if<store::Remove>(&write);
    return remove != nullptr && remove->kind == Kind::session;
  });
  for (auto& write : writes) {
    const auto* put = std::get_if<store::Put>(&write);
    if (put == nullptr || put->record.kind != Kind::sign_out || put->expected_version == 0) continue;
    write = store::Revise{.tenant = put->record.tenant,
                          .id = put->record.id,
                          .kind = Kind::sign_out,
                          .make = [mark = *put](const store::Record& stored, const std::vector<store::Index>&) {
                            auto next = mark;
                            next.expected_version = stored.version;
                            return std::optional(std::move(next));
                          }};
  }
  return writes;
}

}  // namespace

Result<Done, Problem> end_sessions(const Visit& visit, std::string_view user, Change& change) {
  const auto& end = visit.app.sign_in.end_sessions;
  if (!end) return Done{};
  TRY(auto writes, end(visit.call.tenant, user, "", visit.call.now));
  change.add(std::move(writes));
  return Done{};
}

Result<Done, Problem> principal_updated(Draft& draft) {
  const auto before = directory::Principal::from(draft.kind, draft.id, *draft.before);
  const auto after = directory::Principal::from(draft.kind, draft.id, draft.after);
  if (!before || !after) return Fail{Problem(Fault{Fault::Kind::corrupt, "the record of a principal is damaged"})};
  const auto now = draft.visit.call.now;
  const bool was = before->state(now) == directory::State::active, is = after->state(now) == directory::State::active;
  if (!was && is && draft.kind == Kind::user) return end_reset_code(draft, draft.change);
  if (!was || is) return Done{};
  end_what_was_given(draft.after, draft.version, now);
  revoke_all_tokens(draft, draft.after, "disabled");
  if (draft.kind != Kind::user) {
    draft.change.again_by(draft.visit, [](Visit& visit) { return update_record(visit, Kind::application); });
    return Done{};
  }
  // Who is enabled again signs in again: a browser or a reset code that somebody else had goes on with nothing. Codes
  // that are made all the while hold up no stop (A28): what is left of them goes when the user comes back, and is given
  // no other until then.
  draft.change.again_by(draft.visit, [](Visit& visit) { return update_record(visit, Kind::user); });
  const bool lets_go = draft.change.lets_go_of(draft.id);
  Change held;
  if (!lets_go) {
    TRY(auto code, end_reset_code(draft, held));
  }
  TRY(auto sessions, end_sessions(draft.visit, draft.id, held));
  draft.change.hold(lets_go ? whoever_is_quicker(held.writes()) : held.writes(), draft.id);
  return Done{};
}

Result<Done, Problem> user_created(Draft& draft) {
  TRY(auto may, check_verified(draft));
  keep_usernames_apart(draft);
  return Done{};
}

// A trusted issuer knows a user by the username: who gives it another gives the user to whoever is so named there. And
// whoever gets the earlier one is not named by what that issuer issued until now.
Result<Done, Problem> user_updated(Draft& draft) {
  const auto& visit = draft.visit;
  if (json_text(draft.after, "username") != json_text(*draft.before, "username")) {
    TRY(auto may, may_act_as(visit, draft.id, draft.id == visit.caller.principal->id));
    leave_username(draft, *draft.before);
  }
  TRY(auto verified, check_verified(draft));
  keep_usernames_apart(draft);
  return principal_updated(draft);
}

// Credentials, authenticators, memberships, the history of owners, what a user told clients, and their browsers and
// sessions go with their principal; assignments are records of their own, and refuse the deletion as long as there is
// one.
Result<Done, Problem> principal_deleted(Draft& draft) {
  const auto& visit = draft.visit;
  TRY(auto records, visit.app.store.under(visit.call.tenant, draft.id));
  for (const auto& record : records) {
    const bool goes =
        record.kind == Kind::credential || record.kind == Kind::membership || record.kind == Kind::ownership ||
        record.kind == Kind::authenticator || record.kind == Kind::disclosure || record.kind == Kind::browser ||
        record.kind == Kind::sign_out;
    if (goes) draft.change.add(store::Remove{visit.call.tenant, record.kind, record.id, record.version});
  }
  // What was added since that read would be left without its principal.
  const Problem grown{ProblemType::conflict, "The record was used meanwhile: repeat the deletion."};
  const auto& tenant = visit.call.tenant;
  draft.change.add(store::RequireNone{tenant, Kind::credential, std::string(principal_index), draft.id}, grown);
  draft.change.add(store::RequireNone{tenant, Kind::membership, std::string(member_index), draft.id}, grown);
  for (const auto kind : {Kind::authenticator, Kind::disclosure, Kind::browser, Kind::sign_out})
    draft.change.add(store::RequireNone{tenant, kind, std::string(signin::user_index), draft.id}, grown);
  if (draft.kind != Kind::group) revoke_all_tokens(draft, draft.after, "deleted");
  if (draft.kind == Kind::user) leave_username(draft, draft.after);
  const auto& end = visit.app.sign_in.end_sessions;
  if (draft.kind != Kind::user || !end) return Done{};
  TRY(auto ended, end(tenant, draft.id, "", visit.call.now));
  // Nobody is left whose next session it could bound.
  std::erase_if(ended, [](const auto& write) {
    const auto* put = std::get_if<store::Put>(&write);
    return put != nullptr && put->record.kind == Kind::sign_out;
  });
  draft.change.add(std::move(ended));
  return Done{};
}

Result<Done, Problem> group_deleted(Draft& draft) {
  draft.change.add(
      store::RequireNone{draft.visit.call.tenant, Kind::membership, std::string(group_index), draft.id},
      {ProblemType::in_use, "A record of kind membership refers to this one: remove the group's members first."});
  return principal_deleted(draft);
}

}  // namespace deputy::endpoints::admin
