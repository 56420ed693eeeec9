// Reading the tokens of an exchange. To the caller all bad ones look the same; the audit is told why.
#include "grants/exchange/subject.h"

#include "grants/exchange/signed_in.h"
#include "grants/exchange/upstream.h"

namespace deputy::grants::exchange {
namespace {

using oauth::Code;
using oauth::Error;
using TokenPtr = std::shared_ptr<const tokens::AccessToken>;

Fail<Error> bad_subject(std::string why) {
  return Fail{Error(Code::invalid_request, "the subject token is not valid", std::move(why))};
}

std::vector<std::string> kids_of(const tokens::AccessToken& token) {
  auto kids = token.from_kids;
  if (!token.kid.empty()) kids.push_back(token.kid);
  return kids;
}

Result<Subject, Error> of_ours(const tokens::AccessToken& token, std::string_view issuer) {
  TRY(auto scope, oauth::ScopeSet::parse_stored(token.scope));
  // One for the issuer itself says who its person is. It ends with their consent and draws nothing from it.
  const bool draws = token.audience != issuer;
  return Subject{.subject = token.subject,
                 .holder = token.chain.empty() ? token.client_id : token.chain.front(),
                 .chain = token.chain,
                 .delegations = draws ? token.delegations : std::vector<std::string>(),
                 .jti = token.jti,
                 .kids = kids_of(token),
                 .jkt = token.jkt,
                 .audience = token.audience,
                 .scope = std::move(scope),
                 .details = token.details,
                 .expires_at = token.expires_at,
                 .authentication = {.auth_time = token.auth_time, .acr = token.acr},
                 .may_act = std::nullopt,
                 .at_most = std::nullopt,
                 .session = {}};
}

}  // namespace

Result<Subject, Error> read_subject(const Request& asked, const TokenRequest& request, World& world) {
  // RFC 8693 §3: an ID token is exchanged as what it is, and never as an access token or as any JWT.
  if (asked.subject_token_type == id_token_type) {
    if (says_it_is_ours(asked.subject_token, world.issuer)) return read_signed_in(request, asked.subject_token, world);
    return read_upstream(asked, request, world);
  }
  TRY(auto read, world.reader.read(asked.subject_token, world.tenant, world.issuer, world.now));
  if (const auto* token = std::get_if<TokenPtr>(&read)) return of_ours(**token, world.issuer);
  const auto why = std::get<tokens::NotActive>(read);
  if (why == tokens::NotActive::expired || why == tokens::NotActive::revoked) {
    TRY(const auto dead, world.reader.read_dead(asked.subject_token, world.tenant, world.issuer, world.now));
    if (dead != nullptr)
      if (const auto subject = of_ours(*dead, world.issuer)) tell_of(*subject, world);
  }
  if (why == tokens::NotActive::expired) return bad_subject("the subject token is expired");
  if (why == tokens::NotActive::revoked) return bad_subject("the subject token is revoked");
  return read_upstream(asked, request, world);
}

void tell_of(const Subject& subject, World& world) {
  world.about.subject = subject.subject;
  world.about.chain = subject.chain;
  world.about.delegations = subject.delegations;
}

Result<ActorToken, Error> read_actor(std::string_view actor_token, World& world) {
  TRY(auto read, world.reader.read(actor_token, world.tenant, world.issuer, world.now));
  const auto* token = std::get_if<TokenPtr>(&read);
  if (token == nullptr) return Fail{Error(Code::invalid_request, "the actor token is not valid")};
  const auto& held = **token;
  const bool own = held.chain.empty() && held.delegations.empty() && held.audience == world.issuer;
  return ActorToken{.holder = held.chain.empty() ? held.client_id : held.chain.front(),
                    .jkt = held.jkt,
                    .jti = held.jti,
                    .kids = kids_of(held),
                    .own_of = own ? held.subject : std::string()};
}

}  // namespace deputy::grants::exchange
