// Delegates: who is named as a delegate and by whom it is taken out again, who reaches it or does not.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "endpoints/routing.h"
#include "tests/kit/administration.h"
#include "tests/kit/family.h"
#include "tests/kit/late.h"

namespace deputy::test {

struct DelegatesKit : Family {
  http::Response send(const Given& by, std::string_view method, const std::string& path, json::object body = {}) {
    http::Headers headers{{"Authorization", "Bearer " + world.access_token(by, world.issuer + "/v1")}};
    if (!body.empty()) headers.emplace_back("Content-Type", "application/json");
    return world.ask(method, "/v1/" + path, body.empty() ? "" : json::serialize(body), std::move(headers));
  }
  // What the owner of an agent is answered who gives it these delegates: "200".
  std::string names(const Given& by, const Given& agent, const std::vector<std::string>& ids) {
    return problem_of(send(by, "PATCH", "agents/" + agent.id, listed(ids)));
  }
  static json::object listed(const std::vector<std::string>& ids) {
    json::array list;
    for (const auto& id : ids) list.emplace_back(id);
    return {{"delegates", std::move(list)}};
  }
  // A person, with a credential and no role; and an agent of theirs.
  Given person(std::string_view username) {
    const auto id = world.given_user(username);
    return {id, world.given_secret(id)};
  }
  Given agent_of(const Given& owner, std::string_view name, json::object more = {}) {
    more["owner"] = owner.id;
    return world.given_agent(name, std::move(more));
  }
  // Who may do everything in an organization, and reaches nobody else.
  Given boss_of(const std::string& organization) {
    const auto own_api = (*world.store->find("default", store::Kind::resource, "identifier", world.issuer + "/v1"))->id;
    const auto boss = person("boss");
    world.given_assignment(world.given_role("all of it", own_api, {"*"}), boss.id, {{"organization", organization}});
    return boss;
  }
  std::string group(std::string_view name, json::object more = {}) {
    more["name"] = name;
    return text_at(body_of(send(world.admin, "POST", "groups", std::move(more))), "id");
  }
  std::string put_in(const Given& by, const std::string& group, const std::string& member) {
    return problem_of(send(by, "POST", "groups/" + group + "/members", {{"member", member}}));
  }
  std::string take_out(const Given& by, const std::string& group, const std::string& member) {
    return problem_of(send(by, "DELETE", "groups/" + group + "/members/" + member));
  }
  // Whom the entries of the feed name.
  std::set<std::string> targets() {
    const auto body = body_of(send(world.admin, "GET", "revocations"));
    std::set<std::string> found;
    for (const auto& item : body.at("items").as_array()) found.emplace(item.at("target").as_string());
    return found;
  }
  using Targets = std::set<std::string>;
  // What is answered where this is decided before `meanwhile`, and becomes durable after it.
  http::Response late(const Given& by, std::string_view method, const std::string& path, const json::object& body,
                      const std::function<void()>& meanwhile) {
    http::Request request{.method = std::string(method), .path = "/v1/" + path, .query = "",
                          .headers = {{"Authorization", "Bearer " + world.access_token(by, world.issuer + "/v1")}},
                          .body = body.empty() ? "" : json::serialize(body)};
    if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
    const auto match = endpoints::find_route(request.method, request.path);
    return Late{world}.settled(match.route->endpoint, std::move(request), meanwhile, match.params);
  }
  std::string names_late(const Given& by, const Given& agent, const std::vector<std::string>& ids,
                         const std::function<void()>& meanwhile) {
    return problem_of(late(by, "PATCH", "agents/" + agent.id, listed(ids), meanwhile));
  }
  store::Write node(const std::string& id, const Given& actor, const std::string& parent = "",
                    std::vector<std::string> before = {}) {
    store::Delegation one{.id = id, .tenant = "default", .parent = parent, .path = {id}, .subject = user,
                          .actor = actor.id};
    if (!parent.empty()) one.path = {parent, id};
    one.chain = std::move(before);
    one.chain.insert(one.chain.begin(), actor.id);
    return store::Delegate{std::move(one)};
  }
  bool ended(const std::string& id) { return (*world.store->delegation("default", id))->revoked_at.has_value(); }

  Given plain = person("plain");
  Given mine = agent_of(plain, "mine");
  Given orchestrators = [&] {
    const auto id = text_at(body_of(send(world.admin, "GET", "agents/" + orchestrator.id)), "owner");
    return Given{id, world.given_secret(id)};
  }();
  // The worker's own authority; what it holds for the user is handed to it.
  std::string own_assignment = world.given_assignment(role, worker.id);
};

}  // namespace deputy::test
