// Collecting writes, and reading the store's refusal of one of them.
#include "endpoints/admin/frame/change.h"

#include "base/id.h"
#include "directory/agent_type.h"
#include "directory/principal.h"
#include "endpoints/admin/frame/differences.h"
#include "endpoints/admin/frame/idempotency.h"

namespace deputy::endpoints::admin {
namespace {

Problem lost_race() {
  return {ProblemType::conflict, "The record changed meanwhile: read it again and repeat the change."};
}

Problem meaning_of(const store::Refused& refused, const std::vector<Problem>& meanings,
                   const std::vector<std::pair<std::string, Problem>>& taken) {
  if (refused.why == store::Refused::Why::unique) {
    for (const auto& [index, problem] : taken)
      if (index == refused.index) return problem;
    return not_unique(refused.index);
  }
  return refused.write < meanings.size() ? meanings[refused.write] : lost_race();
}

store::Revoke revoked(std::string_view tenant, Instant now, store::Kills kind, std::string_view target,
                      std::string_view reason) {
  return {{.tenant = std::string(tenant),
           .kind = kind,
           .target = std::string(target),
           .issued_before = now,
           .until = now + directory::token_lifetime_max,
           .at = now,
           .reason = std::string(reason)}};
}
store::Revoke revoked(const Visit& visit, store::Kills kind, std::string_view target, std::string_view reason) {
  return revoked(visit.call.tenant, visit.call.now, kind, target, reason);
}

}  // namespace

Problem not_unique(std::string_view index) {
  return {ProblemType::not_unique, "Another record of this kind has the same value in this field.",
          directory::field_of_index(index)};
}

bool is_secret_member(std::string_view name) {
  return name == "secret_hash" || name == "secret" || name == "sealed" || name == directory::refresh_dead_through ||
         name == directory::refresh_dead_version || name == directory::suspended_by_office ||
         name == directory::expires_by_office || name == directory::credential_attributes;
}

void Change::add(store::Write write, Problem if_refused) {
  writes_.push_back(std::move(write));
  meanings_.push_back(std::move(if_refused));
}
void Change::add(store::Write write) { add(std::move(write), lost_race()); }
void Change::add(store::Writes writes) {
  for (auto& write : writes) add(std::move(write));
}

void Change::hold(store::Write write, std::string whose, Problem if_refused) {
  whose_.emplace(writes_.size(), std::move(whose));
  add(std::move(write), std::move(if_refused));
}
void Change::hold(store::Write write, std::string whose) { hold(std::move(write), std::move(whose), lost_race()); }
void Change::hold(store::Writes writes, const std::string& whose) {
  for (auto& write : writes) hold(std::move(write), whose);
}

void Change::require(const Visit& visit, Kind kind, std::string_view id, std::string_view field) {
  add(store::Require{visit.call.tenant, kind, std::string(id), 0},
      {ProblemType::missing_reference, "There is no such " + std::string(directory::row(kind).name) + ".",
       std::string(field)});
}

void Change::taken(std::string_view index, Problem if_taken) { taken_.emplace_back(index, std::move(if_taken)); }

void Change::touched(json::object before, json::object after) {
  changes_ = differences(std::move(before), std::move(after));
}

Answer Change::answer(const Visit& visit, http::Response response) && {
  auto event = visit.about.event;
  event.decision = audit::Decision::done;
  event.changes = std::move(changes_);
  if (!also_told_in_.empty()) {
    auto theirs = event;
    theirs.id = make_id("evt", event.at, visit.app.random);
    theirs.tenant = std::move(also_told_in_);
    writes_.emplace_back(store::Append{std::move(theirs)});
  }
  writes_.emplace_back(store::Append{std::move(event)});
  auto otherwise = [about = visit.about, meanings = std::move(meanings_),
                    taken = std::move(taken_)](const store::Refused& refused) {
    return refuse(about, meaning_of(refused, meanings, taken));
  };
  if (again_ == nullptr || whose_.empty() || held_up_.times >= held_up_max)
    return {.response = std::move(response), .writes = std::move(writes_), .refused = std::move(otherwise)};
  // The store's writer finds it out, which commits for all (A42): what is read then is read elsewhere, and not where
  // strangers wait to sign in.
  auto refused = [copy = copy_of(visit), again = again_, before = std::move(held_up_), whose = std::move(whose_),
                  otherwise = std::move(otherwise)](const store::Refused& first) {
    const auto held = whose.find(first.write);
    if (held == whose.end()) return otherwise(first);
    auto held_up = before;
    ++held_up.times;
    held_up.by.insert(held->second.empty() ? first.index : held->second);
    const auto once_more = [copy, again, held_up] {
      auto visit = *copy;
      visit.held_up = held_up;
      auto outcome = names_its_key(visit) ? once(visit, again) : again(visit);
      return outcome ? std::move(outcome).take() : refuse(visit.about, outcome.error());
    };
    Answer answer;
    answer.later = Later{.pool = &copy->app.refreshes, .work = once_more, .when_full = [copy] {
                           return refuse(copy->about, Fault{Fault::Kind::unavailable, "the queue is full"});
                         }};
    return answer;
  };
  return {.response = std::move(response), .writes = std::move(writes_), .refused = std::move(refused)};
}

store::Write revoke_tokens_of(const Visit& visit, std::string_view principal, std::string_view reason) {
  return revoked(visit, store::Kills::principal, principal, reason);
}

store::Write revoke_tokens_of(std::string_view tenant, Instant now, std::string_view principal,
                              std::string_view reason) {
  return revoked(tenant, now, store::Kills::principal, principal, reason);
}

store::Write stop_what_is_decided_by(const Visit& visit, std::string_view principal, std::string_view reason) {
  auto entry = revoked(visit, store::Kills::principal, principal, reason);
  entry.revocation.issued_before = delegation::nothing_issued;
  return entry;
}

// An entry that names nobody in particular is a narrowing, of something; this one kills none of it.
store::Write stop_what_is_decided(const Visit& visit, std::string_view reason) {
  auto entry = revoked(visit, store::Kills::narrowing, "", reason);
  entry.revocation.issued_before = delegation::nothing_issued;
  entry.revocation.scopes = {"organizations:read"};
  entry.revocation.resource = visit.call.issuer + "/v1";
  return entry;
}

store::Writes end_delegation(const Visit& visit, const std::string& delegation, const std::string& reason) {
  return {store::EndDelegation{visit.call.tenant, delegation, visit.call.now, reason},
          revoked(visit, store::Kills::delegation, delegation, reason)};
}

store::Write narrow_tokens_of(const Visit& visit, std::string_view target, std::string_view resource,
                              const oauth::ScopeSet& scopes, std::string_view reason) {
  auto entry = revoked(visit, store::Kills::narrowing, target, reason);
  entry.revocation.scopes = scopes.tokens();
  entry.revocation.resource = resource;
  return entry;
}

}  // namespace deputy::endpoints::admin
