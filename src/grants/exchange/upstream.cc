// By its type, then by what its issuer's tokens began for this person and client.
#include "grants/exchange/upstream.h"

#include "delegation/revocation.h"
#include "grants/consents.h"
#include "grants/exchange/source.h"

namespace deputy::grants::exchange {
namespace {

using delegation::Delegation;
using oauth::Code;
using oauth::Error;
using ResourcePtr = store::Directory::ResourcePtr;

// The `typ` of another issuer's token of the declared type (RFC 8693 §3). An access token has one of its own (RFC 9068
// §2.1), which no ID token has (RFC 8725 §3.11). One whose issuer types all it signs alike cannot be told from an ID
// token: it is declared as the JWT that it is, and so may be either of them.
tokens::TrustedIssuers::Types types_of(std::string_view declared) {
  if (declared == access_token_type) return {"at+jwt"};
  if (declared == id_token_type) return {"", "jwt"};
  return {"", "jwt", "at+jwt"};
}

Result<tokens::TrustedToken, Error> read(const Request& asked, const directory::Principal& caller, World& world) {
  TRY(auto read, world.trusted_issuers.read(asked.subject_token, types_of(asked.subject_token_type), world.tenant,
                                            world.issuer, caller, world.now));
  if (auto* token = std::get_if<tokens::TrustedToken>(&read)) return std::move(*token);
  const auto& why = std::get<tokens::NotTrusted>(read);
  if (why.keys_under_way)
    return Fail{Error(Code::temporarily_unavailable, "the issuer's keys are being fetched: try again")};
  return Fail{Error(Code::invalid_request, "the subject token is not valid", why.reason)};
}

Result<ResourcePtr, Error> wanted_resource(const TokenRequest& request, World& world) {
  TRY(auto named, named_resource(request, world));
  if (named != nullptr || request.client->default_resource.empty()) return named;
  TRY(auto usual, world.directory.resource_by_id(world.tenant, request.client->default_resource));
  return usual;
}

// Of what such a token can have begun, made before the first end that it does not know of, the root that answers best.
// A root that a newer one began is not this one's to draw on. None: nothing goes on that gives anything there.
Result<std::optional<Delegation>, Error> what_stays(const store::BegunWith& with, Instant ended,
                                                    const TokenRequest& request, World& world) {
  TRY(auto roots, world.store.begun(with, ended, world.now));
  TRY(const auto resource, wanted_resource(request, world));
  std::erase_if(roots, [&](const auto& one) {
    return resource != nullptr && delegation::scopes_at(one.authority, resource->id).empty();
  });
  if (roots.empty()) return std::optional<Delegation>();
  return std::optional(best_of(roots, resource, request.scope));
}

}  // namespace

Instant believed_until(Instant now) { return now + delegation::covered_max; }

Error from_before(Instant issued_at, std::string why) {
  const bool says_when = issued_at != Instant();
  return Error(Code::invalid_request,
               says_when ? "the subject token is from before something was revoked: present a newer one"
                         : "something was revoked, and the subject token does not say when it was issued: present one "
                           "with `iat` or `nbf`",
               std::move(why));
}

Result<Subject, Error> read_upstream(const Request& asked, const TokenRequest& request, World& world) {
  const auto& caller = *request.client;
  TRY(auto token, read(asked, caller, world));
  Subject subject{.subject = std::move(token.subject),
                  .holder = caller.id,
                  .chain = {},
                  .delegations = {},
                  .jti = {},
                  .kids = {},
                  .jkt = std::move(token.jkt),
                  .audience = {},
                  .scope = {},
                  .details = {},
                  .expires_at = token.expires_at,
                  .may_act = std::move(token.may_act),
                  .at_most = std::move(token.at_most),
                  .issued_at = token.issued_at,
                  .session = {}};
  // RFC 7009 §2.1: what was revoked, or taken back, is not begun again with what it was begun with.
  const store::BegunWith with{std::string(world.tenant), subject.subject, caller.id, subject.at_most->id};
  TRY(const auto ended, world.store.first_end(with, subject.issued_at, believed_until(world.now)));
  if (!ended) return subject;
  world.about.subject = subject.subject;
  TRY(auto stays, what_stays(with, *ended, request, world));
  if (!stays)
    return Fail{from_before(subject.issued_at,
                            "what the issuer's tokens began for the client was ended since it was issued")};
  subject.chain = std::move(stays->chain);
  subject.delegations = std::move(stays->path);
  return subject;
}

}  // namespace deputy::grants::exchange
