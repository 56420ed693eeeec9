// Session, consent, and which of several consents the request means.
#include "grants/exchange/signed_in.h"

#include "base/json.h"
#include "grants/consents.h"
#include "grants/exchange/source.h"
#include "jose/jwt.h"
#include "signin/methods.h"
#include "tokens/session_end.h"

namespace deputy::grants::exchange {
namespace {

using delegation::Delegation;
using oauth::Code;
using oauth::Error;
using ResourcePtr = store::Directory::ResourcePtr;

Fail<Error> bad_token(std::string why) {
  return Fail{Error(Code::invalid_request, "the subject token is not valid", std::move(why))};
}

// RFC 8693 §2.1: the client that presents it is the one it was issued to, and the person is still signed in there.
Result<tokens::SignInToken, Error> verified(const TokenRequest& request, std::string_view token, World& world) {
  TRY(auto read, world.reader.read_id_token(token, world.tenant, world.issuer, world.now));
  if (!read) return bad_token("no live ID token of this server");
  world.about.subject = read->user;
  if (read->client_id != request.client->client_id) return bad_token("another client's ID token");
  // What ends a client's tokens names its id; `azp` is another name where it was imported with one (A28).
  if (!world.reader.may_mint(world.tenant, {.client_id = request.client->id, .issued_at = read->issued_at}))
    return bad_token("the client's tokens of that time were revoked");
  TRY(const bool live, tokens::is_live_session(read->sid, read->user, world.tenant, world.store, world.now));
  if (!live) return bad_token("the session of the ID token has ended");
  return std::move(*read);
}

// The identifier of the only resource at which the client itself may draw; empty where there are several.
Result<std::string, Error> only_resource(const Delegation& consent, World& world) {
  std::string only;
  for (const auto& pair : consent.authority) {
    if (!pair.onward.empty() || pair.resource == only) continue;
    if (!only.empty()) return std::string();
    only = pair.resource;
  }
  TRY(const auto resource, world.directory.resource_by_id(world.tenant, only));
  return resource == nullptr ? std::string() : resource->identifier;
}

}  // namespace

bool says_it_is_ours(std::string_view token, std::string_view issuer) {
  const auto parts = jose::split(token);
  return parts && json_text(parts->claims, "iss") == issuer;
}

Result<Subject, Error> read_signed_in(const TokenRequest& request, std::string_view token, World& world) {
  TRY(auto who, verified(request, token, world));
  TRY(const auto consents, live_consents(*request.client, who.user, world));
  // RFC 8693 §2.2.2: "unacceptable based on policy". Who has signed in has allowed nothing by that.
  if (consents.empty())
    return Fail{Error(Code::invalid_request, "the person has agreed to nothing that this client may draw on: ask them",
                      "no live consent of the ID token's person for the client")};
  TRY(const auto resource, named_resource(request, world));
  const auto& consent = best_of(consents, resource, request.scope);
  TRY(auto audience, only_resource(consent, world));
  TRY(auto acr, signin::acr_now(who.amr, world.tenant, world.directory));
  return Subject{.subject = std::move(who.user),
                 .holder = request.client->id,
                 .chain = consent.chain,
                 .delegations = consent.path,
                 .jti = {},
                 .kids = {std::move(who.kid)},
                 .jkt = {},
                 .audience = std::move(audience),
                 .scope = {},
                 .expires_at = who.expires_at,
                 .authentication = {.auth_time = who.auth_time, .acr = std::move(acr)},
                 .may_act = std::nullopt,
                 .at_most = std::nullopt,
                 .session = std::move(who.sid)};
}

}  // namespace deputy::grants::exchange
