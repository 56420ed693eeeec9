// Reading tokens: from the cache, by signature, or by an opaque handle's hash; then the revocation set, always.
#include "tokens/reader.h"

#include <algorithm>

#include "base/bounded_cache.h"
#include "base/json.h"
#include "base/metrics.h"
#include "crypto/hash.h"
#include "directory/authority.h"
#include "jose/jwt.h"
#include "jose/numeric_date.h"
#include "oauth/handle.h"
#include "tokens/id_token.h"

namespace deputy::tokens {
namespace {

std::shared_ptr<AccessToken> from_claims(const json::object& claims) {
  auto token = std::make_shared<AccessToken>();
  token->issuer = text_of(claims, "iss");
  token->subject = text_of(claims, "sub");
  token->client_id = text_of(claims, "client_id");
  token->audience = text_of(claims, "aud");
  token->scope = text_of(claims, "scope");
  token->jti = text_of(claims, "jti");
  token->subject_type = text_of(claims, "sub_type");
  token->owner = text_of(claims, "owner");
  token->acr = text_of(claims, "acr");
  if (const auto at = json_integer(claims, "auth_time")) token->auth_time = from_unix_seconds(*at);
  token->issued_at = from_unix_seconds(json_integer(claims, "iat").value_or(0));
  token->expires_at = from_unix_seconds(json_integer(claims, "exp").value_or(0));
  if (const auto* act = json_member_object(claims, "act")) {
    token->act_json = json::serialize(*act);
    for (; act != nullptr; act = json_member_object(*act, "act")) token->chain.push_back(text_of(*act, "sub"));
  }
  if (const auto* details = json_member_array(claims, "authorization_details"))
    token->details = json::serialize(*details);
  if (const auto* key = json_member_object(claims, "cnf")) token->jkt = text_of(*key, "jkt");
  token->delegations = texts_of(claims, "dlg");
  token->from_kids = texts_of(claims, "from_kids");
  token->userinfo_claims = texts_of(claims, "userinfo_claims");
  return token;
}

delegation::TokenView view_of(const AccessToken& token) {
  return {.jti = token.jti,
          .kid = token.kid,
          .subject = token.subject,
          .client_id = token.client_id,
          .audience = token.audience,
          .scope = token.scope,
          .chain = token.chain,
          .delegations = token.delegations,
          .from_kids = token.from_kids,
          .issued_at = token.issued_at};
}

// A retired key stays published for as long as what it signed lives (A10). What would outlast it, and so could no more
// be withdrawn with it, is made by whoever stole it; so is what lives longer than any of its kind.
bool outlasts(const TenantKeys& keys, std::string_view kid, Instant expires_at, Instant longest) {
  if (expires_at > longest) return true;
  return std::any_of(keys.all.begin(), keys.all.end(), [&](const SigningKey& key) {
    return key.kid == kid && key.state == SigningKey::State::retired && expires_at > key.changes_at + set_back_max;
  });
}

std::size_t cost_of(const AccessToken& token) {
  return sizeof(AccessToken) + 160 + token.audience.size() + token.scope.size() + token.act_json.size() +
         token.details.size() + token.jkt.size() +
         (token.delegations.size() + token.from_kids.size() + token.userinfo_claims.size()) * 64;
}

}  // namespace

struct Reader::State {
  store::Store& store;
  Keyring& keyring;
  BoundedCache<AccessToken> seen;
  delegation::RevocationSet revoked;

  // `leeway`: how far its `iat` may lie ahead, and its `exp` behind.
  Result<Read, Fault> from_jwt(std::string_view token, std::string_view tenant, std::string_view issuer, Instant now,
                               Seconds leeway);
  Result<Read, Fault> from_opaque(std::string_view tenant, std::string_view hash, Instant now);
};

Reader::Reader(store::Store& store, Keyring& keyring, ReaderConfig config)
    : state_(new State{store, keyring, BoundedCache<AccessToken>(config.tokens_max_bytes), {}}) {
  store.observe([state = state_.get()](const store::Changes& changes) {
    bool key_gone = false;
    for (const auto& revocation : changes.revocations) {
      state->revoked.add(revocation);
      key_gone = key_gone || revocation.kind == store::Kills::key;
    }
    if (key_gone) state->seen.clear();  // what it signed is verified again, and never, however long its entry is kept
  });
}
Reader::~Reader() = default;

Result<Done, Fault> Reader::load() {
  std::uint64_t after = 0;
  for (;;) {
    TRY(auto page, state_->store.revocations(after, 1000));
    for (const auto& revocation : page) state_->revoked.add(revocation);
    if (page.empty()) break;
    after = page.back().seq;
  }
  measure();
  return Done{};
}

std::size_t Reader::revocations() const { return state_->revoked.size(); }
std::uint64_t Reader::revocations_seen() const { return state_->revoked.seen(); }
void Reader::purge(Instant now) { state_->revoked.purge(now); }
void Reader::measure() const {
  static auto entries = metrics::gauge("deputy_revocation_entries", "Names in the revocation set.");
  entries.set(static_cast<double>(state_->revoked.size()));
}

Seconds Reader::wait_to_mint(std::string_view tenant, std::string_view principal, Instant now) const {
  const auto dead_until = state_->revoked.dead_until(tenant, principal);
  if (!dead_until) return Seconds(0);
  return std::max(Seconds(0), Seconds(unix_seconds(*dead_until) + 1 - unix_seconds(now)));
}

bool Reader::is_revoked(std::string_view tenant, std::string_view jti, Instant issued_at) const {
  return state_->revoked.kills(tenant, {.jti = jti, .issued_at = issued_at});
}

bool Reader::may_mint(std::string_view tenant, const delegation::TokenView& token) const {
  return !state_->revoked.kills(tenant, token);
}

Result<Reader::Read, Fault> Reader::read(std::string_view token, std::string_view tenant, std::string_view issuer,
                                         Instant now) {
  if (token.size() > access_token_octets_max) return Read(NotActive::unknown);
  // The hash is keyed by tenant, so that one tenant's token never answers in another.
  const auto digest = crypto::sha256(token);
  std::string key(reinterpret_cast<const char*>(digest.data()), digest.size());
  key.append(tenant);
  Read read = NotActive::unknown;
  if (auto found = state_->seen.find(key)) {
    read = std::move(found);
  } else {
    auto fresh = token.starts_with(oauth::opaque_token_prefix)
                     ? state_->from_opaque(tenant, oauth::handle_key(token), now)
                     : state_->from_jwt(token, tenant, issuer, now, set_back_max);  // its `exp` is held to below
    if (!fresh) return std::move(fresh).fail();
    read = std::move(fresh).take();
    const auto* good = std::get_if<std::shared_ptr<const AccessToken>>(&read);
    if (good != nullptr && now < (*good)->expires_at) state_->seen.put(key, *good, cost_of(**good));
  }
  const auto* good = std::get_if<std::shared_ptr<const AccessToken>>(&read);
  if (good == nullptr) return read;
  if ((*good)->issuer != issuer) return Read(NotActive::other_issuer);
  if (now >= (*good)->expires_at) return Read(NotActive::expired);
  if (state_->revoked.kills(tenant, view_of(**good))) return Read(NotActive::revoked);
  return read;
}

Result<std::shared_ptr<const AccessToken>, Fault> Reader::read_dead(std::string_view token, std::string_view tenant,
                                                                    std::string_view issuer, Instant now) {
  using TokenPtr = std::shared_ptr<const AccessToken>;
  if (token.size() > access_token_octets_max) return TokenPtr();
  // However far this clock is behind that of then: it is judged as of when it says that it was issued.
  auto at = now;
  if (const auto parts = jose::split(token))
    if (const auto issued = jose::numeric_date(parts->claims, "iat"); issued && *issued) at = std::max(at, **issued);
  // Not from `seen`: how long a token is told of must not depend on who else asked.
  TRY(const auto read, token.starts_with(oauth::opaque_token_prefix)
                           ? state_->from_opaque(tenant, oauth::handle_key(token), now)
                           : state_->from_jwt(token, tenant, issuer, at, directory::token_lifetime_max));
  const auto* found = std::get_if<TokenPtr>(&read);
  return found != nullptr && (*found)->issuer == issuer ? *found : TokenPtr();
}

Result<std::optional<SignInToken>, Fault> Reader::read_id_token(std::string_view token, std::string_view tenant,
                                                                std::string_view issuer, Instant now) {
  TRY(const auto keys, state_->keyring.keys(tenant));
  const jose::Expect expect{.types = {"jwt"}, .issuer = issuer, .audience = std::nullopt, .leeway = set_back_max};
  const auto verified = jose::verify(token, keys->published, expect, now);
  // RFC 7519 §4.1.4: to the instant. The leeway is for when it was issued.
  if (!verified || now >= verified->expires_at) return std::optional<SignInToken>();
  const auto& claims = verified->claims;
  // An ID token of ours names its party, and nothing else with this `typ` is signed here (A11).
  SignInToken read{.user = text_of(claims, "sub"),
                   .client_id = text_of(claims, "azp"),
                   .sid = text_of(claims, "sid"),
                   .kid = verified->header.kid.value_or(""),
                   .amr = texts_of(claims, "amr"),
                   .issued_at = from_unix_seconds(json_integer(claims, "iat").value_or(0)),
                   .expires_at = from_unix_seconds(json_integer(claims, "exp").value_or(0))};
  if (read.client_id.empty() || text_of(claims, "aud") != read.client_id) return std::optional<SignInToken>();
  if (const auto at = json_integer(claims, "auth_time")) read.auth_time = from_unix_seconds(*at);
  if (outlasts(*keys, read.kid, read.expires_at, now + id_token_lifetime + set_back_max))
    return std::optional<SignInToken>();
  const bool revoked = state_->revoked.kills(
      tenant, {.kid = read.kid, .subject = read.user, .client_id = read.client_id, .issued_at = read.issued_at});
  if (revoked) return std::optional<SignInToken>();
  return std::optional(std::move(read));
}

Result<Reader::Read, Fault> Reader::State::from_jwt(std::string_view token, std::string_view tenant,
                                                    std::string_view issuer, Instant now, Seconds leeway) {
  auto keys = keyring.keys(tenant);
  if (!keys) {
    if (keys.error().kind == Fault::Kind::not_found) return Read(NotActive::other_issuer);
    return std::move(keys).fail();
  }
  // RFC 9068 §4: `typ` at+jwt, so that no other JWT of ours passes for an access token.
  const jose::Expect expect{.types = {"at+jwt"}, .issuer = issuer, .audience = std::nullopt, .leeway = leeway};
  auto verified = jose::verify(token, (*keys)->published, expect, now);
  if (!verified) {
    switch (verified.error()) {
      case jose::Reject::expired: return Read(NotActive::expired);
      case jose::Reject::issuer: return Read(NotActive::other_issuer);
      default: return Read(NotActive::unknown);
    }
  }
  auto read = from_claims(verified->claims);
  read->kid = verified->header.kid.value_or("");
  if (outlasts(**keys, read->kid, read->expires_at, now + directory::token_lifetime_max + leeway))
    return Read(NotActive::unknown);
  return Read(std::shared_ptr<const AccessToken>(std::move(read)));
}

Result<Reader::Read, Fault> Reader::State::from_opaque(std::string_view tenant, std::string_view hash,
                                                       Instant now) {
  TRY(auto kept, store.kept(store::Use::opaque_token, tenant, hash, now));
  if (!kept) return Read(NotActive::unknown);
  TRY(auto claims, parse_stored(kept->body));
  auto read = from_claims(claims);
  read->opaque = true;
  return Read(std::shared_ptr<const AccessToken>(std::move(read)));
}

}  // namespace deputy::tokens
