// Change: the writes of one change, what each one's refusal by the store means, and the event that goes with them.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "endpoints/admin/frame/visit.h"
#include "oauth/scope.h"

namespace deputy::endpoints::admin {

class Change {
 public:
  // `if_refused` is the answer should the store refuse this write; a value already taken is told by its field.
  void add(store::Write write, Problem if_refused);
  void add(store::Write write);    // a lost race, should it be refused
  void add(store::Writes writes);  // as above, each

  // What somebody out of the caller's reach may cause to be refused, again and again. Where it is, the change is made
  // once more with what `instead` gives at that moment in place of these. Once in a change; by then the visit is gone.
  using Instead = std::function<Result<store::Writes, Fault>()>;
  void add(Change held, Instead instead);

  // What it means that another record was quicker to have a value of this look-up, where no field has its name.
  void taken(std::string_view index, Problem if_taken);

  // What the change touched, for the event. Only members that differ are kept, and never a secret's hash.
  void touched(json::object before, json::object after);

  // The event is told in this tenant's log too: the change is one of its own.
  void told_in(std::string tenant) { also_told_in_ = std::move(tenant); }

  // The record that `kind` and `id` name must exist when this is committed.
  void require(const Visit& visit, Kind kind, std::string_view id, std::string_view field);

  const store::Writes& writes() const { return writes_; }

  // The answer: `response` once all is durable, and the event with it.
  Answer answer(const Visit& visit, http::Response response) &&;

 private:
  store::Writes writes_;
  std::vector<Problem> meanings_;  // one a write
  std::vector<std::pair<std::string, Problem>> taken_;  // by the name of the look-up
  std::size_t held_from_ = 0, held_to_ = 0;  // of the writes
  Instead instead_;
  std::string changes_;
  std::string also_told_in_;
};

// A value that another record has already: the same answer, whichever record it is.
Problem not_unique(std::string_view index);

// Kills every token in which this principal stands, issued up to now (RFC 7009's word, for all of them at once).
store::Write revoke_tokens_of(const Visit& visit, std::string_view principal, std::string_view reason);
store::Write revoke_tokens_of(std::string_view tenant, Instant now, std::string_view principal,
                              std::string_view reason);

// Kills none of these: what is being decided by the principal is not written, and no more.
store::Write stop_what_is_decided_by(const Visit& visit, std::string_view principal, std::string_view reason);

// The same of everybody in the tenant: where it cannot be said, in a few entries, whom it concerns.
store::Write stop_what_is_decided(const Visit& visit, std::string_view reason);

// The delegation ends, and the tokens drawn from it and from all below it, at every enforcement point that follows the
// feed.
store::Writes end_delegation(const Visit& visit, const std::string& delegation, const std::string& reason);

// Kills the tokens that carry one of these scopes at this resource (its identifier URI), where the target stands in
// them; an empty target is everybody.
store::Write narrow_tokens_of(const Visit& visit, std::string_view target, std::string_view resource,
                              const oauth::ScopeSet& scopes, std::string_view reason = "no longer held");

// Members that no document, event or log may show.
bool is_secret_member(std::string_view name);

}  // namespace deputy::endpoints::admin
