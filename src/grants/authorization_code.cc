// grant_type=authorization_code (RFC 6749 §4.1.3, RFC 7636): a client redeems the code that a person's browser brought.
#include <algorithm>
#include <optional>
#include <utility>

#include "grants/redeem.h"
#include "oauth/handle.h"
#include "oauth/pkce.h"

namespace deputy::grants {
namespace {

using oauth::Code;
using oauth::Error;

constexpr std::string_view parameters[] = {"code", "redirect_uri", "code_verifier", "scope", "resource",
                                           "authorization_details"};

// To the client every bad code looks the same: unknown, expired, another client's, or not proven to be its own (A3).
Fail<Error> bad_code(std::string why) {
  return Fail{Error(Code::invalid_grant, "the code is not valid: it is used, expired, another client's, or was not "
                                         "asked for with this code_verifier and redirect_uri",
                    std::move(why))};
}

// What the mark of a used code says: the token that was given for it, and what the code stood for.
std::string_view behind_the_jti(std::string_view body) {
  const auto space = body.find(' ');
  return space == std::string_view::npos ? std::string_view() : body.substr(space + 1);
}

// A code that has expired is nothing, unless it was used: then it is a replay, however late, and goes the way of one up
// to the mark, which the store refuses. A mark about to go is passed over: it must outlast this request.
Result<Carried, Error> find_code(std::string_view key, World& world) {
  TRY(auto kept, world.store.kept(store::Use::code, world.tenant, key, world.now));
  auto body = kept ? std::move(kept->body) : std::string();
  if (!kept) {
    TRY(const auto used, world.store.kept(store::Use::code_used, world.tenant, key, world.now + code_lifetime));
    if (!used) return bad_code("no such code, or expired");
    body = behind_the_jti(used->body);
  }
  auto carried = decode(body);
  if (!carried) return Fail{Error(Fault{Fault::Kind::corrupt, "the record of a code is damaged"})};
  return std::move(*carried);
}

// RFC 7636 §4.6; RFC 9700 §2.1.1 and §4.8.2: a verifier where there was a challenge, and none where there was none,
// for then somebody may have taken the challenge out on its way here (A4).
Result<Done, Error> check_verifier(const Carried& carried, std::optional<std::string_view> verifier) {
  if (carried.code_challenge.empty() && verifier) return bad_code("a verifier, and the request had no challenge");
  if (!carried.code_challenge.empty() && (!verifier || !oauth::verifies(*verifier, carried.code_challenge)))
    return bad_code("the verifier does not match");
  return Done{};
}

Result<Carried, Error> read_code(std::string_view key, const TokenRequest& request, World& world) {
  TRY(auto carried, find_code(key, world));
  tell_of(carried, world);
  if (carried.client != request.client->id) return bad_code("another client's code");
  // RFC 6749 §4.1.3: "their values MUST be identical"; OAuth 2.1 sends it no more, but what is sent must be true.
  const auto redirect_uri = request.form.get("redirect_uri");
  if (redirect_uri && *redirect_uri != carried.redirect_uri) return bad_code("another redirect_uri");
  TRY(const auto proven, check_verifier(carried, request.form.get("code_verifier")));
  return carried;
}

// Until when a replay has something to end: an access token, or the refresh tokens that came of the code. It also keeps
// a clock that is set back from making the code new.
Instant remembered_until(const Carried& carried, const tokens::Authorization& given, Instant now) {
  const auto at_least = now + directory::token_lifetime_max;
  if (!carried.refreshable) return at_least;
  auto until = now + refresh_kept;
  const auto& delegation = given.drawn.delegation;
  if (delegation && delegation->limits.not_after) until = std::min(until, *delegation->limits.not_after);
  return std::max(until, at_least);
}

// The mark holds what is needed to know the code by and to end what came of it; not what was told to the client. An
// ID token of a refresh bears no nonce either (OIDC Core §12.2).
std::string marked(Carried& carried) {
  carried.nonce.clear();
  auto claims = std::exchange(carried.claims, {});
  auto text = encode(carried);
  carried.claims = std::move(claims);
  return text;
}

Result<tokens::Authorization, Error> authorize(const TokenRequest& request, World& world) {
  const auto code = request.form.get("code");
  if (!code) return Fail{Error(Code::invalid_request, "code is missing")};
  // Of who is not excused, or not any more (docs/adr/0028), no code is good without.
  if (!request.form.get("code_verifier") && request.client->registration.pkce_required)
    return Fail{Error(Code::invalid_request, "code_verifier is missing (RFC 7636 section 4.5)")};
  auto key = oauth::handle_key(*code);
  TRY(auto carried, read_code(key, request, world));
  TRY(auto out, redeem(carried, request, world));
  // §4.1.2: used twice, it "SHOULD revoke (when possible) all tokens previously issued"; RFC 9700 §2.1.1.
  out.once = tokens::SingleUse{
      .mark = {.use = store::Use::code_used,
               .tenant = std::string(world.tenant),
               .key = std::move(key),
               .until = remembered_until(carried, out, world.now),
               .body = marked(carried)},
      .body = tokens::SingleUse::Body::behind_the_jti,
      .error = bad_code("the code was used before: what came of it is revoked").error,
      .on_reuse = end_of_family(carried, world.tenant, world.now, "its code was used twice")};
  if (!carried.refreshable) return out;
  auto next = std::move(carried);
  next.redirect_uri.clear();
  next.code_challenge.clear();
  next.at = world.now;
  // RFC 9449 §5: a public client's refresh token is bound to the key it proves; a confidential one proves itself.
  next.jkt = request.client->registration.is_public ? std::string(request.jkt) : std::string();
  add_refresh_token(next, oauth::make_handle(oauth::refresh_prefix, world.now, world.random), world, out);
  return out;
}

}  // namespace

constinit const Grant authorization_code{"authorization_code", "RFC 6749 §4.1.3", parameters,
                                         Grant::ClientAuth::public_allowed, authorize};

}  // namespace deputy::grants
