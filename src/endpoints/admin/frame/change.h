// Change: the writes of one change, what each one's refusal by the store means, and the event that goes with them.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "endpoints/admin/frame/visit.h"
#include "oauth/scope.h"

namespace deputy::endpoints::admin {

// So many times held up, and nothing is held of anybody, whoever it was.
inline constexpr std::size_t held_up_max = 3;

class Change {
 public:
  // It is made once more from the start, by this step and a visit like this one, where something that is on hold() is
  // refused.
  void again_by(const Visit& visit, Step step) { held_up_ = visit.held_up, again_ = step; }

  // `if_refused` is the answer should the store refuse this write; a value already taken is told by its field.
  void add(store::Write write, Problem if_refused);
  void add(store::Write write);    // a lost race, should it be refused
  void add(store::Writes writes);  // as above, each

  // What somebody else may cause to be refused, again and again; `whose` it is, or empty where the store says it
  // (Refused.index). Once may be chance, and then all is looked at anew. A change that is held up again lets go of all
  // who did that: it holds nothing of theirs, and ends instead what they might make it pass over.
  void hold(store::Write write, std::string whose, Problem if_refused);
  void hold(store::Write write, std::string whose);
  void hold(store::Writes writes, const std::string& whose);
  bool lets_go_of(const std::string& id) const { return held_up_.times >= held_up_max || is_held_up_by(id); }
  // Of whoever was quick since it was asked for, too: a refusal names but one.
  bool lets_go() const { return held_up_.times > 1; }
  bool is_made_again() const { return held_up_.times > 0; }

  // What it means that another record was quicker to have a value of this look-up, where no field has its name.
  void taken(std::string_view index, Problem if_taken);

  // What the change touched, for the event (differences.h).
  void touched(json::object before, json::object after);

  // The event is told in this tenant's log too: the change is one of its own.
  void told_in(std::string tenant) { also_told_in_ = std::move(tenant); }

  // The record that `kind` and `id` name must exist when this is committed.
  void require(const Visit& visit, Kind kind, std::string_view id, std::string_view field);

  const store::Writes& writes() const { return writes_; }

  // The answer: `response` once all is durable, and the event with it.
  Answer answer(const Visit& visit, http::Response response) &&;

 private:
  bool is_held_up_by(const std::string& id) const { return lets_go() && held_up_.by.contains(id); }

  store::Writes writes_;
  std::vector<Problem> meanings_;  // one a write
  std::vector<std::pair<std::string, Problem>> taken_;  // by the name of the look-up
  std::map<std::size_t, std::string> whose_;  // by the place of a write that is on hold
  HeldUp held_up_;
  Step again_ = nullptr;
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
