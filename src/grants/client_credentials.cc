// grant_type=client_credentials (RFC 6749 §4.4): a client acts for itself.
#include "delegation/narrow.h"
#include "grants/exchange/cast.h"
#include "grants/grant.h"

namespace deputy::grants {
namespace {

using oauth::Code;
using oauth::Error;

constexpr std::string_view parameters[] = {"scope", "resource", "authorization_details"};

Result<tokens::Authorization, Error> authorize(const TokenRequest& request, World& world) {
  const auto& client = request.client;
  world.about.subject = client->id;
  // RFC 9396 §5: a detail is what somebody agreed to; who acts for itself has roles.
  if (request.form.get("authorization_details"))
    return Fail{Error(Code::invalid_authorization_details, "authorization_details are agreed to by a person: a client "
                                                           "that acts for itself has none")};
  // What other servers take `audience` for: a token for something else would be given without a word.
  if (const auto audience = request.form.get("audience"); audience && request.form.get("resource") != audience)
    return Fail{Error(Code::invalid_request, "say what the token is for by `resource` (RFC 8707): `audience` is of a "
                                             "token exchange")};
  TRY(auto resource, target_of(request, world));
  const bool is_user = client->kind == directory::Kind::user;
  if (resource == nullptr && is_user && !request.form.get("resource")) {
    TRY(auto own_api, world.directory.resource(world.tenant, std::string(world.issuer) + "/v1"));
    resource = own_api;
  }
  if (!exchange::may_hold_its_own(*client, resource.get()))
    return Fail{Error(Code::unauthorized_client, "a user's own credential is for this server's API only")};
  if (const auto wait = world.reader.wait_to_mint(world.tenant, client->id, world.now); wait > Seconds(0))
    return Fail{exchange::ask_to_wait("this client", wait)};

  if (resource == nullptr) {
    if (!request.scope.empty())
      return Fail{Error(Code::invalid_target, "name the resource whose scopes are asked for (RFC 8707 section 2)")};
    return tokens::Authorization{
        .client = client, .subject = client->id, .resource = nullptr, .jkt = std::string(request.jkt)};
  }

  world.about.resource = resource->identifier;
  TRY(auto narrowed, exchange::narrow_own(request.scope, client, resource, world));
  // I3: an empty result is invalid_scope, never an empty token.
  if (narrowed.given.empty())
    return Fail{Error(Code::invalid_scope, "the client holds none of the scopes asked for at this resource",
                      {}, delegation::reason_of(narrowed.dropped))};
  const auto scope = narrowed.given.text();
  if (!world.reader.may_mint(world.tenant, {.subject = client->id, .client_id = client->client_id,
                                            .audience = resource->identifier, .scope = scope, .issued_at = world.now}))
    return Fail{Error(Code::temporarily_unavailable, "one of the scopes was taken away this second: try again")};
  // §4.4.3: no refresh token; the client can always ask again.
  return tokens::Authorization{.client = client,
                               .subject = client->id,
                               .resource = resource,
                               .asked = request.scope,
                               .scope = std::move(narrowed.given),
                               .dropped = std::move(narrowed.dropped),
                               .jkt = std::string(request.jkt)};
}

}  // namespace

constinit const Grant client_credentials{"client_credentials", "RFC 6749 §4.4", parameters, Grant::ClientAuth::required,
                                         authorize};

}  // namespace deputy::grants
