// /v1/delegations over a family's tree: seen by those it concerns, cut where it is to end, and counted before that.
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "tests/kit/administration.h"
#include "tests/kit/family.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Delegations : testing::Test, Family {
  http::Response call(std::string_view token, std::string_view method, std::string_view path, json::object body = {}) {
    http::Headers headers{{"Authorization", "Bearer " + std::string(token)}};
    if (method == "POST") headers.emplace_back("Content-Type", "application/json");
    return world.ask(method, path, method == "POST" ? json::serialize(body) : "", std::move(headers));
  }
  std::string admin() { return world.access_token(world.admin, world.issuer + "/v1"); }
  http::Response get(std::string_view path) { return call(admin(), "GET", "/v1/delegations" + std::string(path)); }
  http::Response revoke(const std::string& id, std::string_view query = "") {
    return call(admin(), "POST", "/v1/delegations/" + id + "/revoke" + std::string(query), {{"reason", "done"}});
  }
  json::object preview(std::string_view path) {
    const auto answer = call(admin(), "POST", std::string(path) + "?preview=true");
    EXPECT_EQ(answer.status, 200) << answer.body;
    return body_of(answer);
  }
  std::string of(std::string_view token) { return path_of(token).back(); }
  std::string state_of(const std::string& id) { return text_at(body_of(get("/" + id)), "state"); }
  // A user with a credential of its own, and no role.
  Given with_secret(const std::string& id) { return {id, world.given_secret(id)}; }
  std::string owner_of(const Given& agent) {
    return text_at(body_of(call(admin(), "GET", "/v1/agents/" + agent.id)), "owner");
  }
  std::string v1_token(const Given& who) { return world.access_token(who, world.issuer + "/v1"); }
};

std::vector<std::string> states_in(const http::Response& tree) {
  std::vector<std::string> out;
  const auto body = body_of(tree);
  for (const auto& item : body.at("items").as_array())
    out.push_back(std::to_string(item.at("depth").as_int64()) + " " + text_at(item.as_object(), "actor_name") + " " +
                  text_at(item.as_object(), "state"));
  return out;
}
using Texts = std::vector<std::string>;

}  // namespace

TEST_F(Delegations, a_document_names_everybody_and_says_what_may_be_done) {
  const auto token = handed_on(orchestrator, orchestrated(), worker,
                               {{"scope", "read write"},
                                {"authorization_details", R"([{"type":"limits","expires_in":600,"uses":5}])"}});
  const auto document = body_of(get("/" + of(token)));
  EXPECT_EQ(text_at(document, "id"), of(token));
  EXPECT_EQ(text_at(document, "parent"), path_of(token).front());
  EXPECT_EQ(text_at(document, "subject_name"), user_name);
  EXPECT_EQ(text_at(document, "actor_name"), "worker");
  EXPECT_EQ(text_at(document, "state"), "live");
  EXPECT_EQ(text_at(document, "origin"), "exchange");
  const auto& authority = document.at("authority").as_array();
  ASSERT_EQ(authority.size(), 1u);
  EXPECT_EQ(text_at(authority[0].as_object(), "identifier"), invoices);
  EXPECT_EQ(text_at(authority[0].as_object(), "scope"), "read write");
  EXPECT_EQ(document.at("limits").at("uses").as_int64(), 5);
  EXPECT_EQ(document.at("uses").as_int64(), 1);
  EXPECT_EQ(document.at("live_tokens_max").as_int64(), 1);
  EXPECT_EQ(document.at("path").as_array().size(), 2u);
  EXPECT_EQ(document.at("chain").as_array().size(), 2u);
  world.clock.advance(Seconds(600));
  EXPECT_EQ(state_of(of(token)), "ended");
  EXPECT_EQ(body_of(get("/" + of(token))).at("live_tokens_max").as_int64(), 0);
}

TEST_F(Delegations, are_listed_by_actor_subject_and_parent_in_pages) {
  const auto root = orchestrated();
  const auto one = handed_on(orchestrator, root, worker, {{"scope", "read"}});
  const auto two = handed_on(orchestrator, root, worker, {{"scope", "write"}});
  const auto three = handed_on(orchestrator, root, other);
  EXPECT_EQ(items_of(get("")), (Texts{of(root), of(one), of(two), of(three)}));
  EXPECT_EQ(items_of(get("?actor=" + worker.id)), (Texts{of(one), of(two)}));
  EXPECT_EQ(items_of(get("?subject=" + user)), Texts{of(root)});
  EXPECT_EQ(items_of(get("?parent=" + of(root))), (Texts{of(one), of(two), of(three)}));
  EXPECT_EQ(items_of(get("?actor=" + stranger.id)), Texts());
  const auto first = get("?parent=" + of(root) + "&limit=2");
  EXPECT_EQ(items_of(first), (Texts{of(one), of(two)}));
  const auto cursor = text_at(body_of(first), "next_cursor");
  EXPECT_EQ(base64url_decode(cursor)->find(of(two).substr(4)), std::string::npos) << "it may be one out of reach (A38)";
  const auto rest = get("?parent=" + of(root) + "&limit=2&cursor=" + cursor);
  EXPECT_EQ(items_of(rest), Texts{of(three)});
  EXPECT_FALSE(body_of(rest).contains("next_cursor"));
  EXPECT_EQ(problem_of(get("?subject=x&parent=y")), "400 invalid_request");
  EXPECT_EQ(problem_of(get("?origin=chance")), "400 invalid_request");
  EXPECT_EQ(problem_of(get("?subject=" + of(root))), "400 invalid_request");
  EXPECT_EQ(problem_of(get("?parent=dlg_00000000000000000000000000")), "404 not_found");
  EXPECT_EQ(problem_of(get("/dlg_00000000000000000000000000")), "404 not_found");
  EXPECT_EQ(problem_of(get("/" + user)), "404 not_found");
}

TEST_F(Delegations, are_narrowed_down_by_how_they_came_about_and_who_acts) {
  const auto root = orchestrated();
  const auto one = handed_on(orchestrator, root, worker, {{"scope", "read"}});
  const auto two = handed_on(orchestrator, root, other);
  world.given_assignment(role, orchestrator.id);
  const auto mine = handed_on(orchestrator, world.access_token(orchestrator, invoices, "read"), worker);
  EXPECT_EQ(items_of(get("?origin=exchange")), (Texts{of(root), of(one), of(two)}));
  EXPECT_EQ(items_of(get("?origin=own")), Texts{of(mine)});
  EXPECT_EQ(items_of(get("?origin=consent")), Texts());
  EXPECT_EQ(items_of(get("?origin=own&actor=" + worker.id)), Texts{of(mine)});
  EXPECT_EQ(items_of(get("?actor=" + worker.id + "&parent=" + of(root))), Texts{of(one)});
  EXPECT_EQ(items_of(get("?actor=" + worker.id + "&subject=" + orchestrator.id)), Texts{of(mine)});
  EXPECT_EQ(items_of(get("?actor=" + worker.id + "&subject=" + user)), Texts());
}

TEST_F(Delegations, a_tree_shows_each_node_before_its_children_with_its_state) {
  const auto root = orchestrated();
  const auto one = handed_on(orchestrator, root, worker, {{"scope", "read"}});
  const auto two = handed_on(orchestrator, root, other, {{"scope", "read"}});
  world.change(directory::Kind::agent, worker.id, {{"delegates", json::array{other.id}}});
  const auto below = handed_on(worker, one, other);
  const auto tree = [&] { return states_in(get("/" + of(root) + "/tree")); };
  EXPECT_EQ(tree(), (Texts{"0 orchestrator live", "1 worker live", "2 other worker live", "1 other worker live"}));
  EXPECT_EQ(states_in(get("/" + of(one) + "/tree")), (Texts{"0 worker live", "1 other worker live"}));
  ASSERT_EQ(revoke(of(one)).status, 200);
  EXPECT_EQ(tree(),
            (Texts{"0 orchestrator live", "1 worker revoked", "2 other worker cut_off", "1 other worker live"}));
  EXPECT_EQ(state_of(of(below)), "cut_off");
  EXPECT_EQ(states_in(get("/" + of(below) + "/tree")), Texts{"0 other worker cut_off"});
  world.change(directory::Kind::agent, orchestrator.id, {{"state", "suspended"}});
  EXPECT_EQ(tree(), (Texts{"0 orchestrator inactive", "1 worker revoked", "2 other worker cut_off",
                           "1 other worker inactive"}));
  EXPECT_EQ(state_of(of(two)), "inactive");
}

TEST_F(Delegations, a_tree_too_big_to_show_says_where_it_is_cut) {
  const auto root = orchestrated();
  const auto node = *world.store->delegation("default", of(root));
  store::Writes writes;
  for (int i = 0; i < 1200; ++i) {
    auto child = *node;
    child.parent = node->id;
    child.id = "dlg_" + std::string(22, '0') + std::to_string(1000 + i);
    child.path = {node->id, child.id};
    writes.emplace_back(store::Delegate{std::move(child)});
  }
  ASSERT_TRUE(world.store->commit_now(std::move(writes)));
  const auto tree = body_of(get("/" + of(root) + "/tree"));
  EXPECT_EQ(tree.at("items").as_array().size(), 1000u);
  EXPECT_TRUE(tree.at("truncated").as_bool());
  EXPECT_TRUE(tree.at("items").as_array()[0].at("more").as_bool());
}

TEST_F(Delegations, a25_a_revoked_delegation_takes_all_below_along_and_nothing_else) {
  const auto root = orchestrated();
  const auto one = handed_on(orchestrator, root, worker);
  const auto two = handed_on(orchestrator, root, other);
  const auto revoked = revoke(of(one));
  ASSERT_EQ(revoked.status, 200) << revoked.body;
  EXPECT_EQ(text_at(body_of(revoked), "state"), "revoked");
  EXPECT_EQ(text_at(body_of(revoked), "reason"), "done");
  EXPECT_FALSE(active(one));
  EXPECT_TRUE(active(root));
  EXPECT_TRUE(active(two));
  EXPECT_EQ(error_of(world.exchange(worker, one)), "400 invalid_request");
  const auto event = world.events("delegation.revoke").back().as_object();
  EXPECT_EQ(text_at(event, "target"), of(one));
  EXPECT_EQ(text_at(event, "reason"), "done");
  world.restart();
  EXPECT_FALSE(active(one));
}

TEST_F(Delegations, revoking_twice_is_revoking_once) {
  const auto id = of(orchestrated());
  const auto first = body_of(revoke(id));
  world.clock.advance(Seconds(5));
  const auto second = body_of(call(admin(), "POST", "/v1/delegations/" + id + "/revoke", {{"reason", "again"}}));
  EXPECT_EQ(text_at(second, "revoked_at"), text_at(first, "revoked_at"));
  EXPECT_EQ(text_at(second, "reason"), "done");
  EXPECT_EQ(world.events("delegation.revoke").size(), 1u);
  EXPECT_EQ(problem_of(call(admin(), "POST", "/v1/delegations/" + id + "/revoke", {{"why", "x"}})),
            "400 invalid_field");
  EXPECT_EQ(problem_of(call(admin(), "POST", "/v1/delegations/" + id + "/revoke?preview=yes")),
            "400 invalid_request");
}

TEST_F(Delegations, a38_are_seen_by_those_they_concern_and_by_no_others) {
  const auto root = orchestrated();
  const auto one = handed_on(orchestrator, root, worker);
  const auto subject = v1_token(with_secret(user));
  const auto orchestrators = v1_token(with_secret(owner_of(orchestrator)));
  const auto workers = v1_token(with_secret(owner_of(worker)));
  const auto strangers = v1_token(with_secret(owner_of(stranger)));
  const auto seen = [&](const std::string& by) { return items_of(call(by, "GET", "/v1/delegations")); };
  EXPECT_EQ(seen(subject), (Texts{of(root), of(one)}));
  EXPECT_EQ(seen(orchestrators), Texts{of(root)});
  EXPECT_EQ(seen(workers), Texts{of(one)});
  EXPECT_EQ(seen(strangers), Texts());
  // Who sees a delegation sees what descends from it, since it ends with it; never what it descends from.
  EXPECT_EQ(items_of(call(orchestrators, "GET", "/v1/delegations?parent=" + of(root))), Texts{of(one)});
  EXPECT_EQ(states_in(call(orchestrators, "GET", "/v1/delegations/" + of(root) + "/tree")).size(), 2u);
  EXPECT_EQ(problem_of(call(workers, "GET", "/v1/delegations/" + of(root))), "404 not_found");
  for (const auto* path : {"", "/tree"})
    EXPECT_EQ(problem_of(call(strangers, "GET", "/v1/delegations/" + of(root) + path)), "404 not_found");
  for (const auto* query : {"", "?preview=true"}) {
    EXPECT_EQ(problem_of(call(strangers, "POST", "/v1/delegations/" + of(one) + "/revoke" + query)), "404 not_found");
    EXPECT_EQ(problem_of(call(workers, "POST", "/v1/delegations/" + of(root) + "/revoke" + query)), "404 not_found");
  }
  EXPECT_TRUE(active(one));
  EXPECT_EQ(problem_of(call(subject, "POST", "/v1/delegations/" + of(root) + "/revoke")), "200");
  EXPECT_FALSE(active(one));
}

TEST_F(Delegations, an_organizations_administrator_sees_its_principals) {
  const auto acme = world.put(directory::Kind::organization, {{"name", "Acme"}});
  const auto inner = world.put(directory::Kind::organization, {{"name", "Inner"}, {"parent", acme}});
  world.change(directory::Kind::agent, worker.id, {{"organization", inner}});
  const auto root = orchestrated();
  const auto one = handed_on(orchestrator, root, worker);
  const auto boss = with_secret(world.given_user("boss"));
  const auto own = (*world.store->find("default", directory::Kind::resource, "identifier", world.issuer + "/v1"))->id;
  const auto role = world.given_role("sees", own, {"delegations:read"});
  world.given_assignment(role, boss.id, {{"organization", acme}});
  EXPECT_EQ(items_of(call(v1_token(boss), "GET", "/v1/delegations")), Texts{of(one)});
  for (const auto* query : {"", "?preview=true"}) {
    const auto path = "/v1/delegations/" + of(one) + "/revoke" + query;
    EXPECT_EQ(problem_of(call(v1_token(boss), "POST", path)), "403 exceeds_authority") << "it is read, and no more";
    const auto blind = world.access_token(boss, world.issuer + "/v1", "delegations:revoke");
    EXPECT_EQ(problem_of(call(blind, "POST", path)), "404 not_found") << "this token reads nothing";
  }
  EXPECT_EQ(problem_of(call(v1_token(boss), "POST", "/v1/delegations/" + of(root) + "/revoke")), "404 not_found");
  EXPECT_TRUE(active(one));
}

TEST_F(Delegations, a_preview_counts_what_would_die_and_changes_nothing) {
  const auto root = orchestrated();
  const auto one = handed_on(orchestrator, root, worker, {{"scope", "read"}});
  handed_on(orchestrator, root, other, {{"scope", "read"}});
  world.exchanged(worker, one, {});
  const auto last = world.clock.now();
  const auto all = preview("/v1/delegations/" + of(root) + "/revoke");
  EXPECT_EQ(all.at("delegations").as_int64(), 3);
  EXPECT_EQ(all.at("live_tokens_max").as_int64(), 4);
  EXPECT_EQ(all.at("agents").as_array().size(), 3u);
  EXPECT_EQ(text_at(all, "last_used_at"), rfc3339(last));
  EXPECT_FALSE(all.at("truncated").as_bool());
  EXPECT_EQ(preview("/v1/delegations/" + of(one) + "/revoke").at("delegations").as_int64(), 1);
  EXPECT_TRUE(active(one));
  EXPECT_EQ(state_of(of(root)), "live");
  EXPECT_TRUE(world.events("delegation.revoke").empty());
  // What is dead already is not counted again.
  ASSERT_EQ(revoke(of(one)).status, 200);
  EXPECT_EQ(preview("/v1/delegations/" + of(root) + "/revoke").at("delegations").as_int64(), 2);
  EXPECT_EQ(preview("/v1/delegations/" + of(one) + "/revoke").at("delegations").as_int64(), 0);
}

TEST_F(Delegations, a_preview_of_an_agents_end_counts_all_below_all_it_acts_in) {
  world.given_assignment(role, worker.id);  // of its own
  world.change(directory::Kind::agent, worker.id, {{"delegates", json::array{other.id}}});
  const auto root = orchestrated();
  const auto one = handed_on(orchestrator, root, worker);
  handed_on(worker, one, other);
  handed_on(worker, world.access_token(worker, invoices, "read"), other);
  const auto of_worker = preview("/v1/agents/" + worker.id + "/suspend");
  EXPECT_EQ(of_worker.at("delegations").as_int64(), 3);
  EXPECT_EQ(of_worker.at("agents").as_array().size(), 2u);
  EXPECT_EQ(preview("/v1/agents/" + orchestrator.id + "/revoke").at("delegations").as_int64(), 3);
  EXPECT_EQ(preview("/v1/agents/" + stranger.id + "/revoke").at("delegations").as_int64(), 0);
  EXPECT_TRUE(active(one));
  EXPECT_TRUE(world.events("agent.suspend").empty());
  EXPECT_EQ(problem_of(call(admin(), "POST", "/v1/agents/" + worker.id + "/resume?preview=true")), "409 wrong_state");
  ASSERT_EQ(call(admin(), "POST", "/v1/agents/" + worker.id + "/suspend").status, 200);
  EXPECT_EQ(problem_of(call(admin(), "POST", "/v1/agents/" + worker.id + "/resume?preview=true")),
            "400 invalid_request");
}
