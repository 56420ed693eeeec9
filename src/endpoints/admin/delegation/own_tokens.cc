// From the last use of credentials to the instant at which the last token that may have been drawn then is over.
#include "endpoints/admin/delegation/own_tokens.h"

namespace deputy::endpoints::admin {
namespace {

using directory::Acts;

constexpr std::size_t principals_max = 100;  // named in the answer
constexpr std::size_t chunk = 500;

bool has_tokens(const std::string& id) {
  const auto kind = directory::kind_of_id(id);
  return kind == Kind::agent || kind == Kind::application || kind == Kind::user;
}

}  // namespace

// Of a credential; or of those that a principal has no more, by its own record. What was noted just now is not in the
// record yet.
std::optional<Instant> OwnTokens::used_at(const store::Record& record) const {
  return std::max(record.touched_at, visit_.app.last_use.noted(record.id));
}

Result<Done, Fault> OwnTokens::add(const std::string& principal, const Which& which) {
  if (!has_tokens(principal)) return Done{};
  TRY(const auto records, visit_.app.store.under(visit_.call.tenant, principal));
  std::optional<Instant> used;
  for (const auto& record : records)
    if (record.kind == Kind::credential || record.id == principal) used = std::max(used, used_at(record));
  if (!used) return Done{};
  return add_drawn(principal, *used, which);
}

Result<Done, Fault> OwnTokens::add_everybodys(const Which& which, Seconds lifetime_max, Instant since) {
  store::Page page{.after = "", .limit = chunk};
  for (bool more = true; more;) {
    TRY(const auto credentials, visit_.app.store.list(visit_.call.tenant, Kind::credential, page));
    for (const auto& credential : credentials) {
      const auto used = used_at(credential);
      if (!used || drawn_by(*used) < since || drawn_by(*used) + lifetime_max <= visit_.call.now) continue;
      TRY(auto added, add_drawn(credential.under, *used, which));
    }
    room_.rows -= std::min(room_.rows, credentials.size());
    more = credentials.size() == chunk;
    if (more) page.after = credentials.back().id;
    if (more && (room_.rows == 0 || found_.size() > principals_max)) {
      truncated_ = true;
      more = false;
    }
  }
  return Done{};
}

Result<Done, Fault> OwnTokens::add_drawn(const std::string& principal, Instant used, const Which& which) {
  const auto now = visit_.call.now;
  TRY(const auto found, visit_.app.directory.principal(visit_.call.tenant, principal));
  // Who is stopped, or was since, has none that live.
  if (found == nullptr || found->state(now) != directory::State::active) return Done{};
  if (found->dead_through && drawn_by(used) <= *found->dead_through) return Done{};
  TRY(const auto lifetime, lifetime_max(*found, which));
  auto live_until = drawn_by(used) + lifetime;
  if (found->expires_at) live_until = std::min(live_until, *found->expires_at);  // I6
  if (live_until <= now) return Done{};
  auto& some = found_[found->id];
  some.last_used = std::max(some.last_used, used);
  some.live_until = std::max(some.live_until, live_until);
  return Done{};
}

Result<Seconds, Fault> OwnTokens::lifetime_max(const directory::Principal& principal, const Which& which) {
  const bool is_user = principal.kind == Kind::user;
  Seconds longest{0};  // a token for no resource opens nothing
  TRY(auto roles, holdings_.roles_of(principal.id, nullptr));
  TRY(auto resources, holdings_.resources_of(roles[Acts::self]));
  if (is_user) {  // its own credential opens this server's API and nothing else
    TRY(auto own_api, visit_.app.directory.resource(visit_.call.tenant, visit_.call.issuer + "/v1"));
    resources.clear();
    if (own_api != nullptr) resources.push_back(std::move(own_api));
  }
  for (const auto& resource : resources) {
    TRY(auto held, holdings_.given(roles[Acts::self], *resource, nullptr));
    if (is_user)
      for (const auto scope : directory::owners_scopes)
        if (resource->defines(scope)) held.add(scope);
    if (held.empty() || (which && !which(*resource, held))) continue;
    TRY(const auto lifetime, lifetime_at(*resource));
    longest = std::max(longest, lifetime);
  }
  return longest;
}

Result<Seconds, Fault> OwnTokens::lifetime_at(const directory::Resource& resource) {
  TRY(const auto record, visit_.app.store.get(visit_.call.tenant, Kind::resource, resource.id));
  const bool was_longer = record && record->touched_at && *record->touched_at > visit_.call.now;
  return was_longer ? directory::token_lifetime_max : resource.token_lifetime;
}

Result<json::array, Fault> OwnTokens::documents() {
  json::array documents;
  for (const auto& [id, some] : found_) {
    if (documents.size() == principals_max) {
      truncated_ = true;
      break;
    }
    json::object document{{"live_until_max", rfc3339(some.live_until)}, {"last_used_at", rfc3339(some.last_used)}};
    TRY(const bool reached, lens_.reaches(id));
    if (reached) {  // A38
      TRY(const auto name, lens_.name_of(id));
      document["agent"] = id;
      document["name"] = name;
    }
    documents.push_back(std::move(document));
  }
  return documents;
}

}  // namespace deputy::endpoints::admin
