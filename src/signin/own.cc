// One's own: who may change them, and what would leave a person without a way in.
#include "signin/own.h"

#include <algorithm>

#include "signin/ladder.h"
#include "signin/passkey/passkey.h"

namespace deputy::signin {
namespace {

using Why = Refusal::Why;

Result<Changed, Denied> remove(Methods& methods, Attempt& attempt, std::string_view user, std::string_view id) {
  TRY(auto policy, policy_of(methods.store, attempt.tenant));
  TRY(auto person, active_person(methods, attempt, user));
  const auto& all = person.authenticators;
  const auto lets_in = [&](const Authenticator& one) { return is_way_in(one, policy, methods.config); };
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.record.id == id; });
  if (found == all.end()) return Fail{Denied(Why::expired, "the user has no such authenticator")};
  attempt.event.target = found->record.id;
  if (lets_in(*found) && std::count_if(all.begin(), all.end(), lets_in) == 1)
    return Fail{Denied(Why::last, "it is the last by which the user can sign in")};
  Changed changed{.user = person.id, .authenticator = found->record.id, .recovery_codes = {}};
  changed.writes.push_back(removal_of(*found));
  // Of two removals at once, the second must not find that the first left nothing: each leans on one that stays.
  const auto stays =
      std::find_if(all.begin(), all.end(), [&](const auto& one) { return lets_in(one) && &one != &*found; });
  if (stays != all.end())
    changed.writes.push_back(store::Require{attempt.tenant, store::Kind::authenticator, stays->record.id});
  // Recovery codes stand for the app: they go with it.
  const auto* codes = find(all, Type::recovery_codes);
  if (found->type == Type::totp && codes != nullptr) changed.writes.push_back(removal_of(*codes));
  TRY(auto ended, end_sessions(methods, attempt, person, Sessions::others, changed.writes));
  return changed;
}

}  // namespace

bool is_way_in(const Authenticator& one, const Policy& policy, const Config& config) {
  if (one.type == Type::password) return policy.password;
  return one.type == Type::passkey && policy.passkey && passkeys_possible(config);
}

Result<std::vector<WayIn>, Fault> ways_in(const Methods& methods, std::string_view tenant, std::string_view user,
                                          const store::Writes& writes) {
  TRY(const auto policy, policy_of(methods.store, tenant));
  TRY(auto there, authenticators_of(methods.store, tenant, user));
  TRY(const auto all, authenticators_after(std::move(there), writes));
  std::vector<WayIn> ways;
  for (const auto& one : all) {
    if (!is_way_in(one, policy, methods.config)) continue;
    if (one.type == Type::passkey)
      ways.push_back({Type::passkey, {"pop", "user", "mfa"}});
    else if (policy.totp && find(all, Type::totp) != nullptr)
      ways.push_back({Type::totp, {"pwd", "otp", "mfa"}});  // a password alone is no way in then
    else
      ways.push_back({Type::password, {"pwd"}});
  }
  return ways;
}

Result<std::optional<Type>, Fault> stronger_method(const Methods& methods, std::string_view tenant,
                                                   std::string_view user, const Amr& amr,
                                                   const store::Writes& writes) {
  TRY(const auto policy, policy_of(methods.store, tenant));
  TRY(const auto ways, ways_in(methods, tenant, user, writes));
  std::optional<Type> stronger;
  auto most = strength_of(amr, policy.acr);
  for (const auto& way : ways) {
    const auto strength = strength_of(way.amr, policy.acr);
    if (strength <= most) continue;
    most = strength;
    stronger = way.type;
  }
  return stronger;
}

Result<Changed, Refusal> remove_authenticator(Methods& methods, Attempt attempt, std::string_view user,
                                              std::string_view authenticator) {
  auto result = remove(methods, attempt, user, authenticator);
  return conclude(std::move(attempt), std::move(result), audit::Decision::done);
}

}  // namespace deputy::signin
