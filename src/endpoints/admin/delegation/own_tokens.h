// OwnTokens: tokens of a principal's own authority, drawn without a delegation. None is on record: that some may live
// is known by the last use of its credentials, and until when by how long resources it holds scopes of let one live.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "base/json.h"
#include "directory/authority.h"
#include "endpoints/admin/delegation/count.h"
#include "endpoints/admin/revocation/holdings.h"

namespace deputy::endpoints::admin {

class OwnTokens {
 public:
  OwnTokens(const Visit& visit, Lens& lens, Room& room) : visit_(visit), lens_(lens), room_(room), holdings_(visit) {}

  // Are those at this resource meant, where these are the scopes of it that are held? Empty: all are, wherever.
  using Which = std::function<bool(const directory::Resource&, const oauth::ScopeSet&)>;
  Result<Done, Fault> add(const std::string& principal, const Which& which = {});
  // How long one at this resource may live at most that lives now: its lifetime may have been shortened.
  Result<Seconds, Fault> lifetime_at(const directory::Resource& resource);
  // Of everybody's, those drawn since then. No resource that is meant lets one live longer than this.
  Result<Done, Fault> add_everybodys(const Which& which, Seconds lifetime_max, Instant since = {});

  // [{"agent","name","live_until_max","last_used_at"}]: one a principal; unnamed where the caller does not reach it.
  Result<json::array, Fault> documents();
  bool truncated() const { return truncated_; }

 private:
  struct Some {
    Instant last_used, live_until;
  };
  std::optional<Instant> used_at(const store::Record& record) const;
  // The last instant at which one may have been drawn.
  Instant drawn_by(Instant used) const { return std::min(visit_.call.now, used + store::LastUse::grain); }
  Result<Done, Fault> add_drawn(const std::string& principal, Instant used, const Which& which);
  Result<Seconds, Fault> lifetime_max(const directory::Principal& principal, const Which& which);

  const Visit& visit_;
  Lens& lens_;
  Room& room_;
  Holdings holdings_;
  std::map<std::string, Some> found_;  // by the principal's id
  bool truncated_ = false;
};

}  // namespace deputy::endpoints::admin
