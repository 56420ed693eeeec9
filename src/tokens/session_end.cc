// The record of a session says how long it may idle; its row, until when it is kept at most.
#include "tokens/session_end.h"

#include <algorithm>

#include "base/json.h"

namespace deputy::tokens {

Result<SessionEnd, Fault> end_of_session(const store::Record& record, Instant now) {
  TRY(const auto body, parse_stored(record.body));
  const auto idle = json_integer(body, "idle_s");
  if (!idle || !record.until) return Fail{Fault{Fault::Kind::corrupt, "a session's record cannot be read"}};
  const auto seen = record.touched_at ? std::max(*record.touched_at, record.updated_at) : record.updated_at;
  if (seen > now + set_back_max) return SessionEnd{seen, Instant()};  // signing in is its first use
  return SessionEnd{seen, std::min(*record.until, seen + Seconds(*idle))};
}

Result<bool, Fault> is_live_session(std::string_view sid, std::string_view user, std::string_view tenant,
                                    store::Store& store, Instant now) {
  TRY(const auto record, store.get(tenant, store::Kind::session, sid));
  if (!record || record->under != user) return false;
  TRY(const auto end, end_of_session(*record, now));
  return now < end.ends_at;
}

}  // namespace deputy::tokens
