// DelegationTable: the delegation tree's table, over one connection: the writer's changes, or a reader's reads.
#pragma once

#include <span>
#include <vector>

#include "store/sqlite/consent_ends.h"
#include "store/sqlite/database.h"
#include "store/store.h"

namespace deputy::store::sqlite {

class DelegationChanges {
 public:
  Result<Done, Fault> prepare(Database& database);
  // A new group: fingerprints() are of what is added from now on.
  void begin() { fingerprints_.clear(); }
  std::span<const std::uint64_t> fingerprints() const { return fingerprints_; }
  // The condition that does not hold; none: done.
  Result<std::optional<Refused::Why>, Fault> add(const Delegation& delegation);
  Result<std::optional<Refused::Why>, Fault> draw(const Draw& draw);
  Result<std::optional<Refused::Why>, Fault> check(const NoneEnded& none);
  Result<std::optional<Refused::Why>, Fault> end(const EndDelegation& end);
  Result<std::optional<Refused::Why>, Fault> end(const EndConsents& end) { return consent_ends_.end(end); }
  Result<std::size_t, Fault> write_consent_ends(std::size_t limit) { return consent_ends_.write(limit); }
  // Who it is by whom that does not hold.
  Result<std::optional<std::string>, Fault> check(const NoneHandedOn& none);
  // Is it there, and not revoked?
  Result<bool, Fault> is_live(std::string_view tenant, std::string_view id);

 private:
  Result<std::optional<Refused::Why>, Fault> may_draw(std::string_view tenant, std::string_view id);
  Result<bool, Fault> any_ended(std::string_view tenant, const std::vector<std::string>& path);
  Statement add_, state_, count_, draw_, end_, first_end_, made_since_;
  ConsentEnds consent_ends_;
  std::vector<std::uint64_t> fingerprints_;
};

class DelegationReads {
 public:
  Result<Done, Fault> prepare(Database& database);
  Result<std::optional<Delegation>, Fault> get(std::string_view tenant, std::string_view id);
  Result<std::vector<Delegation>, Fault> list(std::string_view tenant, const DelegationPage& page);
  Result<std::vector<Delegation>, Fault> consents(const ConsentsOf& of, Instant now, std::size_t limit);
  Result<std::vector<Delegation>, Fault> consents_to(std::string_view tenant, std::string_view client,
                                                     Instant now, std::size_t limit);
  Result<std::optional<Instant>, Fault> first_end(const BegunWith& of, Instant since, Instant until);
  Result<std::vector<Delegation>, Fault> begun(const BegunWith& of, Instant made_by, Instant now);
  Result<std::optional<Delegation>, Fault> identical(const Delegation& like, std::uint64_t fingerprint);

 private:
  Statement place_, get_, consents_, consents_to_, consents_since_, any_ending_, first_end_, begun_, identical_;
  Statement all_forward_, all_backward_, actor_forward_, actor_backward_, under_forward_, under_backward_;
};

}  // namespace deputy::store::sqlite
