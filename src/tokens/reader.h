// Reader: what a presented access token is. Verified once, remembered by its hash within a bound, and held against
// the revocation set at every single use.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "delegation/revocation_set.h"
#include "store/store.h"
#include "tokens/keyring.h"

namespace deputy::tokens {

// A token of ours, its signature verified or its opaque handle found. Immutable.
struct AccessToken {
  std::string issuer, subject, client_id, audience, scope, jti, kid;
  std::string subject_type, owner;
  std::vector<std::string> chain;        // `act`, outermost first
  std::vector<std::string> delegations;  // `dlg`
  std::vector<std::string> from_kids;    // other keys that signed what it was made of by exchange
  std::string jkt;                       // `cnf.jkt`: the key it is bound to; empty: a bearer token
  std::string details;                   // `authorization_details`, a JSON array; empty: none
  std::string act_json;                  // the `act` claim as it stands in the token; empty: none
  std::vector<std::string> userinfo_claims;  // told at userinfo beside what its scopes say
  std::string acr;                   // how the subject signed in, where a person did
  std::optional<Instant> auth_time;
  Instant issued_at, expires_at;
  bool opaque = false;
};

// An ID token of ours, its signature verified: who signed in, where, and how (OpenID Connect Core §2).
struct SignInToken {
  std::string user, client_id, sid, kid;
  std::vector<std::string> amr;
  std::optional<Instant> auth_time;
  Instant issued_at, expires_at;
};

struct ReaderConfig {
  std::size_t tokens_max_bytes = 16u << 20;  // bound of the cache of verified tokens
};

// Why a token is not accepted. To outsiders all of them look the same.
enum class NotActive { unknown, expired, revoked, other_issuer };

class Reader {
 public:
  Reader(store::Store& store, Keyring& keyring, ReaderConfig config);
  ~Reader();

  // The token, if it is this tenant's, unexpired and not revoked at `now`. Its `iat` may be ahead by set_back_max: the
  // clock, or another node's, may have been. Faults surface as `Fault`.
  using Read = std::variant<std::shared_ptr<const AccessToken>, NotActive>;
  Result<Read, Fault> read(std::string_view token, std::string_view tenant, std::string_view issuer, Instant now);

  // The tenant's token as it was made, though it is revoked, or a JWT that expired no longer ago than any lives, or was
  // issued ahead of this clock, however far: it says whose it was, and opens nothing. Null: it is none, or nothing is
  // known of it any more. Of an opaque one nothing is kept past its time.
  Result<std::shared_ptr<const AccessToken>, Fault> read_dead(std::string_view token, std::string_view tenant,
                                                              std::string_view issuer, Instant now);

  // The ID token, if it is this tenant's, unexpired, and nobody it names was revoked since. None: it is not; an access
  // token is not either (A11).
  Result<std::optional<SignInToken>, Fault> read_id_token(std::string_view token, std::string_view tenant,
                                                          std::string_view issuer, Instant now);

  // Loads the revocation set; called once before serving.
  Result<Done, Fault> load();
  // Revocations this node knows of that still matter.
  std::size_t revocations() const;
  // The last of the sequence that it knows of.
  std::uint64_t revocations_seen() const;
  // Forgets revocations that nothing living is left of.
  void purge(Instant now);
  // Tells the metrics how many there are.
  void measure() const;
  // Is this id revoked as a token? A family of refresh tokens is, by a name that no token bears.
  bool is_revoked(std::string_view tenant, std::string_view jti, Instant issued_at) const;
  // How long nothing is minted for this principal, whose tokens were revoked: it would carry an `iat` that the
  // revocation covers. That is this second; and longer where a clock that has been set back since issued some. Zero: it
  // is now.
  Seconds wait_to_mint(std::string_view tenant, std::string_view principal, Instant now) const;
  // For a token about to be minted: false where it would be dead at birth, by a narrowing too.
  bool may_mint(std::string_view tenant, const delegation::TokenView& token) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace deputy::tokens
