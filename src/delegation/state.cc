// The gravest reason first: what is revoked stays so, whoever is active again.
#include "delegation/state.h"

#include <array>

namespace deputy::delegation {
namespace {

constexpr std::array<std::string_view, 5> names{"live", "inactive", "cut_off", "ended", "revoked"};

bool past_its_time(const Delegation& delegation, Instant now) {
  return delegation.limits.not_after && now >= *delegation.limits.not_after;
}

}  // namespace

std::string_view name_of(State state) { return names[static_cast<std::size_t>(state)]; }

State state_of(const Delegation& delegation, const Surroundings& around, Instant now) {
  if (delegation.revoked_at) return State::revoked;
  if (past_its_time(delegation, now)) return State::ended;
  if (around.ancestor_dead) return State::cut_off;
  return around.everybody_active ? State::live : State::inactive;
}

bool is_dead(const Delegation& delegation, Instant now) {
  return delegation.revoked_at.has_value() || past_its_time(delegation, now);
}

std::uint64_t tokens_live_max(const Delegation& delegation, Instant now) {
  return delegation.live_until && now < *delegation.live_until ? delegation.tokens_live_max : 0;
}

}  // namespace deputy::delegation
