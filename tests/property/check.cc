// What must be true after an operation: I1 to I6, for what was issued and for a part of all there is.
#include <algorithm>

#include "base/json.h"
#include "tests/kit/forget.h"
#include "tests/property/stage.h"

namespace deputy::property {
namespace {

constexpr std::size_t looks = 3;  // tokens looked at after an operation that killed none

Scopes words_of(std::string_view text) {
  Scopes out;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    out.emplace(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

Payments payments_of(const json::array& details) {
  Payments out;
  for (const auto& one : details)
    out.insert({test::text_at(one.as_object(), "to"), json_integer(one.as_object(), "amount").value_or(0)});
  return out;
}
Payments payments_in(const json::object& claims) {
  const auto* details = json_member_array(claims, "authorization_details");
  return details == nullptr ? Payments() : payments_of(*details);
}

std::string joined(const Scopes& scopes) {
  std::string out;
  for (const auto& one : scopes) out += one + " ";
  return out;
}

bool within(const std::optional<std::int64_t>& narrower, const std::optional<std::int64_t>& wider) {
  return !wider || (narrower && *narrower <= *wider);
}

Node node_from(const delegation::Delegation& stored) {
  Node node{.id = stored.id, .parent = stored.parent, .subject = stored.subject, .actor = stored.actor};
  node.issuer = stored.issuer;
  node.path = stored.path;
  node.chain = stored.chain;
  for (const auto& pair : stored.authority) node.pairs.insert({pair.resource, pair.scope, pair.onward});
  for (const auto& detail : stored.details)
    node.payments[detail.resource].merge(payments_of(json::array{json::parse(detail.object)}));
  node.bounds.not_after = stored.limits.not_after;
  if (stored.limits.max_depth) node.bounds.depth = *stored.limits.max_depth;
  if (stored.limits.uses) node.bounds.uses = static_cast<std::int64_t>(*stored.limits.uses);
  node.origin = std::string(delegation::name_of(stored.origin));
  node.dead = stored.revoked_at.has_value();
  node.created = stored.created_at;
  node.ended = stored.revoked_at;
  node.drawn = static_cast<std::int64_t>(stored.uses);
  return node;
}

}  // namespace

// What its resource is told of a token; nothing where the resource is not there to ask.
std::optional<json::object> Stage::introspected(const Token& token) {
  const auto& resource = model_.people.at(model_.places.at(token.resource).principal);
  if (!resource.active(now())) return std::nullopt;
  return test::body_of(world_.introspect({resource.id, resource.secret}, token.text));
}

// A token as its resource reads it: the claims of a JWT; of an opaque one, what is answered for it.
Token Stage::read_token(const std::string& text) {
  Token token{.text = text};
  json::object claims;
  if (text.starts_with("dot_")) {
    for (const auto& [id, place] : model_.places)
      if (place.opaque) token.resource = id;
    claims = introspected(token).value_or(json::object());
    require(json_boolean(claims, "active").value_or(false), "a new opaque token is not active");
  } else {
    claims = test::claims_of(text);
  }
  token.jti = test::text_at(claims, "jti");
  token.subject = test::text_at(claims, "sub");
  const auto client = test::text_at(claims, "client_id");
  for (const auto& [id, person] : model_.people)
    if (id == client || (person.name == "imported" && client == "earlier-name")) token.client = id;
  if (const auto* place = model_.place(test::text_at(claims, "aud"))) token.resource = place->id;
  token.scopes = words_of(test::text_at(claims, "scope"));
  token.payments = payments_in(claims);
  token.chain = test::actors_of(claims);
  token.path = texts_of(claims, "dlg");
  token.issued = json_integer(claims, "iat").value_or(0);
  token.expires = json_integer(claims, "exp").value_or(0);
  require(!token.client.empty() && !token.resource.empty(), "a token of nobody, or for nothing");
  return token;
}

void Stage::check_issued(const Ask& ask, const Verdict& verdict, const json::object& answer) {
  const auto* presented = ask.token ? &model_.tokens[*ask.token] : nullptr;
  auto token = read_token(test::text_at(answer, "access_token"));
  require(token.subject == (presented ? presented->subject : ask.user), "the subject changed");
  require(token.client == verdict.actor && token.resource == verdict.place->id, "issued to another, or for another");
  // I2
  require(token.chain == verdict.chain, "I2: act is not the actor and the chain of the subject token");
  // I3
  require(token.scopes == verdict.scopes, "I3: " + joined(token.scopes) + "and not " + joined(verdict.scopes));
  require(words_of(test::text_at(answer, "scope")) == token.scopes, "the answer's scope is not the token's");
  require(std::includes(verdict.pool.begin(), verdict.pool.end(), token.scopes.begin(), token.scopes.end()),
          "I3: more than the parent's pool");
  require(token.payments == verdict.payments, "I1: the details are not the model's");
  require(payments_in(answer) == token.payments, "the answer's details are not the token's");
  // I6
  require(token.issued == unix_seconds(now()), "iat is not now");
  require(token.expires == verdict.expires, "I6: exp is not the least of its bounds");
  require(!presented || token.expires <= presented->expires, "I6: it outlives the subject token");
  check_node(verdict, token);
  check_event(token);
  if (verdict.relation == Relation::received &&
      (token.resource != presented->resource ||
       !std::includes(presented->scopes.begin(), presented->scopes.end(), token.scopes.begin(), token.scopes.end())))
    ++counts["onward"];
  model_.tokens.push_back(token);  // from here on `presented` is gone
  check_token(model_.tokens.back());
  constexpr std::array names{"narrowed", "handed on", "received", "begun", "redeemed"};
  ++counts[names[static_cast<std::size_t>(verdict.relation)]];
  if (token.chain.size() >= 3) ++counts["chains of three"];
  if (token.path.size() >= 3) ++counts["paths of three"];
  if (verdict.node && verdict.node->bounds.uses) ++counts["budgeted"];
  if (!verdict.payments.empty()) ++counts["detailed"];
  if (verdict.stays) ++counts["stayed"];
}

// I1, and I5 as far as the tree goes.
void Stage::check_node(const Verdict& verdict, const Token& token) {
  require(token.path.empty() == !verdict.node, "a path and no node, or a node and no path");
  if (!verdict.node) return;
  const auto stored = world_.store->delegation("default", token.path.back());
  require(stored && *stored, "I5: the node is not in the store");
  const auto node = node_from(**stored);
  const auto& expected = *verdict.node;
  auto path = expected.path;
  if (expected.id.empty()) path.push_back(node.id);
  require(token.path == path && node.path == path, "the path is not the parent's and the node");
  require(expected.id.empty() != model_.nodes.contains(node.id), "an identical hand-on does not share its node");
  require(!node.dead, "I4: drawn from a dead node");
  require(node.subject == expected.subject && node.actor == expected.actor && node.chain == expected.chain &&
              node.parent == expected.parent && node.origin == expected.origin && node.issuer == expected.issuer,
          "the node speaks of others than the model's");
  require(node.pairs == expected.pairs, "I1: the node's authority is not the model's");
  require(node.payments == expected.payments, "I1: the node's details are not the model's");
  require(node.bounds == expected.bounds, "I1: the node's limits are not the model's");
  if (!node.parent.empty()) {
    const auto& parent = model_.nodes.at(node.parent);
    for (const auto& [resource, scope, to] : node.pairs)
      require(parent.pairs.contains({resource, scope, to}) || parent.pairs.contains({resource, scope, ""}) ||
                  parent.pairs.contains({resource, scope, node.actor}),
              "I1: a pair that the parent does not hold");
    for (const auto& [resource, payments] : node.payments)
      require(Model::within(payments, model_.payments(parent, model_.places.at(resource))),
              "I1: a detail that the parent does not hold");
    require(!parent.bounds.not_after || (node.bounds.not_after && *node.bounds.not_after <= *parent.bounds.not_after),
            "I1: it outlives its parent");
    require(within(node.bounds.depth, parent.bounds.depth) && within(node.bounds.uses, parent.bounds.uses),
            "I1: a limit is wider than the parent's");
  }
  for (const auto& id : path) {
    const auto found = model_.nodes.find(id);
    const auto& depth = found == model_.nodes.end() ? node.bounds.depth : found->second.bounds.depth;
    require(!depth || static_cast<std::int64_t>(path.size()) <= *depth, "I1: deeper than a node above it allows");
  }
  if (expected.id.empty()) model_.nodes[node.id] = node, model_.nodes[node.id].drawn = 0;
  for (const auto& id : path)
    if (auto& one = model_.nodes.at(id); id == node.id || one.bounds.uses) ++one.drawn;
  require(model_.nodes.at(node.id).drawn == node.drawn, "the node counts other tokens than were drawn");
}

// I5: its event is the last of the log.
void Stage::check_event(const Token& token) {
  const auto page = world_.store->events(
      "default", {}, {.after = 0, .limit = 1, .order = store::Page::Order::newest_first});
  require(page && page->events.size() == 1, "I5: no event");
  const auto event = parse_json_object(page->events.front().body);
  require(bool(event), "I5: an event that is no object");
  require(test::text_at(*event, "action") == "token.issue" && test::text_at(*event, "decision") == "granted" &&
              test::text_at(*event, "jti") == token.jti && test::text_at(*event, "subject") == token.subject &&
              words_of(test::text_at(*event, "scope_given")) == token.scopes &&
              texts_of(*event, "chain") == token.chain && texts_of(*event, "delegations") == token.path,
          "I5: the event is not the token's: " + page->events.front().body);
}

// I4, both ways.
void Stage::check_token(const Token& token) {
  const auto answer = introspected(token);
  if (!answer) return;
  const bool active = json_boolean(*answer, "active").value_or(false);
  require(active == model_.active(token, now()),
          "I4: token " + std::to_string(&token - model_.tokens.data()) + " is " +
              (active ? "active" : "not active") + ", and should not be so");
  if (!active) return;
  require(test::text_at(*answer, "jti") == token.jti && words_of(test::text_at(*answer, "scope")) == token.scopes &&
              payments_in(*answer) == token.payments &&
              test::actors_of(*answer) == token.chain && texts_of(*answer, "dlg") == token.path,
          "a token introspects as another");
}

void Stage::check_some(Dice& dice) {
  auto& tokens = model_.tokens;
  const auto count = tokens.size();
  constexpr std::size_t late = 24;
  if (killed_)
    for (std::size_t at = count - std::min(count, late); at < count; ++at) check_token(tokens[at]);
  for (std::size_t left = count == 0 ? 0 : looks; left > 0; --left) check_token(tokens[random_token(dice)]);
}

void Stage::check_everything() {
  test::forget(world_);
  for (const auto& token : model_.tokens) check_token(token);
  for (const auto& [id, node] : model_.nodes) {
    const auto stored = world_.store->delegation("default", id);
    require(stored && *stored, "a node is gone");
    const auto now_there = node_from(**stored);
    require(now_there.pairs == node.pairs && now_there.payments == node.payments && now_there.bounds == node.bounds &&
                now_there.path == node.path && now_there.chain == node.chain,
            "a node changed");
    require(now_there.dead == node.dead && now_there.drawn == node.drawn, "a node's history is not the model's");
    require(!node.bounds.uses || now_there.drawn <= *node.bounds.uses, "a budget is overdrawn");
  }
}

}  // namespace deputy::property
