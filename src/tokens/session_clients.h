// The clients to which a session signed its person in: marks that last as long as it does.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/store.h"

namespace deputy::tokens {

// The mark that this session signed its person in to this client: whom to tell. Written again at each code.
store::Writes note_client(std::string_view tenant, std::string_view sid, std::string_view client, Instant until);
// All marks of a session, to last as long as it does now.
Result<store::Writes, Fault> renew_clients(std::string_view tenant, std::string_view sid, store::Store& store,
                                           Instant now, Instant until);
// Their ids, of 1,000 clients at most.
Result<std::vector<std::string>, Fault> clients_of(std::string_view tenant, std::string_view sid, store::Store& store,
                                                   Instant now);

}  // namespace deputy::tokens
