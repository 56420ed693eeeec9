// Stage: a random world, in the product and in the model, and the random operations that change both.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "crypto/key.h"
#include "tests/kit/world.h"
#include "tests/property/dice.h"
#include "tests/property/model.h"
#include "tests/property/verdict.h"

namespace deputy::property {

// The product does not do what the model says.
struct Broken {
  std::string what;
};
// Throws it, with both sides, where the condition does not hold.
void require(bool condition, const std::string& what);

json::array list(const std::set<std::string>& texts);

enum class What {
  nothing, begin, own, exchange, consent, redeem, give_up, cut, stop, start, end, remove, distrust, assign, unassign,
  role, scopes, expiry, delegates, limits, retire, replace, member, transfer, ceiling, trust, pass
};

struct Operation {
  What what = What::nothing;
  std::uint64_t seed = 0;  // of all its choices
};
std::ostream& operator<<(std::ostream& out, const Operation& operation);

class Stage {
 public:
  explicit Stage(std::uint64_t seed);

  // Performs it and holds every invariant against the model. Throws Broken.
  void perform(const Operation& operation);
  // All nodes of the tree as the store has them, all tokens as they introspect.
  void check_everything();

  std::string transcript() const;
  std::map<std::string, std::size_t> counts;  // what was granted, by kind: that the property is not held by refusals

 private:
  using Parameters = std::vector<std::pair<std::string, std::string>>;

  // build.cc
  void build_places(Dice& dice);
  void build_people(Dice& dice);
  void build_groups(Dice& dice);
  void build_roles(Dice& dice);
  void build_trust();
  json::array trusted_permissions() const;
  std::string build_place(Dice& dice, Place place);  // gives its id
  Person& add(Person::Kind kind, test::Given given, std::string name);
  void make_assignment(Dice& dice, const std::string& principal, bool for_others);
  void give_role(const std::string& role, const std::string& principal, bool for_others);
  std::string random_role_body(Dice& dice, Role& role, json::object& body) const;

  // operations.cc
  void begin(Dice& dice);
  void own(Dice& dice);
  void exchange(Dice& dice);
  void agree(Ask& ask);
  void give_up(Dice& dice);
  void end_node(Node& node);
  void cut(Dice& dice);
  void stop(Dice& dice);
  void start(Dice& dice);
  void end(Dice& dice);
  void remove(Dice& dice);
  void distrust(Dice& dice);
  void assign(Dice& dice);
  void unassign(Dice& dice);
  void take(Assignment& assignment);
  void change_role(Dice& dice);
  void change_scopes(Dice& dice);
  void change_expiry(Dice& dice);
  void change_delegates(Dice& dice);
  void write_delegates(const Person& actor);
  void pass(Dice& dice);
  http::Response administrate(std::string_view method, const std::string& path, json::object body = {});
  void end_tokens_of(Person& person);
  void revoke_tokens_of(Person& person);

  // narrowings.cc
  void narrowing(const std::function<void()>& change);
  void follow_revocations();
  void follow(const store::Revocation& one);
  void take_by_administrator(Assignment& one);
  void change_limits(Dice& dice);
  void retire(Dice& dice);
  void replace_role(Dice& dice);
  void change_member(Dice& dice);
  void transfer(Dice& dice);
  void change_ceiling(Dice& dice);
  void change_trust(Dice& dice);
  void name_fewer_delegates(Dice& dice);

  // consents.cc
  void consent(Dice& dice);
  void redeem(Dice& dice);
  std::uint64_t version_of(const std::string& principal) const;
  void give_code(Dice& dice, const Node& node, const std::vector<std::string>& places);
  Redemption random_redemption(Dice& dice) const;
  void settle(const Redemption& ask);
  void keep_refresh_token(std::size_t grant, const json::object& answer);

  // ask.cc
  std::size_t random_token(Dice& dice) const;
  const Place& some_place(Dice& dice) const;  // that is there
  const Place& any_place(Dice& dice) const;   // sometimes one that was deleted
  std::string random_person(Dice& dice, Person::Kind kind) const;
  std::string random_delegate(Dice& dice, const std::string& of) const;
  Scopes random_scopes(Dice& dice, const Scopes& from) const;
  Ask random_ask(Dice& dice) const;
  void add_details(Dice& dice, Ask& ask) const;
  Payments random_payments(Dice& dice, const Payments& from) const;
  static json::array details_of(const Payments& payments, const Place* place);
  std::optional<Ask> onward_ask(Dice& dice) const;
  Parameters parameters_of(const Ask& ask) const;
  std::string upstream_token(const Ask& ask) const;
  void settle(const Ask& ask);

  // check.cc
  void check_issued(const Ask& ask, const Verdict& verdict, const json::object& answer);
  void check_node(const Verdict& verdict, const Token& token);
  void check_event(const Token& token);
  void check_token(const Token& token);
  void check_some(Dice& dice);
  Token read_token(const std::string& text);
  std::optional<json::object> introspected(const Token& token);

  void say(std::string line) { transcript_.push_back(std::move(line)); }
  Instant now() const { return world_.clock.now(); }
  std::string short_name(const std::string& id) const;

  test::World world_;
  Model model_;
  std::vector<std::string> users_, agents_, applications_, actors_, roles_, groups_;
  crypto::PrivateKey key_;  // the trusted issuer's
  std::string admin_token_;
  Instant admin_until_;
  std::string custodian_;                      // a user who owns agents that were transferred, and does nothing else
  std::map<std::string, std::string> owners_;  // of the agents
  std::uint64_t revocations_seen_ = 0;
  bool killed_ = false;  // the operation may have killed any token
  std::vector<std::string> transcript_;
};

}  // namespace deputy::property
