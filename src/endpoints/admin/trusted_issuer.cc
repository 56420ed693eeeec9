// Trusted issuers: their keys come from one place, and what was begun with their tokens ends with what they may give.
#include <algorithm>
#include <array>

#include "endpoints/admin/authority.h"
#include "endpoints/admin/frame/rules.h"
#include "endpoints/admin/revocation/narrowing.h"
#include "jose/jwk.h"

namespace deputy::endpoints::admin {
namespace {

// What an issuer's tokens can give; none where they are not accepted.
std::optional<directory::Role> gives(const Draft& draft, const json::object& body) {
  if (json_text(body, "state") != "active") return std::nullopt;
  return directory::Role::from(draft.id, body);
}

// Whose tokens are taken, and for whom: with another value it is another issuer, whatever it may give.
constexpr std::array<std::string_view, 6> identity{"issuer",    "jwks",          "jwks_uri",
                                                   "audiences", "subject_claim", "subject_field"};

bool differs(const json::object& before, const json::object& after, std::string_view field) {
  const auto *was = before.if_contains(field), *is = after.if_contains(field);
  return was == nullptr || is == nullptr ? was != is : *was != *is;
}

bool is_another(const json::object& before, const json::object& after) {
  return std::any_of(identity.begin(), identity.end(),
                     [&](std::string_view field) { return differs(before, after, field); });
}

// Tokens that began something may be taken no more, or for somebody else. Keys are left out: they are rotated, and what
// began with the earlier ones goes on.
bool takes_others(const json::object& before, const json::object& after) {
  for (const std::string_view field : {"subject_claim", "subject_field"})
    if (differs(before, after, field)) return true;
  const auto were = texts_of(before, "audiences"), are = texts_of(after, "audiences");
  return std::any_of(were.begin(), were.end(),
                     [&](const auto& one) { return std::find(are.begin(), are.end(), one) == are.end(); });
}

// Keys that can verify nothing are an issuer whose tokens are refused without a word: refused where they are written.
Result<Done, Problem> are_keys(const json::object* before, const json::object& after) {
  const auto* sent = after.if_contains("jwks");
  const auto* stored = before == nullptr ? nullptr : before->if_contains("jwks");
  if (sent == nullptr || (stored != nullptr && *stored == *sent)) return Done{};
  const auto set = jose::JwkSet::parse(json::serialize(*sent));
  if (!set) return Fail{Problem(ProblemType::invalid_field, set.error().detail, "jwks")};
  return Done{};
}

}  // namespace

// Who signs for an issuer speaks for every user: nobody gives it, by that, what they do not hold (A24).
Result<Done, Problem> trusted_issuer_written(Draft& draft) {
  const auto& after = draft.after;
  if (after.contains("jwks") == after.contains("jwks_uri"))
    return Fail{Problem(ProblemType::invalid_field, "Send either jwks or jwks_uri, and not both.", "jwks_uri")};
  TRY(auto usable, are_keys(draft.before, after));
  TRY(auto callable, may_be_fetched(draft.visit, draft.before, after, "jwks_uri"));
  if (json_text(after, "issuer") == draft.visit.call.issuer)
    return Fail{Problem(ProblemType::invalid_field, "Name another server: this one trusts itself.", "issuer")};
  const auto given = draft.before == nullptr ? std::nullopt : gives(draft, *draft.before);
  const auto left = gives(draft, after);
  if (left) {
    const bool same = given && !is_another(*draft.before, after);
    TRY(auto conferred, may_widen(draft.visit, same ? &*given : nullptr, *left, {}));
  }
  if (!given) return Done{};
  const bool keeps = left && !takes_others(*draft.before, after);
  return add_narrowings_of_issuer(draft.visit, *given, keeps ? &*left : nullptr, draft.change);
}

Result<Done, Problem> trusted_issuer_deleted(Draft& draft) {
  const auto given = gives(draft, draft.after);
  if (!given) return Done{};
  return add_narrowings_of_issuer(draft.visit, *given, nullptr, draft.change);
}

}  // namespace deputy::endpoints::admin
