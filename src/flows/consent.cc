// What a yes becomes, and when it need not be asked for again.
#include "flows/consent.h"

#include <algorithm>
#include <array>

#include "base/id.h"
#include "base/json.h"
#include "crypto/hash.h"
#include "delegation/grow.h"
#include "delegation/registered.h"
#include "directory/person.h"
#include "flows/disclosure.h"
#include "grants/carried.h"
#include "grants/consents.h"
#include "grants/exchange/cast.h"

namespace deputy::flows {
namespace {

using delegation::Delegation;
using oauth::Code;
using oauth::Error;

constexpr Seconds hour = grants::shortest_remembered;
constexpr Seconds once_max = hour - Seconds(1);  // shorter than the shortest consent that is remembered

// Every detail that is offered lies within what was agreed, by the rules of its type; or the user declined it.
bool covers_details(const Delegation& consent, const Offer& offer) {
  std::map<std::string, std::pair<store::Directory::ResourcePtr, std::vector<delegation::Detail>>> wanted;
  for (const auto& one : offer.details) {
    if (one.declined) continue;
    auto& [resource, details] = wanted[one.detail.resource];
    resource = one.resource;
    details.push_back(one.detail);
  }
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& entry) {
    const auto& [resource, details] = entry.second;
    return delegation::drawable(details, consent.details, *resource).size() == details.size();
  });
}

// All that the client itself would draw but what the user declined, if anything is left, and what the request itself
// asks onward. What a called agent needs is not asked for again and again: without it that agent is refused, and nobody
// has more than was agreed.
bool covers(const Delegation& consent, const Offer& offer) {
  if (delegation::tightest(consent.limits, offer.limits) != consent.limits) return false;
  if (!covers_details(consent, offer)) return false;
  bool gives_some = false;
  for (const auto& one : offer.switches) {
    if (!one.pair.onward.empty()) continue;
    const bool given = std::binary_search(consent.authority.begin(), consent.authority.end(), one.pair);
    if (!given && !one.declined) return false;
    gives_some = gives_some || given;
  }
  return gives_some;
}

// Does it give some of what is offered that none of those before it does?
class Wanting {
 public:
  explicit Wanting(const Offer& offer) {
    for (const auto& one : offer.switches)
      if (one.pair.onward.empty() && !one.declined) pairs_.push_back(&one.pair);
    for (const auto& one : offer.details)
      if (!one.declined) details_.push_back(&one);
  }
  bool takes(const Delegation& consent) {
    const auto before = pairs_.size() + details_.size();
    std::erase_if(pairs_, [&](const auto* pair) {
      return std::binary_search(consent.authority.begin(), consent.authority.end(), *pair);
    });
    std::erase_if(details_, [&](const auto* one) {
      return !delegation::drawable({one->detail}, consent.details, *one->resource).empty();
    });
    return pairs_.size() + details_.size() < before;
  }

 private:
  std::vector<const delegation::Pair*> pairs_;
  std::vector<const DetailSwitch*> details_;
};

// What was agreed to apart, if it gives together what none of it gives alone. What bounds its depth stays apart: how
// deep it lies is another thing then.
Result<std::optional<Delegation>, Error> together(const std::vector<Delegation>& consents, const Offer& offer,
                                                  World& world) {
  constexpr std::size_t parts_max = 6;  // each is an id in every token
  std::vector<const Delegation*> parts;
  Wanting wanting(offer);
  for (const auto& consent : consents) {
    const bool apart = delegation::is_put_together(consent) || consent.limits.max_depth;
    if (!apart && parts.size() < parts_max && wanting.takes(consent)) parts.push_back(&consent);
  }
  if (parts.size() < 2) return std::optional<Delegation>();
  TRY(auto whole, delegation::put_together(parts, world.now));
  if (!covers(whole, offer)) return std::optional<Delegation>();
  delegation::give_id(whole, make_id("dlg", world.now, world.random));
  return std::optional(std::move(whole));
}

// In the order in which they are given, should two of them lie within one that was agreed: what was declined is last.
std::vector<delegation::Detail> wanted_details(const Offer& offer) {
  std::vector<delegation::Detail> wanted;
  for (const bool declined : {false, true})
    for (const auto& one : offer.details)
      if (one.declined == declined) wanted.push_back(one.detail);
  return wanted;
}

// What of the identity scopes may be told, and by which record; none: there is one the user has not been asked for,
// or the client is not what they were shown.
struct Told {
  oauth::ScopeSet scope;
  std::string disclosure;
};
Result<std::optional<Told>, Error> told_of(const Offer& offer, const directory::Principal& client,
                                           std::string_view user, World& world) {
  TRY(const auto before, disclosed_to(client.id, user, world.tenant, world.store));
  const bool changed = before && !before->shown.empty() && !is_still(before->shown, client);
  if (changed) return std::optional<Told>();
  Told told{.scope = {}, .disclosure = before ? before->id : ""};
  for (const auto& scope : offer.identity.tokens()) {
    const bool declined = before && std::find(before->declined.begin(), before->declined.end(), scope) !=
                                        before->declined.end();
    if (declined) continue;
    if (!before || !directory::may_tell(before->scope, scope)) return std::optional<Told>();
    told.scope.add(scope);
  }
  return std::optional(std::move(told));
}

enum class Vouched : bool { no, yes };

std::string digest_of(const directory::Principal& client, Vouched vouched) {
  const auto& registration = client.registration;
  const bool is_vouched_for = vouched == Vouched::yes;
  json::array shown{client.name,    client.owner,           client.organization,
                    is_vouched_for, registration.is_public, json::value_from(registration.redirect_uris)};
  if (!client.delegates.empty()) shown.push_back(json::value_from(client.delegates));
  return crypto::sha256_base64url(json::serialize(shown));
}

}  // namespace

Result<std::optional<Agreed>, Error> agreed_before(const AuthorizationRequest& request,
                                                   const directory::Principal& client, std::string_view user,
                                                   World& world) {
  TRY(auto offer, offer_of(request, client, user, world));
  TRY(auto told, told_of(offer, client, user, world));
  if (!told) return std::optional<Agreed>();
  Agreed agreed{.delegation = {},
                .details = wanted_details(offer),
                .identity = std::move(told->scope),
                .disclosure = std::move(told->disclosure),
                .resources = {},
                .while_away = offer.while_away,
                .required = {}};
  for (const auto& one : offer.switches)
    if (one.agreed) agreed.required.add(one.required);
  if (offer.switches.empty())
    return agreed.identity.contains("openid") ? std::optional(std::move(agreed)) : std::optional<Agreed>();
  TRY(auto consents, grants::live_consents(client, user, world));
  // Of one that ends before its code does the client may have nothing, and the person was not asked.
  std::erase_if(consents, [&](const auto& one) {
    return one.limits.not_after && *one.limits.not_after < world.now + grants::code_lifetime;
  });
  const auto covering =
      std::find_if(consents.begin(), consents.end(), [&](const auto& consent) { return covers(consent, offer); });
  if (covering != consents.end()) {
    agreed.delegation = *covering;
  } else {
    TRY(auto whole, together(consents, offer, world));
    if (!whole) return std::optional<Agreed>();
    agreed.delegation = std::move(whole);
    agreed.put_together = true;
  }
  agreed.resources = resources_given(offer, *agreed.delegation);
  return std::optional(std::move(agreed));
}

std::string shown_of(const directory::Principal& client) {
  return digest_of(client, client.registration.verified ? Vouched::yes : Vouched::no);
}

bool is_still(std::string_view shown, const directory::Principal& client) {
  return shown == shown_of(client) || (client.registration.verified && shown == digest_of(client, Vouched::no));
}

bool is_asked_each_time(const AuthorizationRequest& request, const directory::Principal& client) {
  return client.registration.is_public && !request.redirect_uri.starts_with("https://");
}

std::optional<Duration> duration_named(std::string_view name) {
  constexpr std::array<std::string_view, 4> names{"once", "hour", "month", "until_withdrawn"};
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Duration>(found - names.begin());
}

std::optional<Instant> end_of(Duration duration, const Offer& offer, Instant now) {
  delegation::Limits chosen;
  if (duration == Duration::once) chosen.not_after = now + std::min(offer.token_lifetime, once_max);
  if (duration == Duration::hour) chosen.not_after = now + hour;
  if (duration == Duration::month) chosen.not_after = now + 30 * 24 * hour;
  delegation::Limits clients;
  clients.not_after = offer.client_ends;
  return delegation::tightest(delegation::tightest(chosen, offer.limits), clients).not_after;
}

std::vector<std::string> resources_given(const Offer& offer, const Delegation& consent) {
  std::vector<std::string> identifiers;
  for (const auto& one : offer.switches) {
    const bool given = one.pair.onward.empty() &&
                       std::binary_search(consent.authority.begin(), consent.authority.end(), one.pair);
    const bool is_new = identifiers.empty() || identifiers.back() != one.resource_identifier;
    if (given && is_new) identifiers.push_back(one.resource_identifier);
  }
  return identifiers;
}

Result<Delegation, Error> consented(const Offer& offer, std::span<const std::string_view> on, Duration duration,
                                    const directory::Principal& client, std::string_view user, World& world) {
  delegation::Authority authority;
  bool own = false;
  // Only what was offered can be given: a key that the form never held gives nothing.
  for (const auto& one : offer.switches) {
    if (std::find(on.begin(), on.end(), one.key) == on.end()) continue;
    own = own || one.pair.onward.empty();
    authority.push_back(one.pair);
  }
  // Who may draw nothing has no token to pass on either: then nothing was allowed.
  if (!own) return Fail{Error(Code::access_denied, "the user allowed nothing")};
  std::vector<delegation::Detail> details;
  for (const auto& one : offer.details) {
    const bool is_on = std::find(on.begin(), on.end(), one.key) != on.end();
    const bool with_scope = !delegation::scopes_at(authority, one.detail.resource).empty();
    if (is_on && with_scope) details.push_back(one.detail);
  }
  auto limits = offer.limits;
  limits.not_after = end_of(duration, offer, world.now);
  // What asks for an hour or more lasts from when it was asked for, and so is as long as that, however late the answer,
  // and remembered (grants/consents.h).
  const bool from_asked = duration != Duration::once && offer.limits.not_after &&
                          *offer.limits.not_after >= offer.asked_at + grants::shortest_remembered;
  TRY(auto node, delegation::grow({.parent = nullptr,
                                   .tenant = std::string(world.tenant),
                                   .subject = std::string(user),
                                   .actor = client.id,
                                   .chain = grants::exchange::first_chain(client),
                                   .authority = std::move(authority),
                                   .details = std::move(details),
                                   .asked = limits,
                                   .origin = delegation::Origin::consent,
                                   .at = from_asked ? offer.asked_at : world.now}));
  delegation::give_id(node, make_id("dlg", world.now, world.random));
  return node;
}

}  // namespace deputy::flows
