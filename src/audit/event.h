// Event: one audit record. What was decided, for whom, on whose authority, and why. It holds no secret and no token.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"

namespace deputy::audit {

enum class Decision : std::uint8_t { granted, refused, done };  // done: a change of the directory, made
std::string_view name_of(Decision decision);
std::optional<Decision> decision_named(std::string_view name);

struct Event {
  std::string id;  // evt_…; for an issued token also the token's `jti` with its prefix exchanged
  Instant at;
  std::string tenant, correlation_id;
  std::string action;  // "token.issue", "agent.create", "credential.rotate": noun.verb
  Decision decision = Decision::done;
  std::string reason;   // why refused, or what was dropped; a fixed sentence or code
  std::string actor;    // who acts: an id; empty where nobody was authenticated
  std::string client;   // the OAuth client, where there is one
  std::string subject;  // whose authority
  std::string owner;    // who is accountable for the actor
  std::string target;   // the record the action is about
  std::string resource;  // identifier URI
  std::vector<std::string> resources;  // of a request or a consent, which may be for several: identifier URIs
  std::string scope_asked, scope_given;
  std::string details;  // authorization_details that were given: a JSON array
  std::string jti;
  std::vector<std::string> chain;        // actors, innermost last
  std::vector<std::string> delegations;  // path, root first
  std::string changes;                   // JSON text: the fields a change touched, before and after; secrets never
};

// The event as one JSON object, members in a fixed order, empty ones left out: what is stored, hashed and shown.
std::string encode(const Event& event);

}  // namespace deputy::audit
