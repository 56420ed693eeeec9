// Verdict: what the model says of one exchange, or of a code or a refresh token, before the product is asked: granted
// or not, and then everything the token must bear.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/property/model.h"

namespace deputy::property {

// What a client sends. Everything may be foolish.
struct Ask {
  std::string caller;                // id
  std::optional<std::size_t> token;  // which of the model's; none: a trusted issuer's
  std::string user;                  // whom the trusted issuer names
  std::optional<std::string> may_act;
  Instant upstream_issued, upstream_expires;
  std::optional<std::string> requested_actor;
  std::optional<std::size_t> actor_token;
  std::string agreement;  // the holder's own token for the server itself, as actor_token; empty: none was given
  std::optional<std::string> resource;  // an identifier
  Scopes scope;
  struct Onward {
    std::string actor, resource;
    Scopes scope;
  };
  std::vector<Onward> onward;
  std::optional<std::int64_t> expires_in, depth, uses;
  Payments payments;

  bool limited() const { return expires_in || depth || uses; }
};

// A client redeems a code or a refresh token.
struct Redemption {
  std::string caller;     // id
  std::size_t grant = 0;  // which of the model's
  std::optional<std::string> resource;  // an identifier
  Scopes scope;
  Payments payments;
};

// The resource that it names; if none, the first of its grant's own at which it gives something, or at which anything
// was agreed to. Null: there is none.
const Place* meant(const Model& model, const Redemption& ask);

enum class Relation { narrows, hands_on, received, begins, redeems };

struct Verdict {
  std::string refused;  // why; empty: granted
  Relation relation = Relation::narrows;
  bool projection = false;
  std::string actor;
  const Place* place = nullptr;
  Chain chain;
  Scopes scopes, pool;
  Payments payments;
  std::int64_t expires = 0;
  std::optional<Node> node;  // that the token is drawn from; with its id where it is there already
  bool stays = false;        // drawn from what stays of what the trusted issuer's token began
  bool replay = false;       // refused because the code was used before: what came of it ends
};

// `exp` is in whole seconds: of whoever ends within this one a token would be over as it is made, and there is none.
inline bool is_over(std::int64_t expires, Instant now) { return expires * 1000 <= unix_millis(now); }

Verdict verdict_of(const Model& model, const Ask& ask, Instant now);
Verdict verdict_of(const Model& model, const Redemption& ask, Instant now);

}  // namespace deputy::property
