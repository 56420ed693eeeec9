// RFC 9396: authorization_details of the types that resources register: asked for, agreed to one by one, carried in
// tokens, and only ever narrowed.
#include <gtest/gtest.h>

#include <sstream>

#include "tests/kit/administration.h"
#include "tests/kit/flow.h"

using namespace deputy;
using namespace deputy::test;

namespace {

constexpr auto error = "invalid_authorization_details";

json::value type_of(std::string_view name) {
  auto type = json::parse(R"({
    "type": "payment", "description": "One payment",
    "schema": {"type": "object", "additionalProperties": false, "required": ["to", "amount"],
               "properties": {"to": {"type": "string"}, "amount": {"type": "integer", "minimum": 1},
                              "actions": {"type": "array", "items": {"enum": ["pay", "cancel"]}},
                              "note": {"type": "string"}}},
    "display": {"en": "Pay up to {amount} to {to}"},
    "narrowing": {"amount": "at_most", "actions": "subset"}})");
  type.as_object()["type"] = name;
  return type;
}
std::string pay(const std::string& to, int amount, const std::string& more = "") {
  return R"({"type":"payment","to":")" + to + R"(","amount":)" + std::to_string(amount) + more + "}";
}
std::string list(std::initializer_list<std::string> details) {
  std::string all;
  for (const auto& one : details) all += (all.empty() ? "[" : ",") + one;
  return all + "]";
}
// As tokens have it: members in order.
std::string canonical(const std::string& to, int amount) {
  return R"({"amount":)" + std::to_string(amount) + R"(,"to":")" + to + R"(","type":"payment"})";
}
std::string details_of(const json::object& document) {
  const auto* all = json_member_array(document, "authorization_details");
  return all == nullptr ? "none" : json::serialize(*all);
}

struct Details : testing::Test, Flow {
  Details() {
    world.change(store::Kind::resource, invoices_id, {{"authorization_details_types", {type_of("payment")}}});
    world.change(store::Kind::resource, payments_id, {{"authorization_details_types", {type_of("refund")}}});
    world.change(store::Kind::agent, agent.id, {{"delegates", {other.id}}});
    sign_in();
  }
  // The page that asks, for these details.
  http::Response asked(const std::string& details, Pairs more = {}) {
    more.emplace_back("authorization_details", details);
    const auto sent = authorize(agent, more);
    EXPECT_EQ(outcome_of(sent), "/consent");
    consent_at = location_of(sent);
    return browse(consent_at);
  }
  // The value of the first field of that name which follows these words.
  static std::string value_after(const http::Response& page, std::string_view words, const std::string& name) {
    const auto at = page.body.find(words);
    EXPECT_NE(at, std::string::npos) << words;
    return at == std::string::npos ? "" : between(page.body.substr(at), "name=\"" + name + "\" value=\"", "\"");
  }
  // The person switches on what is named by what the page says of it; gives the code.
  std::string allowed(const http::Response& page, const std::vector<std::string>& on) {
    Pairs form{{"answer", "allow"},
               {"duration", "month"},
               {"csrf", value_of(page, "csrf")},
               {"shown", value_of(page, "shown")}};
    for (const auto& words : on) form.emplace_back("allow", value_after(page, words, "allow"));
    const auto answer = world.form(consent_at, form, {{"Cookie", cookie}});
    EXPECT_EQ(outcome_of(answer), "code") << answer.body;
    return redirected(answer)["code"];
  }
  // Both payments asked for, and both allowed: what the client then has.
  json::object both() {
    const auto code = allowed(asked(list({pay("Ann", 50), pay("Bob", 10)})), {">read<", ">Ann<", ">Bob<"});
    const auto answer = redeem(agent, code);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return body_of(answer);
  }
  std::string consent_at;
};

const auto all_of_both = "[" + canonical("Bob", 10) + "," + canonical("Ann", 50) + "]";

}  // namespace

TEST_F(Details, s5_what_is_unknown_or_breaks_its_schema_is_refused_at_the_start) {
  consent(agent);
  for (const auto& bad :
       {list({R"({"type":"unknown"})"}), list({R"({"type":"refund","to":"Ann","amount":5})"}),
        list({R"({"type":"payment","to":"Ann"})"}), list({pay("Ann", 0)}), list({pay("Ann", 5, R"(,"iban":"x")")}),
        list({pay("Ann", 5), R"({"to":"Ann"})"}), list({pay(std::string(1001, 'x'), 5)}), std::string("[1]"),
        std::string("{}"), list({pay("Ann", 5, R"(,"actions":["steal"])")})}) {
    const Pairs change{{"authorization_details", bad}};
    EXPECT_EQ(outcome_of(authorize(agent, change)), error) << bad;
    const auto pushed = push(agent, request(agent, change));
    EXPECT_EQ(error_of(pushed), std::string("400 ") + error) << bad;
    EXPECT_EQ(pushed.body.find("Ann"), std::string::npos) << "nothing that was sent is said again";
    auto parsed = parse_json(bad);
    ASSERT_TRUE(parsed);
    const auto jar = signed_request(agent, {{"authorization_details", std::move(parsed).take()}});
    EXPECT_EQ(outcome_of(browse("/oauth2/authorize?client_id=" + agent.id + "&request=" + jar)), error) << bad;
  }
}

TEST_F(Details, s5_another_resources_type_is_understood_where_that_resource_is_asked_for) {
  const auto refund = list({R"({"type":"refund","to":"Ann","amount":5})"});
  consent(agent);
  EXPECT_EQ(outcome_of(authorize(agent, {{"authorization_details", refund}})), error);
  EXPECT_EQ(outcome_of(authorize(agent, {{"authorization_details", refund},
                                         {"resource", payments},
                                         {"scope", "refund"}})),
            "/consent");
}

TEST_F(Details, s2_a_pushed_and_a_signed_request_hold_them_as_well) {
  const auto pushed = push(agent, request(agent, {{"authorization_details", list({pay("Ann", 50)})}}));
  ASSERT_EQ(pushed.status, 201) << pushed.body;
  auto sent = browse("/oauth2/authorize?client_id=" + agent.id +
                     "&request_uri=" + text_at(body_of(pushed), "request_uri"));
  EXPECT_NE(browse(location_of(sent)).body.find(">Ann<"), std::string::npos);
  const auto jar = signed_request(agent, {{"authorization_details", json::parse(list({pay("Eve", 7)}))}});
  sent = browse("/oauth2/authorize?client_id=" + agent.id + "&request=" + jar);
  EXPECT_NE(browse(location_of(sent)).body.find(">Eve<"), std::string::npos);
}

TEST_F(Details, s7_what_the_person_agreed_to_is_in_the_answer_the_token_and_the_introspection) {
  const auto page = asked(list({pay("Ann", 50), pay("Bob", 10)}));
  const auto answer = redeem(agent, allowed(page, {">read<", ">Bob<"}));
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto expected = "[" + canonical("Bob", 10) + "]";
  EXPECT_EQ(details_of(body_of(answer)), expected) << "what was declined is dropped";
  const auto token = text_at(body_of(answer), "access_token");
  EXPECT_EQ(details_of(claims_of(token)), expected);
  EXPECT_EQ(details_of(body_of(world.introspect(invoices_api, token))), expected);
}

TEST_F(Details, s9_2_an_opaque_token_has_them_by_introspection) {
  world.change(store::Kind::resource, invoices_id, {{"token_format", "opaque"}});
  const auto token = text_at(both(), "access_token");
  EXPECT_TRUE(token.starts_with("dot_"));
  EXPECT_EQ(details_of(body_of(world.introspect(invoices_api, token))), all_of_both);
}

TEST_F(Details, s9_a_token_holds_those_of_its_own_resource) {
  const auto code = allowed(asked(list({pay("Ann", 50), R"({"type":"refund","to":"Ann","amount":5})"}),
                                  {{"resource", invoices}, {"resource", payments}, {"scope", "read refund"}}),
                            {">read<", ">refund<", ">payment<", "\"quiet\"><bdi>refund<"});
  const auto first = body_of(redeem(agent, code));
  EXPECT_EQ(details_of(first), "[" + canonical("Ann", 50) + "]");
  const auto second = body_of(refresh(agent, text_at(first, "refresh_token"), {{"resource", payments}}));
  EXPECT_EQ(details_of(second), R"([{"amount":5,"to":"Ann","type":"refund"}])");
}

TEST_F(Details, s6_a_token_request_may_name_less_and_never_more) {
  const auto asking = list({pay("Ann", 50), pay("Bob", 10)});
  const auto code = allowed(asked(asking), {">read<", ">Ann<"});
  for (const auto& wider : {list({pay("Ann", 51)}), list({pay("Bob", 10)}), list({pay("Ann", 30), pay("Ann", 20)}),
                            list({R"({"type":"limits","uses":1})"}), list({R"({"type":"refund","to":"a","amount":1})"})})
    EXPECT_EQ(error_of(redeem(agent, code, {{"authorization_details", wider}})), std::string("400 ") + error) << wider;
  const auto first = body_of(redeem(agent, code, {{"authorization_details", list({pay("Ann", 20)})}}));
  EXPECT_EQ(details_of(first), "[" + canonical("Ann", 20) + "]");
  const auto refreshed = text_at(first, "refresh_token");
  EXPECT_EQ(details_of(body_of(refresh(agent, refreshed))), "[" + canonical("Ann", 50) + "]") << "all that was agreed";
  EXPECT_EQ(details_of(body_of(refresh(agent, refreshed, {{"authorization_details", list({pay("Ann", 1)})}}))),
            "[" + canonical("Ann", 1) + "]");
  EXPECT_EQ(error_of(refresh(agent, refreshed, {{"authorization_details", list({pay("Bob", 1)})}})),
            std::string("400 ") + error);
}

TEST_F(Details, what_was_agreed_is_asked_again_only_for_more) {
  both();
  const auto outcome = [&](const std::string& details) {
    return outcome_of(authorize(agent, {{"scope", "read"}, {"authorization_details", details}}));
  };
  EXPECT_EQ(outcome(list({pay("Ann", 50), pay("Bob", 10)})), "code");
  EXPECT_EQ(outcome(list({pay("Ann", 49)})), "code");
  EXPECT_EQ(outcome("[]"), "code");
  EXPECT_EQ(outcome(list({pay("Ann", 51)})), "/consent");
  EXPECT_EQ(outcome(list({pay("Eve", 1)})), "/consent");
  EXPECT_EQ(outcome(list({pay("Ann", 30), pay("Ann", 20)})), "/consent") << "one agreement does not count twice";
  const auto narrower = code(agent, {{"scope", "read"}, {"authorization_details", list({pay("Ann", 5)})}});
  EXPECT_EQ(details_of(body_of(redeem(agent, narrower))), "[" + canonical("Ann", 5) + "]");
  EXPECT_EQ(details_of(body_of(redeem(agent, code(agent, {{"scope", "read"}})))), "none") << "it did not ask for any";
}

TEST_F(Details, what_was_agreed_to_apart_is_not_asked_for_again_together) {
  const auto asking = list({pay("Ann", 50), pay("Bob", 10)});
  allowed(asked(list({pay("Ann", 50)})), {">read<", ">Ann<"});
  EXPECT_EQ(outcome_of(authorize(agent, {{"scope", "read"}, {"authorization_details", asking}})), "/consent");
  allowed(asked(list({pay("Bob", 10)})), {">read<", ">Bob<"});
  EXPECT_EQ(details_of(body_of(redeem(agent, code(agent, {{"scope", "read"}, {"authorization_details", asking}})))),
            all_of_both);
  const auto more = list({pay("Ann", 30), pay("Ann", 20)});
  EXPECT_EQ(outcome_of(authorize(agent, {{"scope", "read"}, {"authorization_details", more}})), "/consent")
      << "one agreement does not count twice";
}

TEST_F(Details, what_was_declined_is_not_asked_for_again_and_not_given) {
  const auto asking = list({pay("Ann", 50), pay("Bob", 10)});
  allowed(asked(asking), {">read<", ">Ann<"});
  const auto again = code(agent, {{"scope", "read"}, {"authorization_details", asking}});
  EXPECT_EQ(details_of(body_of(redeem(agent, again))), "[" + canonical("Ann", 50) + "]");
  EXPECT_EQ(outcome_of(authorize(agent, {{"scope", "read"}, {"authorization_details", list({pay("Bob", 11)})}})),
            "/consent");
}

TEST_F(Details, a_detail_never_stands_without_a_scope_of_its_resource) {
  const auto page = asked(list({pay("Ann", 50), R"({"type":"refund","to":"Ann","amount":5})"}),
                          {{"resource", invoices}, {"resource", payments}, {"scope", "read refund"}});
  const auto first = body_of(redeem(agent, allowed(page, {">read<", ">payment<", "\"quiet\"><bdi>refund<"})));
  EXPECT_EQ(details_of(first), "[" + canonical("Ann", 50) + "]");
  EXPECT_EQ(error_of(refresh(agent, text_at(first, "refresh_token"), {{"resource", payments}})), "400 invalid_target");
}

TEST_F(Details, a37_nothing_of_a_detail_passes_for_our_words_or_is_out_of_sight) {
  const auto page = asked(list({pay("<b>Ann</b>\\u202e", 50, R"(,"note":"for \"Bob\"")")}));
  EXPECT_NE(page.body.find("Pay up to "), std::string::npos);
  EXPECT_NE(page.body.find("&lt;b&gt;Ann&lt;/b&gt;"), std::string::npos) << page.body;
  EXPECT_EQ(page.body.find("<b>Ann"), std::string::npos);
  EXPECT_EQ(page.body.find("\u202e"), std::string::npos);
  EXPECT_NE(page.body.find("for &quot;Bob&quot;"), std::string::npos) << "what the template does not name";
}

TEST_F(Details, s6_1_an_exchange_hands_on_less_and_never_more) {
  const auto token = text_at(both(), "access_token");
  const auto hand_on = [&](const std::string& details) {
    Pairs more{{"requested_actor", other.id}};
    if (!details.empty()) more.emplace_back("authorization_details", details);
    return world.exchange(agent, token, more);
  };
  EXPECT_EQ(details_of(body_of(hand_on(""))), all_of_both) << "who names none inherits them";
  const auto narrower = body_of(hand_on(list({pay("Ann", 20)})));
  EXPECT_EQ(details_of(narrower), "[" + canonical("Ann", 20) + "]");
  for (const auto& wider : {list({pay("Ann", 51)}), list({pay("Eve", 1)}), list({pay("Ann", 26), pay("Ann", 24)}),
                            list({R"({"type":"refund","to":"Ann","amount":5})"})})
    EXPECT_EQ(error_of(hand_on(wider)), std::string("400 ") + error) << wider;
  // The one that it was handed on to has what it was given: its own delegation says so.
  const auto handed = text_at(narrower, "access_token");
  EXPECT_EQ(details_of(body_of(world.exchange(other, handed))), "[" + canonical("Ann", 20) + "]");
  EXPECT_EQ(error_of(world.exchange(other, handed, {{"authorization_details", list({pay("Ann", 21)})}})),
            std::string("400 ") + error);
  EXPECT_EQ(details_of(body_of(world.exchange(agent, token, {{"authorization_details", list({pay("Bob", 1)})}}))),
            "[" + canonical("Bob", 1) + "]")
      << "narrowed for oneself";
}

TEST_F(Details, s6_1_who_received_a_token_draws_on_the_details_of_that_token_alone) {
  const auto narrow = text_at(
      body_of(redeem(agent, allowed(asked(list({pay("Ann", 50), pay("Bob", 10)})), {">read<", ">Ann<", ">Bob<"}),
                     {{"authorization_details", list({pay("Ann", 5)})}})),
      "access_token");
  EXPECT_EQ(details_of(body_of(world.exchange(other, narrow))), "[" + canonical("Ann", 5) + "]");
  EXPECT_EQ(error_of(world.exchange(other, narrow, {{"authorization_details", list({pay("Bob", 1)})}})),
            std::string("400 ") + error);
}

TEST_F(Details, s5_a_client_that_acts_for_itself_has_none) {
  world.given_assignment(role, agent.id);
  EXPECT_EQ(error_of(world.token(agent, {{"resource", invoices}, {"authorization_details", list({pay("Ann", 5)})}})),
            std::string("400 ") + error);
  EXPECT_EQ(error_of(world.token(agent, {{"resource", invoices}})), "200");
}

TEST_F(Details, s10_the_metadata_lists_what_is_registered) {
  const auto listed = [&] {
    const auto document = body_of(world.ask("GET", "/.well-known/oauth-authorization-server"));
    return json::serialize(document.at("authorization_details_types_supported"));
  };
  EXPECT_EQ(listed(), R"(["onward","limits","payment","refund"])");
  world.change(store::Kind::resource, payments_id, {{"authorization_details_types", json::array()}});
  EXPECT_EQ(listed(), R"(["onward","limits","payment"])");
}

TEST_F(Details, i3_what_is_registered_no_more_is_given_no_more) {
  const auto first = both();
  auto closed = type_of("payment");
  closed.as_object()["schema"].as_object()["properties"].as_object()["amount"].as_object()["maximum"] = 20;
  world.change(store::Kind::resource, invoices_id, {{"authorization_details_types", {closed}}});
  const auto token = text_at(first, "refresh_token");
  EXPECT_EQ(details_of(body_of(refresh(agent, token))), "[" + canonical("Bob", 10) + "]");
  world.change(store::Kind::resource, invoices_id, {{"authorization_details_types", json::array()}});
  EXPECT_EQ(details_of(body_of(refresh(agent, token))), "none");
  EXPECT_EQ(details_of(body_of(world.exchange(agent, text_at(first, "access_token")))), "none");
}

TEST_F(Details, i3_a25_a_token_dies_with_the_type_of_what_it_bears_and_is_minted_again_without) {
  const auto first = both();
  const auto token = text_at(first, "access_token");
  const auto handed = text_at(body_of(world.exchange(agent, token, {{"requested_actor", other.id}})), "access_token");
  const auto register_types = [&](json::array types) {
    world.clock.advance(Seconds(1));
    const auto answer = world.admin_call("PATCH", "/v1/resources/" + invoices_id,
                                         {{"authorization_details_types", std::move(types)}});
    EXPECT_EQ(answer.status, 200) << answer.body;
    world.clock.advance(Seconds(1));
  };
  auto reworded = type_of("payment").as_object();
  reworded["description"] = "A payment";
  reworded["display"] = json::object{{"en", "Pay {to} up to {amount}"}};
  register_types({reworded, type_of("invoice")});
  EXPECT_TRUE(active(token)) << "other words, and a type more, take nothing";
  register_types({type_of("invoice")});
  EXPECT_FALSE(active(token));
  EXPECT_FALSE(active(handed));
  const auto again = body_of(refresh(agent, text_at(first, "refresh_token")));
  EXPECT_EQ(details_of(again), "none");
  EXPECT_TRUE(active(text_at(again, "access_token")));
  EXPECT_EQ(text_at(again, "scope"), text_at(first, "scope")) << "of the scopes nothing is lost";
  auto closed = type_of("invoice").as_object();
  closed["schema"].as_object()["properties"].as_object()["amount"].as_object()["maximum"] = 20;
  register_types({closed});
  EXPECT_FALSE(active(text_at(again, "access_token"))) << "what it took it may take no more";
}

TEST_F(Details, what_was_given_is_on_record_and_seen) {
  const auto first = both();
  const auto id = claims_of(text_at(first, "access_token")).at("dlg").as_array().front().as_string();
  EXPECT_EQ(details_of(world.events("token.issue").back().as_object()), all_of_both);
  const auto seen = body_of(world.admin_call("GET", "/v1/delegations/" + std::string(id)));
  EXPECT_EQ(details_of(seen), all_of_both);
  EXPECT_EQ(details_of(world.events("consent.give").back().as_object()), all_of_both);
}

TEST_F(Details, an_explanation_says_whether_the_resource_understands_them) {
  const auto explain = [&](const std::string& details) {
    return body_of(world.admin_call("POST", "/v1/explain",
                                    {{"actor", agent.id},
                                     {"subject", user},
                                     {"resource", invoices},
                                     {"scope", "read"},
                                     {"authorization_details", json::parse(details)}}));
  };
  EXPECT_EQ(details_of(explain(list({pay("Ann", 5)}))), "[" + canonical("Ann", 5) + "]");
  EXPECT_EQ(details_of(explain("[]")), "[]");
  EXPECT_EQ(json_boolean(explain("[]"), "issued"), true);
  EXPECT_EQ(json_boolean(explain(list({pay("Ann", 0)})), "issued"), false);
  EXPECT_EQ(json_boolean(explain(list({R"({"type":"refund","to":"Ann","amount":5})"})), "issued"), false);
}

TEST_F(Details, a_person_sees_them_at_their_account_and_takes_one_back) {
  both();
  const auto page = browse("/account");
  EXPECT_NE(page.body.find(">Ann<"), std::string::npos) << page.body;
  const auto csrf = value_of(page, "csrf");
  const auto root = world.store->delegations("default", {.under = user, .limit = 9})->back();
  const auto key = value_after(page, ">Ann<", "scope");
  const auto answer = world.form("/account/withdraw", {{"csrf", csrf}, {"delegation", root.id}, {"scope", key}},
                                 {{"Cookie", cookie}});
  EXPECT_EQ(answer.status, 303);
  const auto all = *world.store->delegations("default", {.under = user, .limit = 9});
  ASSERT_EQ(all.size(), 2u);
  EXPECT_TRUE(all[0].revoked_at);
  ASSERT_EQ(all[1].details.size(), 1u);
  EXPECT_EQ(all[1].details[0].object, canonical("Bob", 10));
  EXPECT_EQ(all[1].authority, all[0].authority);
  const auto event = world.events("consent.withdraw").back().as_object();
  EXPECT_FALSE(event.contains("scope_asked")) << "no scope was taken";
  EXPECT_EQ(texts_of(event, "resources"), std::vector<std::string>{invoices});
  EXPECT_EQ(details_of(event), "[" + canonical("Bob", 10) + "]") << "what stays";
}

TEST(DetailTypesOfATenant, are_each_registered_once) {
  Administration world;
  const auto named = [](std::string_view name) { return json::array{type_of(name)}; };
  const auto first = world.create("resources", {{"identifier", "https://a.example"},
                                                {"name", "A"},
                                                {"authorization_details_types", named("payment")}});
  EXPECT_EQ(first.at("authorization_details_types"), json::value(named("payment")));
  const auto send = [&](std::string_view name) {
    return problem_of(world.call(world.admin_token(), "POST", "/v1/resources",
                                 {{"identifier", "https://b.example"},
                                  {"name", "B"},
                                  {"authorization_details_types", named(name)}}));
  };
  EXPECT_EQ(send("payment"), "409 not_unique");
  EXPECT_EQ(send("onward"), "400 invalid_field");
  EXPECT_EQ(send("transfer"), "201");
}

TEST_F(Details, a37_no_value_passes_for_another_member_of_the_request) {
  const auto page = asked(list({pay(R"(Ann\namount: 1\n\"amount\": 1\n\ncurrency: EUR)", 900)})).body;
  const auto text = between(page.substr(page.find("<pre")), ">", "</pre>");
  std::vector<std::string> lines;
  for (std::istringstream rest(text); std::getline(rest, lines.emplace_back());) {}
  std::erase(lines, "");
  ASSERT_EQ(lines.size(), 3u) << text;
  EXPECT_NE(lines[0].find("payment"), std::string::npos) << text;
  EXPECT_NE(lines[1].find(R"(Ann\namount: 1\n)"), std::string::npos) << text;
  EXPECT_TRUE(lines[2].ends_with(": 900")) << text;
}
