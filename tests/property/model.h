// Model: the delegation model on plain sets and maps, written from the specification and not from the product: who
// there is, what is held, which tokens live. The property holds the product against it after every operation.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/clock.h"

namespace deputy::property {

using Scopes = std::set<std::string>;
using Pairs = std::set<std::tuple<std::string, std::string, std::string>>;  // resource, scope, onward
using Chain = std::vector<std::string>;                                     // outermost first
using Payments = std::set<std::pair<std::string, std::int64_t>>;  // of one type of details: to whom, at most what

Scopes meet(const Scopes& a, const Scopes& b);  // what is in both

struct Bounds {
  std::optional<Instant> not_after;
  std::optional<std::int64_t> depth, uses;
  friend bool operator==(const Bounds&, const Bounds&) = default;
};

struct Person {
  enum class Kind { user, agent, application } kind;
  std::string id, name, secret;  // name: what a trusted issuer calls a user
  std::string client_id;         // what its tokens call it; empty: by its id
  enum class State { on, off, gone, removed } state = State::on;  // removed: nobody knows of it any more
  std::optional<Instant> expires_at;
  std::set<std::string> groups, delegates;  // every group, through nesting
  bool any = false, agreement = false;
  std::optional<std::int64_t> dead_through;  // tokens of this second and earlier are dead
  std::optional<std::int64_t> waits_through;  // nothing is minted up to this second
  std::size_t stops = 0;                     // how often what was given before ended for good
  std::optional<Instant> stopped_at;         // when it last did

  bool active(Instant now) const { return state == State::on && (!expires_at || now < *expires_at); }
  // Revoked this very second: `iat` could not tell a new token from the dead ones.
  bool waits(Instant now) const {
    return unix_seconds(now) <= std::max(dead_through.value_or(0), waits_through.value_or(0));
  }
  const std::string& called() const { return client_id.empty() ? id : client_id; }
};

struct Place {
  std::string id, identifier, principal;
  std::map<std::string, std::string> scopes;  // name, parent
  std::int64_t lifetime_s = 300, chain_max = 4;
  bool opaque = false;
  std::string payment;  // the type of authorization details that it registers; empty: none
  bool gone = false;    // deleted
};

struct Role {
  std::string id;
  std::map<std::string, std::set<std::string>> patterns;  // by resource
};
struct Assignment {
  std::string id, principal, role;  // to a principal or a group
  bool for_others = false, gone = false;
};

struct Node {
  std::string id, parent, subject, actor;
  Chain path, chain;
  Pairs pairs;
  std::map<std::string, Payments> payments;  // by resource
  Bounds bounds;
  std::string origin;
  std::string issuer;  // the record of the trusted issuer with whose token its path began
  bool dead = false;
  Instant created;
  std::optional<Instant> ended;
  std::int64_t drawn = 0;  // tokens, from it and all below
};

struct Token {
  std::string text, jti, subject, client, resource;  // client, resource: ids
  Scopes scopes;
  Payments payments;
  Chain chain, path;
  std::int64_t issued = 0, expires = 0;  // Unix seconds
  bool dead = false;

  const std::string& holder() const { return chain.empty() ? client : chain.front(); }
};

// What was taken away at a resource: scopes, from one principal by what its tokens call it, or from everybody.
struct Narrowing {
  std::string target, resource;  // empty: everybody; an identifier
  Scopes scopes;
  std::int64_t through = 0;  // tokens of this second and earlier
};

// What a person agreed to, as its client has it: a code, and then a refresh token.
struct Grant {
  std::string text;
  enum class Kind { code, refresh_token } kind = Kind::code;
  std::string client, user, node;   // ids
  Scopes scope;                     // as they were asked for; empty: all
  std::vector<std::string> places;  // the resources that were asked for, by identifier
  std::map<std::string, Payments> payments;  // as they were asked for, by resource
  Instant until;                    // of a code
  bool used = false;                // a code
  std::size_t user_stops = 0, client_stops = 0;  // when it was given
};

struct Model {
  std::map<std::string, Person> people;
  std::map<std::string, Place> places;
  std::map<std::string, Role> roles;
  std::map<std::string, Assignment> assignments;
  std::map<std::string, Node> nodes;
  std::vector<Token> tokens;
  std::vector<Grant> grants;
  // The trusted issuer's record, and the most its token gives: patterns by resource.
  std::string issuer;
  std::map<std::string, std::set<std::string>> trusted;
  std::map<std::string, std::set<std::string>> members;  // of each group: who is in it directly, groups too
  std::vector<Narrowing> narrowings;                     // of this second

  const Person* person(const std::string& id) const;  // null also where it was removed
  const Place* place(const std::string& identifier) const;  // null also where it was deleted
  const Place* there(const std::string& id) const;          // the same by its id
  bool may_delegate(const std::string& from, const std::string& to) const;
  // The scopes of a place that these patterns give: by name, by prefix, or because the parent is given.
  static Scopes given(const Place& place, const std::set<std::string>& patterns);
  Scopes held(const Person& person, const Place& place, bool for_others) const;
  // Is each of these within one of those, and no two within the same?
  static bool within(const Payments& narrower, const Payments& wider);
  // The scopes of the place in a node: its actor's own, or those onward for somebody.
  Scopes drawable(const Node& node, const Place& place, const std::string& onward = "") const;
  Payments payments(const Node& node, const Place& place) const;
  void regroup();  // everybody's groups, from who is in which
  // Does it speak of that principal, under this name?
  bool names(const Token& token, const std::string& target) const;
  bool takes(const Narrowing& narrowing, const Token& token) const;
  // Would what is minted so be dead at birth, for what was taken away this second?
  bool lost(const Token& token) const;
  // Neither expired nor revoked, nor anything it descends from.
  bool live(const Token& token, Instant now) const;
  // I4: live, and everybody it speaks of is active.
  bool active(const Token& token, Instant now) const;
};

}  // namespace deputy::property
