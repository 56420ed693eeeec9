// Binding: the key that the holder of a bound subject token proves, and the key that the new token is bound to.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "grants/exchange/source.h"
#include "grants/exchange/subject.h"

namespace deputy::grants::exchange {

// docs/adr/0012 says why. Refuses (invalid_dpop_proof) a bound token whose holder does not prove its key, and
// (invalid_request) one that reached the caller otherwise than as what it is for.
Result<Done, oauth::Error> check_possession(const Subject& subject, const Source& source, std::string_view proven);

// Who will hold the new token proves its key itself or, where the caller hands on to it, by a token of its own
// (`actor_jkt`). Empty: a bearer token. Refuses (invalid_request) to hand on without a key where one is demanded.
Result<std::string, oauth::Error> key_of_new_token(const Source& source, const directory::Resource& resource,
                                                   std::string_view actor_jkt, std::string_view proven);

}  // namespace deputy::grants::exchange
