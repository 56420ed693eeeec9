// Client secrets: basic and post. Assertions are in client_assertion.cc.
#include "endpoints/client_auth.h"

#include "base/encoding.h"
#include "endpoints/client_assertion.h"
#include "oauth/basic.h"

namespace deputy::endpoints {
namespace {

using directory::Credential;
using oauth::Code;
using oauth::Error;

// Every secret is hashed and compared, and an unknown client is compared against nothing's hash, so that time tells
// no more than the body does (A16).
bool secret_matches(const App& app, const directory::Principal* principal, std::string_view secret, Instant now,
                    std::string& credential_id) {
  const auto hash = app.secret_hash(secret);
  static const std::array<Credential, 1> nobody{};
  const std::span<const Credential> credentials =
      principal != nullptr ? std::span<const Credential>(principal->credentials) : std::span<const Credential>(nobody);
  bool matches = false;
  for (const auto& credential : credentials) {
    const bool same = constant_time_equal(as_text(hash), as_text(credential.secret_hash));
    if (same && credential.type == Credential::Type::secret && credential.live(now) && principal != nullptr) {
      matches = true;
      credential_id = credential.id;
    }
  }
  return matches;
}

Result<Client, Error> by_secret(const Call& call, App& app, std::string_view client_id, std::string_view secret,
                                std::string_view method, audit::Event& event) {
  TRY(auto principal, app.directory.principal(call.tenant, client_id));
  std::string credential_id;
  const bool matches = secret_matches(app, principal.get(), secret, call.now, credential_id);
  if (principal == nullptr) return Fail{client_refused("unknown client")};
  event.client = principal->id;
  if (!matches) return Fail{client_refused("no live secret matches")};
  const auto state = principal->state(call.now);
  if (state != directory::State::active)
    return Fail{client_refused("the client is " + std::string(name_of(state)))};
  // FAPI 2.0 §5.3.2.1: mutual TLS or private_key_jwt.
  if (principal->registration.fapi2) return Fail{client_refused("a secret is not of the profile")};
  app.last_use.note(call.tenant, credential_id, call.now);
  event.actor = principal->id;
  event.owner = principal->owner;
  return Client{std::move(principal), method};
}

// RFC 6749 §2.3.1, OAuth 2.1 §2.4: who can keep no secret is believed its name, and gets nothing by it alone.
Result<Client, Error> by_name(const Call& call, App& app, std::string_view client_id, audit::Event& event) {
  TRY(auto principal, app.directory.principal(call.tenant, client_id));
  if (principal == nullptr) return Fail{client_refused("unknown client")};
  event.client = principal->id;
  if (!principal->registration.is_public) return Fail{client_refused("no client authentication was sent")};
  const auto state = principal->state(call.now);
  if (state != directory::State::active)
    return Fail{client_refused("the client is " + std::string(name_of(state)))};
  event.owner = principal->owner;
  return Client{std::move(principal), "none"};
}

// The sentence for whoever is refused this way: it must not depend on who that is (A16).
Result<Client, Error> saying(const char* sentence, Result<Client, Error> client) {
  if (client || client.error().code != Code::invalid_client) return client;
  return Fail{client_refused(client.error().detail, sentence)};
}

}  // namespace

Error client_refused(std::string detail, std::string sentence) {
  return Error(Code::invalid_client, std::move(sentence), std::move(detail));
}

Result<Client, Error> authenticate_client(const Call& call, App& app, const oauth::Form& form,
                                          audit::Event& event, store::Writes& marks, Public clients) {
  const auto authorization = call.request.header("Authorization");
  const auto secret = form.get("client_secret");
  const auto assertion = form.get("client_assertion");
  const auto client_id = form.get("client_id");
  // RFC 6749 §2.3: "The client MUST NOT use more than one authentication method in each request."
  if (call.request.count("Authorization") > 1 || (authorization && (secret || assertion)) || (secret && assertion))
    return Fail{Error(Code::invalid_request, "use one client authentication method in a request")};

  if (authorization) {
    auto basic = oauth::parse_basic(*authorization);
    if (!basic)
      return Fail{client_refused("the Authorization header is not well-formed Basic",
                                 "the Authorization header is no Basic of an id and a secret (RFC 6749 section 2.3.1)")};
    if (client_id && *client_id != basic->client_id)
      return Fail{Error(Code::invalid_request, "client_id differs from the one that is authenticated")};
    auto client = by_secret(call, app, basic->client_id, basic->secret.reveal(), "client_secret_basic", event);
    // So libraries send a client that has none.
    if (basic->secret.empty())
      return saying(clients == Public::allowed
                        ? "the secret is empty: a client without one sends client_id in the body and no Authorization "
                          "header"
                        : "the secret is empty: here a client proves itself by one, or by an assertion",
                    std::move(client));
    return client;
  }
  if (secret) {
    if (!client_id)
      return Fail{client_refused("client_secret without client_id", "client_secret is sent without client_id")};
    return by_secret(call, app, *client_id, *secret, "client_secret_post", event);
  }
  if (assertion || form.get("client_assertion_type")) return authenticate_assertion(call, app, form, event, marks);
  const auto* nothing_sent =
      clients == Public::allowed
          ? "no secret and no assertion was sent: client_id alone is enough for a public client only"
          : "no secret and no assertion was sent: here a client proves itself by one of them";
  if (client_id && clients == Public::allowed) return saying(nothing_sent, by_name(call, app, *client_id, event));
  return Fail{client_refused("no client authentication was sent", nothing_sent)};
}

}  // namespace deputy::endpoints
