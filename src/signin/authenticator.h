// Authenticator: one thing by which a user proves who they are, as a record under the user.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/random.h"
#include "base/result.h"
#include "store/store.h"

namespace deputy::signin {

enum class Type { password, totp, recovery_codes, passkey, reset_code };
std::string_view name_of(Type type);

struct Authenticator {
  Type type;
  store::Record record;
  json::object body;  // {"type","user","label"?, …what the type's own file says}
};

// All of a user's, by the time they were made. Faults: corrupt.
Result<std::vector<Authenticator>, Fault> authenticators_of(store::Store& store, std::string_view tenant,
                                                            std::string_view user);
// The same from a read of all that lies under the user; and of one record.
Result<std::vector<Authenticator>, Fault> authenticators_among(const std::vector<store::Record>& records);
Result<Authenticator, Fault> authenticator_from(store::Record record);
// A user's, as they are once these are written.
Result<std::vector<Authenticator>, Fault> authenticators_after(std::vector<Authenticator> all,
                                                               const store::Writes& writes);
// One type's: there is at most one of all but passkeys. Null: none.
const Authenticator* find(const std::vector<Authenticator>& all, Type type);

Authenticator make_authenticator(Type type, std::string_view tenant, std::string_view user, Instant now,
                                 Random& random);
// Creates or replaces: refused (`unique`, `version`) where another was first.
store::Put put_of(const Authenticator& authenticator, Instant now);
store::Remove removal_of(const Authenticator& authenticator);

// By which all of a user's are found, and a passkey by its credential id.
inline constexpr std::string_view user_index = "user", passkey_index = "credential";
inline constexpr std::string_view only_index = "only";  // unique: one of each type but passkeys
std::string only_index_value(std::string_view user, Type type);
std::string passkey_index_value(std::string_view credential);

// {"id","type","label","created_at","last_used_at", …}: what may be shown; nothing secret, no hash, no key.
json::object document_of(const Authenticator& authenticator);

}  // namespace deputy::signin
