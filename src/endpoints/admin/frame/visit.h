// Visit: one call of /v1 that has been let in: who, how far, and what it is about.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "base/json.h"
#include "endpoints/admin/caller.h"
#include "endpoints/admin/frame/problem.h"

namespace deputy::endpoints::admin {

using directory::Kind;

// By whom a change was kept from being made, and how many times.
struct HeldUp {
  std::set<std::string> by = {};  // as Change::hold() was told
  std::size_t times = 0;
};

struct Visit {
  const Call& call;
  App& app;
  Caller caller;
  Reach reach;
  Case about;
  bool stops = false;  // it ends something, and rests on nothing but what the caller holds of this API
  HeldUp held_up = {};  // where the step is taken once more

  const std::string& param(std::size_t at) const { return call.params.at(at); }
};

// The same for when the request is gone: a copy, and of the request another.
std::shared_ptr<const Visit> copy_of(const Visit& visit);

using Outcome = Result<Answer, Problem>;
using Step = Outcome (*)(Visit&);

// What a route does, as events, scopes and refusals name it.
struct Deed {
  std::string action;  // "agent.create"
  std::string scope;   // "agents:write"
  enum class Preview { none, known } preview = Preview::none;  // may it be asked what it would end?
};

// The same ladder for every route of /v1: authenticate, decide the reach, honour the Idempotency-Key of a POST, take
// the step; and turn what it refuses into a problem.
Answer enter(const Call& call, App& app, Deed deed, Step step);
// The same where the step keeps a processor busy (it may make an RSA key): off the reactor, for whoever is let in.
Answer enter_apart(const Call& call, App& app, Deed deed, Step step);

// "agent_types:read" for Kind::agent_type.
std::string read_scope(Kind kind);
std::string write_scope(Kind kind);

// Refuses a caller whose reach ends at an organization or at what it owns: the thing belongs to the tenant as a whole.
Result<Done, Problem> whole_tenant(const Visit& visit);
Problem of_the_whole_tenant();  // that refusal

// The body as one JSON object; an empty body is an empty object where `Empty` allows it.
enum class Empty { no, allowed };
Result<json::object, Problem> body_of(const Visit& visit, Empty empty = Empty::no);
// The reason in the body of an act: for people to read, so it is text of one line and bounded (A40: it goes into the
// log). An absent body has none.
Result<std::string, Problem> reason_of(const Visit& visit);
// `?preview=true`: say what the act would do, and do nothing.
enum class Mode { act, preview };
Result<Mode, Problem> mode_of(const Visit& visit);
// Refuses members that are none of these, or no field of the noun; names one only if it is written like a name of
// ours, so that nothing else that was sent comes back.
Result<Done, Problem> only_fields(const json::object& body, const directory::Noun& noun);
Result<Done, Problem> only_members(const json::object& body, std::initializer_list<std::string_view> names);

}  // namespace deputy::endpoints::admin
