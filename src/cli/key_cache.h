// KeyCache: an issuer's public keys, fetched or from a file that an earlier fetch left, so that tokens can be judged
// without asking the server each time.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/failure.h"
#include "cli/profile.h"
#include "cli/session.h"
#include "jose/jwk.h"

namespace deputy::cli {

struct IssuerKeys {
  jose::JwkSet keys;
  std::string source;  // for people: where they came from
};

// The issuer's keys: kept ones while they are fresh and hold `kid`; else fetched; else kept ones of any age, where the
// issuer cannot be reached.
Result<IssuerKeys, Failure> keys_of(const Profile& server, std::optional<std::string_view> kid, Session& session);

}  // namespace deputy::cli
