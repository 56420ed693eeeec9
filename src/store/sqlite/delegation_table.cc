// A row a delegation. Rows are numbered in the order they are made, so every list is in that order by its index alone.
#include "store/sqlite/delegation_table.h"

#include <algorithm>

#include "base/pack.h"

#define COLUMNS(revoked_at, reason)                                                                              \
  "id, tenant, parent, path, subject, actor, chain, authority, not_after, max_depth, uses_max, budgets, origin," \
  " created_at, " revoked_at ", " reason ", used_at, live_until, tokens, uses, details, issuer"

// As it is read; its own columns are those that were written.
#define READ                                                                                 \
  COLUMNS("iif(revoked_at IS NULL AND origin = 0, " ENDED_WITH_OTHERS("at") ", revoked_at)", \
          "iif(revoked_at IS NULL AND origin = 0, ifnull(" ENDED_WITH_OTHERS("reason") ", reason), reason)")

// Their conditions are those of an index, word for word.
#define BEGUN_WITH " FROM delegations WHERE tenant = ?1 AND under = ?2 AND actor = ?3 AND issuer = ?4" \
                   " AND parent = '' AND issuer <> '' AND max(created_at, revoked_at)"
#define FIRST_END "SELECT max(created_at, revoked_at)" BEGUN_WITH " BETWEEN ?5 AND ?6" \
                  " ORDER BY max(created_at, revoked_at) LIMIT 1"

namespace deputy::store::sqlite {
namespace {

using View = std::string_view;
using Why = Refused::Why;

constexpr std::int64_t unbounded = -1;

std::string packed(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts) pack(out, text);
  return out;
}

std::string packed(const delegation::Authority& authority) {
  std::string out;
  for (const auto& pair : authority)
    for (const auto& text : {View(pair.resource), View(pair.scope), View(pair.onward)}) pack(out, text);
  return out;
}

std::string packed(const std::vector<delegation::Detail>& details) {
  std::string out;
  for (const auto& detail : details)
    for (const auto& text : {View(detail.resource), View(detail.object)}) pack(out, text);
  return out;
}

Fail<Fault> damaged() { return Fail{Fault{Fault::Kind::corrupt, "a delegation's row cannot be read"}}; }

Result<std::vector<std::string>, Fault> texts_of(View column) {
  const auto texts = unpack(column);
  if (!texts) return damaged();
  return std::vector<std::string>(texts->begin(), texts->end());
}

Result<delegation::Authority, Fault> authority_of(View column) {
  const auto texts = unpack(column);
  if (!texts || texts->size() % 3 != 0) return damaged();
  delegation::Authority authority;
  for (std::size_t i = 0; i < texts->size(); i += 3)
    authority.push_back({std::string((*texts)[i]), std::string((*texts)[i + 1]), std::string((*texts)[i + 2])});
  return authority;
}

Result<std::vector<delegation::Detail>, Fault> details_of(View column) {
  const auto texts = unpack(column);
  if (!texts || texts->size() % 2 != 0) return damaged();
  std::vector<delegation::Detail> details;
  for (std::size_t i = 0; i < texts->size(); i += 2)
    details.push_back({std::string((*texts)[i]), std::string((*texts)[i + 1])});
  return details;
}

std::optional<Instant> instant_of(const Rows& rows, int column) {
  return rows.null(column) ? std::nullopt : std::optional(rows.instant(column));
}

Result<Delegation, Fault> delegation_of(const Rows& rows) {
  Delegation one{.id = std::string(rows.text(0)),
                 .tenant = std::string(rows.text(1)),
                 .parent = std::string(rows.text(2)),
                 .subject = std::string(rows.text(4)),
                 .actor = std::string(rows.text(5)),
                 .origin = static_cast<delegation::Origin>(rows.integer(12)),
                 .issuer = std::string(rows.text(21)),
                 .created_at = rows.instant(13),
                 .revoked_at = instant_of(rows, 14),
                 .reason = std::string(rows.text(15)),
                 .used_at = instant_of(rows, 16),
                 .live_until = instant_of(rows, 17),
                 .tokens_live_max = rows.number(18),
                 .uses = rows.number(19)};
  TRY(auto path, texts_of(rows.text(3)));
  one.path = std::move(path);
  TRY(auto chain, texts_of(rows.text(6)));
  one.chain = std::move(chain);
  TRY(auto authority, authority_of(rows.text(7)));
  one.authority = std::move(authority);
  TRY(auto budgets, texts_of(rows.text(11)));
  one.budgets = std::move(budgets);
  TRY(auto details, details_of(rows.text(20)));
  one.details = std::move(details);
  one.limits.not_after = instant_of(rows, 8);
  if (rows.integer(9) != unbounded) one.limits.max_depth = static_cast<int>(rows.integer(9));
  if (rows.integer(10) != unbounded) one.limits.uses = rows.number(10);
  return one;
}

Result<std::optional<Delegation>, Fault> one_of(Rows rows) {
  TRY(bool row, rows.next());
  if (!row) return std::optional<Delegation>();
  TRY(auto one, delegation_of(rows));
  return std::optional(std::move(one));
}

Result<std::optional<Instant>, Fault> instant_in(Rows rows) {
  TRY(bool row, rows.next());
  return row ? std::optional(rows.instant(0)) : std::nullopt;
}

Result<std::vector<Delegation>, Fault> all_of(Rows rows) {
  std::vector<Delegation> all;
  for (;;) {
    TRY(bool row, rows.next());
    if (!row) return all;
    TRY(auto one, delegation_of(rows));
    all.push_back(std::move(one));
  }
}

}  // namespace

Result<Done, Fault> DelegationChanges::prepare(Database& database) {
  TRY(auto prepared, consent_ends_.prepare(database));
  return database.prepare({
      {&add_, "INSERT INTO delegations (" COLUMNS("revoked_at", "reason") ", under, fingerprint)"
              " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,"
              " ?20, ?21, ?22, ?23, ?24)"
              " ON CONFLICT (tenant, id) DO NOTHING"},
      {&state_, "SELECT" IS_ENDED ", uses_max >= 0 AND uses >= uses_max FROM delegations"
                " WHERE tenant = ?1 AND id = ?2"},
      {&count_, "UPDATE delegations SET uses = uses + 1 WHERE tenant = ?1 AND id = ?2"},
      {&draw_, "UPDATE delegations SET"
               " tokens = CASE WHEN live_until IS NULL OR live_until <= ?3 THEN 1 ELSE tokens + 1 END,"
               " used_at = CASE WHEN used_at > ?3 AND used_at <= ?6 THEN used_at ELSE ?3 END, live_until = max(ifnull(live_until, ?4), ?4),"
               " uses = uses + ?5 WHERE tenant = ?1 AND id = ?2"
               " AND" GOES_ON " AND (?5 = 0 OR uses_max < 0 OR uses < uses_max)"},
      {&end_, "UPDATE delegations SET revoked_at = ?3, reason = ?4"
              " WHERE tenant = ?1 AND id = ?2 AND" GOES_ON " AND (?5 < 0 OR uses = ?5)"},
      {&first_end_, FIRST_END},
      {&made_since_, "SELECT actor, subject, chain, path FROM delegations INDEXED BY delegations_tenant"
                     " WHERE tenant = ?1 AND n > ifnull((SELECT n FROM delegations WHERE tenant = ?1 AND id = ?2), 0)"
                     " AND revoked_at IS NULL"},
  });
}

Result<std::optional<Why>, Fault> DelegationChanges::add(const Delegation& one) {
  const auto path = packed(one.path), chain = packed(one.chain), authority = packed(one.authority),
             budgets = packed(one.budgets), details = packed(one.details);
  const auto fingerprint = fingerprints_.emplace_back(delegation::fingerprint(one));
  TRY(auto added,
      add_.execute(View(one.id), View(one.tenant), View(one.parent), View(path), View(one.subject), View(one.actor),
                   View(chain), View(authority), one.limits.not_after,
                   std::int64_t{one.limits.max_depth.value_or(static_cast<int>(unbounded))},
                   one.limits.uses ? static_cast<std::int64_t>(*one.limits.uses) : unbounded, View(budgets),
                   one.origin, one.created_at, one.revoked_at, View(one.reason), one.used_at, one.live_until,
                   one.tokens_live_max, one.uses, View(details), View(one.issuer), View(one.under()), fingerprint));
  return add_.changed() == 0 ? std::optional(Why::exists) : std::nullopt;
}

Result<std::optional<Why>, Fault> DelegationChanges::may_draw(View tenant, View id) {
  auto rows = state_.run(tenant, id);
  TRY(bool row, rows.next());
  if (!row) return std::optional(Why::missing);
  if (rows.integer(0) != 0) return std::optional(Why::revoked);
  if (rows.integer(1) != 0) return std::optional(Why::spent);
  return std::optional<Why>();
}

Result<bool, Fault> DelegationChanges::is_live(View tenant, View id) {
  TRY(const auto why, may_draw(tenant, id));
  return !why || *why == Why::spent;
}

Result<std::optional<Why>, Fault> DelegationChanges::draw(const Draw& draw) {
  for (const auto& id : draw.budgets) {
    TRY(auto refusal, may_draw(draw.tenant, id));
    if (refusal) return refusal;
  }
  // First the one that may refuse by itself, so that what is refused has counted nothing.
  if (!draw.id.empty()) {
    const bool counts_above = std::find(draw.budgets.begin(), draw.budgets.end(), draw.id) != draw.budgets.end();
    TRY(auto drawn, draw_.execute(View(draw.tenant), View(draw.id), draw.at, draw.expires_at,
                                  std::int64_t{counts_above ? 0 : 1}, draw.at + set_back_max));
    if (draw_.changed() == 0) return may_draw(draw.tenant, draw.id);
  }
  for (const auto& id : draw.budgets) {
    TRY(auto counted, count_.execute(View(draw.tenant), View(id)));
  }
  return std::optional<Why>();
}

Result<std::optional<Why>, Fault> DelegationChanges::end(const EndDelegation& end) {
  const auto uses = end.uses ? static_cast<std::int64_t>(*end.uses) : unbounded;
  TRY(auto ended, end_.execute(View(end.tenant), View(end.id), end.at, View(end.reason), uses));
  if (!end.uses || end_.changed() != 0) return std::optional<Why>();
  TRY(const auto gone, may_draw(end.tenant, end.id));
  return std::optional(gone && *gone != Why::spent ? *gone : Why::version);
}

Result<std::optional<Why>, Fault> DelegationChanges::check(const NoneEnded& none) {
  const auto& of = none.of;
  TRY(const auto ended, instant_in(first_end_.run(View(of.tenant), View(of.user), View(of.client), View(of.issuer),
                                                  none.since, none.until)));
  return ended ? std::optional(Why::revoked) : std::nullopt;
}

Result<bool, Fault> DelegationChanges::any_ended(View tenant, const std::vector<std::string>& path) {
  for (const auto& id : path) {
    TRY(const auto why, may_draw(tenant, id));
    if (why == Why::revoked) return true;
  }
  return false;
}

// What hangs from one that is ended, by this batch too, goes on no more.
Result<std::optional<std::string>, Fault> DelegationChanges::check(const NoneHandedOn& none) {
  auto rows = made_since_.run(View(none.tenant), View(none.after));
  for (;;) {
    TRY(bool row, rows.next());
    if (!row) return std::optional<std::string>();
    TRY(const auto chain, texts_of(rows.text(2)));
    auto who = none.who(chain, rows.text(1), rows.text(0));
    if (!who) continue;
    TRY(const auto path, texts_of(rows.text(3)));
    TRY(const bool ended, any_ended(none.tenant, path));
    if (!ended) return who;
  }
}

#define FORWARD " AND n > ?2 ORDER BY n LIMIT ?3"
#define BACKWARD " AND n < ?2 ORDER BY n DESC LIMIT ?3"
Result<Done, Fault> DelegationReads::prepare(Database& database) {
  return database.prepare({
      {&place_, "SELECT n FROM delegations WHERE tenant = ?1 AND id = ?2"},
      {&get_, "SELECT " READ " FROM delegations WHERE tenant = ?1 AND id = ?2"},
      {&identical_, "SELECT " READ " FROM delegations WHERE fingerprint = ?1 AND revoked_at IS NULL"
                    " ORDER BY n DESC LIMIT ?2"},
      // Its condition is that of an index, word for word.
      {&consents_, "SELECT " READ " FROM delegations WHERE tenant = ?1 AND under = ?2 AND actor = ?3"
                   " AND ifnull(not_after, 9223372036854775807) > ?4 AND origin = 0 AND" GOES_ON
                   " ORDER BY n DESC LIMIT ?5"},
      {&consents_to_, "SELECT " READ AGREED " LIMIT ?4"},
      {&consents_since_, "SELECT " READ AGREED_SINCE " LIMIT ?4"},
      {&any_ending_, ANY_ENDING},
      {&first_end_, FIRST_END},
      {&begun_, "SELECT " READ " FROM (SELECT *" BEGUN_WITH " IS NULL AND created_at <= ?5"
                " ORDER BY created_at DESC, n DESC LIMIT ?6) AS delegations"
                " WHERE ifnull(not_after, 9223372036854775807) > ?7 AND (uses_max < 0 OR uses < uses_max)"},
      {&all_forward_, "SELECT " READ " FROM delegations WHERE tenant = ?1" FORWARD},
      {&all_backward_, "SELECT " READ " FROM delegations WHERE tenant = ?1" BACKWARD},
      {&actor_forward_, "SELECT " READ " FROM delegations WHERE tenant = ?1 AND actor = ?4" FORWARD},
      {&actor_backward_, "SELECT " READ " FROM delegations WHERE tenant = ?1 AND actor = ?4" BACKWARD},
      {&under_forward_, "SELECT " READ " FROM delegations WHERE tenant = ?1 AND under = ?4" FORWARD},
      {&under_backward_, "SELECT " READ " FROM delegations WHERE tenant = ?1 AND under = ?4" BACKWARD},
  });
}
#undef FORWARD
#undef BACKWARD

Result<std::optional<Delegation>, Fault> DelegationReads::get(View tenant, View id) {
  return one_of(get_.run(tenant, id));
}

Result<std::vector<Delegation>, Fault> DelegationReads::list(View tenant, const DelegationPage& page) {
  const bool forward = page.order == Page::Order::oldest_first;
  std::int64_t after = forward ? 0 : INT64_MAX;
  if (!page.after.empty()) {
    auto rows = place_.run(tenant, View(page.after));
    TRY(bool row, rows.next());
    if (!row) return std::vector<Delegation>();
    after = rows.integer(0);
  }
  const auto limit = static_cast<std::uint64_t>(page.limit);
  if (!page.actor.empty())
    return all_of((forward ? actor_forward_ : actor_backward_).run(tenant, after, limit, View(page.actor)));
  if (!page.under.empty())
    return all_of((forward ? under_forward_ : under_backward_).run(tenant, after, limit, View(page.under)));
  return all_of((forward ? all_forward_ : all_backward_).run(tenant, after, limit));
}

Result<std::vector<Delegation>, Fault> DelegationReads::consents(const ConsentsOf& of, Instant now,
                                                                 std::size_t limit) {
  return all_of(consents_.run(of.tenant, of.user, of.client, now, static_cast<std::uint64_t>(limit)));
}

Result<std::vector<Delegation>, Fault> DelegationReads::consents_to(View tenant, View client, Instant now,
                                                                     std::size_t limit) {
  TRY(const bool ending, any_ending_.run(tenant, client).next());
  return all_of((ending ? consents_since_ : consents_to_).run(tenant, client, now, static_cast<std::uint64_t>(limit)));
}

Result<std::optional<Instant>, Fault> DelegationReads::first_end(const BegunWith& of, Instant since, Instant until) {
  return instant_in(first_end_.run(View(of.tenant), View(of.user), View(of.client), View(of.issuer), since, until));
}

Result<std::vector<Delegation>, Fault> DelegationReads::begun(const BegunWith& of, Instant made_by, Instant now) {
  return all_of(begun_.run(View(of.tenant), View(of.user), View(of.client), View(of.issuer), made_by,
                           static_cast<std::uint64_t>(Store::begun_looked_at), now));
}

Result<std::optional<Delegation>, Fault> DelegationReads::identical(const Delegation& like,
                                                                    std::uint64_t fingerprint) {
  auto rows = identical_.run(fingerprint, static_cast<std::uint64_t>(Store::identical_looked_at));
  for (;;) {
    TRY(bool row, rows.next());
    if (!row) return std::optional<Delegation>();
    TRY(auto one, delegation_of(rows));
    if (delegation::identical(one, like)) return std::optional(std::move(one));
  }
}

}  // namespace deputy::store::sqlite
