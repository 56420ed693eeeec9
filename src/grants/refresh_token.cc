// grant_type=refresh_token (RFC 6749 §6, RFC 9700 §4.14): an agent goes on while the person is away.
#include "base/encoding.h"
#include "base/json.h"
#include "crypto/hash.h"
#include "grants/redeem.h"
#include "oauth/handle.h"

namespace deputy::grants {
namespace {

using oauth::Code;
using oauth::Error;

constexpr std::string_view parameters[] = {"refresh_token", "scope", "resource", "authorization_details"};

Fail<Error> bad_token(std::string why) {
  return Fail{Error(Code::invalid_grant, "the refresh token is not valid: ask the person again", std::move(why))};
}

Result<Carried, Error> read_token(std::string_view token, const TokenRequest& request, World& world) {
  TRY(const auto kept, world.store.kept(store::Use::refresh_token, world.tenant, oauth::handle_key(token), world.now));
  if (!kept) return bad_token("no such refresh token, or not used for too long");
  auto carried = decode(kept->body);
  if (!carried) return Fail{Error(Fault{Fault::Kind::corrupt, "the record of a refresh token is damaged"})};
  tell_of(*carried, world);
  if (carried->client != request.client->id) return bad_token("another client's refresh token");
  return std::move(*carried);
}

// The token that follows. Made of the old one, which only its holder knows, and a salt, which only the store knows: so
// the holder whose answer was lost gets the same again, and nobody's record could give it away.
std::string successor_of(std::string_view token, Instant at, std::string_view salt) {
  return oauth::make_handle(oauth::refresh_prefix, at, base64url(as_text(crypto::KeyedHash(Secret(token))(salt))));
}

struct Spent {
  Instant at;
  std::string salt;
  std::string jkt;  // the key that was proven then; empty: none
};
Result<std::optional<Spent>, Error> spent_before(std::string_view token, World& world) {
  TRY(const auto kept, world.store.kept(store::Use::refresh_used, world.tenant, oauth::handle_key(token), world.now));
  if (!kept) return std::optional<Spent>();
  TRY(const auto body, parse_stored(kept->body));
  return std::optional(Spent{from_unix_millis(json_integer(body, "at").value_or(0)),
                             text_of(body, "salt"), text_of(body, "jkt")});
}

// RFC 9449 §5: the successor is bound to the key it was asked for with, or to none; whoever asks for the same answer
// again proves the same.
Result<Done, Error> check_repeated(const Spent& spent, std::string_view proven) {
  if (spent.jkt == proven) return Done{};
  if (proven.empty())
    return Fail{Error(Code::invalid_dpop_proof, "send a DPoP proof of the key that this grant is bound to",
                      "the refresh token was used with a key, and is repeated without")};
  return bad_token("the refresh token was used with another key, or with none");
}

// May the answer that gave this successor have been lost? Of a clock that was set back nobody knows how long ago that
// was: beyond what the clocks of two nodes differ by, a thief who waited would be given the successor.
Result<bool, Error> may_be_lost(Instant given, std::string_view successor, World& world) {
  constexpr Seconds nodes_differ{5};
  const auto ahead = world.now + nodes_differ;
  if (world.now > given + rotation_grace || given > ahead) return false;
  // It came, and was used at an instant that is still ahead: the clock was set back to where this looks recent.
  TRY(const auto used, spent_before(successor, world));
  return !used || used->at <= ahead;
}

// A17: used once, or again while the answer may have been lost; later, everything that came of it ends.
Result<Done, Error> rotate(std::string_view token, const Carried& carried, const TokenRequest& request, World& world,
                           tokens::Authorization& out) {
  TRY(const auto spent, spent_before(token, world));
  if (spent) {
    auto successor = successor_of(token, spent->at, spent->salt);
    TRY(const bool lost, may_be_lost(spent->at, successor, world));
    if (lost) {
      TRY(const auto same_key, check_repeated(*spent, request.jkt));
      out.refresh_token = std::move(successor);
      return Done{};
    }
  }
  auto salt = base64url(as_text(world.random.bytes<32>()));
  tokens::SingleUse once{
      .mark = {.use = store::Use::refresh_used,
               .tenant = std::string(world.tenant),
               .key = oauth::handle_key(token),
               .until = world.now + refresh_kept,
               .body = json::serialize(json::object{
                   {"at", unix_millis(world.now)}, {"salt", salt}, {"jkt", request.jkt}})},
      .error = Error(Code::temporarily_unavailable, "another request uses this refresh token right now: try again"),
      .on_reuse = {}};
  if (spent) {  // the store has the mark, and will say so
    once.error = bad_token("the refresh token was used before: what came of it is revoked").error;
    once.on_reuse = end_of_family(carried, world.tenant, world.now, "a refresh token was used twice");
  }
  out.once = std::move(once);
  auto next = carried;
  next.at = world.now;
  next.jkt = std::string(request.jkt);  // RFC 9449 §5: from then on it is bound, and rotates no more
  add_refresh_token(next, successor_of(token, world.now, salt), world, out);
  return Done{};
}

Result<tokens::Authorization, Error> authorize(const TokenRequest& request, World& world) {
  const auto token = request.form.get("refresh_token");
  if (!token) return Fail{Error(Code::invalid_request, "refresh_token is missing")};
  TRY(auto carried, read_token(*token, request, world));
  TRY(auto out, redeem(carried, request, world));
  if (rotates(carried, *request.client)) {
    TRY(const auto rotated, rotate(*token, carried, request, world, out));
    return out;
  }
  if (world.now < carried.at + renew_after) return out;
  carried.at = world.now;
  out.more.emplace_back(store::Drop{store::Use::refresh_token, std::string(world.tenant), oauth::handle_key(*token)});
  out.more.emplace_back(store::Keep{.use = store::Use::refresh_token,
                                    .tenant = std::string(world.tenant),
                                    .key = oauth::handle_key(*token),
                                    .until = world.now + refresh_kept,
                                    .body = encode(carried)});
  return out;
}

}  // namespace

constinit const Grant refresh_token{"refresh_token", "RFC 6749 §6", parameters, Grant::ClientAuth::public_allowed,
                                    authorize};

}  // namespace deputy::grants
