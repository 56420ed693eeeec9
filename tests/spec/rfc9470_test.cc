// RFC 9470 beyond the authorization request: what a consent, a code, a refresh token and an exchange give to a sign-in.
#include <gtest/gtest.h>

#include "tests/kit/family.h"
#include "tests/kit/flow.h"

using namespace deputy;
using namespace deputy::test;
using directory::Kind;

namespace {

constexpr auto multi_factor = "urn:deputy:acr:multi-factor";
constexpr auto access_token = "access_token";

json::object scope(std::string_view name, json::object more = {}) {
  more["name"] = name;
  return more;
}

struct StepUp : testing::Test, Flow {
  StepUp() { disclose(agent, "openid"); }
  static std::string at(const http::Response& response, std::string_view name) {
    return text_at(body_of(response), name);
  }
  // What the invoices ask of a sign-in for `write`.
  void ask_of_write(json::object more) {
    world.change(Kind::resource, invoices_id,
                 {{"scopes", json::array{scope("read"), scope("write", std::move(more))}}});
  }
  http::Response exchange_id_token(const std::string& token, Pairs more = {}) {
    more.emplace_back("subject_token_type", "urn:ietf:params:oauth:token-type:id_token");
    more.emplace_back("resource", invoices);
    return world.exchange(agent, token, more);
  }
  std::string id_token() {
    return at(redeem(agent, code(agent, {{"scope", "openid"}, {"resource", ""}})), "id_token");
  }
  static json::object row(std::string_view acr, json::array amr) { return {{"acr", acr}, {"amr", std::move(amr)}}; }
  void set_table(json::array rows) { world.change(Kind::tenant, "default", {{"acr_values", std::move(rows)}}); }
  std::string why_dropped() { return text_at(world.events("token.issue").back().as_object(), "reason"); }
};

}  // namespace

TEST_F(StepUp, a34_a_weak_sign_ins_id_token_draws_on_no_more_than_it_suffices_for) {
  consent(agent);
  ask_of_write({{"acr", multi_factor}});
  sign_in();
  const auto weak = id_token();
  EXPECT_EQ(at(exchange_id_token(weak), "scope"), "read");
  EXPECT_NE(why_dropped().find("scope write dropped: needs a stronger sign-in"), std::string::npos) << why_dropped();
  EXPECT_EQ(error_of(exchange_id_token(weak, {{"scope", "write"}})), "400 invalid_scope");
  sign_in({"pwd", "otp", "mfa"});
  EXPECT_EQ(at(exchange_id_token(id_token()), "scope"), "read write");
}

TEST_F(StepUp, a34_an_acr_is_held_by_the_tenants_own_table) {
  world.change(Kind::tenant, "default",
               {{"acr_values", json::array{json::object{{"acr", "silver"}, {"amr", json::array{"pwd"}}},
                                           json::object{{"acr", "gold"}, {"amr", json::array{"mfa"}}}}}});
  consent(agent);
  world.change(Kind::resource, invoices_id,
               {{"acr", "silver"}, {"scopes", json::array{scope("read"), scope("write", {{"acr", "gold"}})}}});
  sign_in();
  EXPECT_EQ(at(exchange_id_token(id_token()), "scope"), "read");
  sign_in({"pwd", "otp", "mfa"});
  EXPECT_EQ(at(exchange_id_token(id_token()), "scope"), "read write");
}

TEST_F(StepUp, a34_a_row_that_is_tightened_binds_the_sessions_codes_and_refresh_tokens_there_are) {
  set_table({row("silver", {"pwd"}), row("gold", {"mfa"})});
  consent(agent);
  ask_of_write({{"acr", "silver"}});
  sign_in();
  const auto signed_in = id_token(), waiting = code(agent);
  const auto tokens = redeem(agent, code(agent));
  EXPECT_EQ(at(tokens, "scope"), "read write");
  EXPECT_EQ(text_at(claims_of(at(tokens, access_token)), "acr"), "silver");
  set_table({row("bronze", {"pwd"}), row("silver", {"mfa"})});
  world.clock.advance(Seconds(1));
  EXPECT_EQ(outcome_of(authorize(agent)), "/sign-in");
  EXPECT_EQ(at(redeem(agent, waiting), "scope"), "read");
  const auto fresh = refresh(agent, at(tokens, "refresh_token"));
  EXPECT_EQ(at(fresh, "scope"), "read");
  EXPECT_EQ(text_at(claims_of(at(fresh, access_token)), "acr"), "bronze") << "what it is worth by now";
  EXPECT_EQ(at(exchange_id_token(signed_in), "scope"), "read");
  sign_in({"pwd", "otp", "mfa"});
  EXPECT_EQ(at(redeem(agent, code(agent)), "scope"), "read write");
}

TEST_F(StepUp, a34_an_acr_that_the_table_has_no_more_is_satisfied_by_nothing) {
  set_table({row("silver", {"pwd"}), row("gold", {"mfa"})});
  consent(agent);
  ask_of_write({{"acr", "silver"}});
  sign_in();
  const auto signed_in = id_token();
  const auto tokens = redeem(agent, code(agent));
  EXPECT_EQ(at(tokens, "scope"), "read write");
  set_table({row("bronze", {"pwd"}), row("gold", {"mfa"})});
  world.clock.advance(Seconds(1));
  EXPECT_EQ(outcome_of(authorize(agent)), "unmet_authentication_requirements");
  EXPECT_EQ(outcome_of(authorize(agent, {{"scope", "read"}, {"acr_values", "silver"}})),
            "unmet_authentication_requirements");
  EXPECT_EQ(at(refresh(agent, at(tokens, "refresh_token")), "scope"), "read");
  EXPECT_EQ(at(exchange_id_token(signed_in), "scope"), "read");
  EXPECT_EQ(text_at(claims_of(world.exchanged(agent, at(tokens, access_token))), "scope"), "read");
}

TEST_F(StepUp, a34_neither_a_code_nor_a_refresh_token_gives_what_asks_for_a_stronger_sign_in_by_now) {
  sign_in();
  consent(agent);
  const auto waiting = code(agent);
  const auto tokens = redeem(agent, code(agent));
  EXPECT_EQ(at(tokens, "scope"), "read write");
  ask_of_write({{"acr", multi_factor}});
  EXPECT_EQ(at(redeem(agent, waiting), "scope"), "read");
  EXPECT_EQ(at(refresh(agent, at(tokens, "refresh_token")), "scope"), "read");
  EXPECT_NE(why_dropped().find("scope write dropped: needs a stronger sign-in"), std::string::npos) << why_dropped();
  EXPECT_EQ(error_of(refresh(agent, at(tokens, "refresh_token"), {{"scope", "write"}})), "400 invalid_scope");
  EXPECT_EQ(why_dropped(), "invalid_scope: scope write dropped: needs a stronger sign-in");
}

TEST_F(StepUp, a34_an_exchange_gives_an_access_token_nothing_that_its_sign_in_does_not_suffice_for) {
  sign_in();
  consent(agent);
  const auto token = at(redeem(agent, code(agent)), access_token);
  EXPECT_EQ(text_at(claims_of(world.exchanged(agent, token)), "scope"), "read write");
  world.change(Kind::resource, invoices_id, {{"acr", "phr"}});
  EXPECT_EQ(error_of(world.exchange(agent, token)), "400 invalid_scope");
}

TEST_F(StepUp, a34_max_age_is_counted_to_now_for_what_an_exchange_draws_anew) {
  consent(agent);
  ask_of_write({{"max_age_s", 60}});
  sign_in();
  const auto token = id_token();
  const auto reads = at(redeem(agent, code(agent, {{"scope", "read"}})), access_token);
  const auto both = at(redeem(agent, code(agent)), access_token);
  world.clock.advance(Seconds(60));
  EXPECT_EQ(at(exchange_id_token(token), "scope"), "read write");
  world.clock.advance(Seconds(1));
  EXPECT_EQ(at(exchange_id_token(token), "scope"), "read");
  EXPECT_NE(why_dropped().find("scope write dropped: needs a more recent sign-in"), std::string::npos) << why_dropped();
  EXPECT_EQ(error_of(world.exchange(agent, reads, {{"scope", "write"}})), "400 invalid_scope");
  EXPECT_EQ(text_at(claims_of(world.exchanged(agent, both)), "scope"), "read write") << "it has been asked for that";
}

TEST_F(StepUp, a_max_age_that_is_too_large_is_told_so) {
  sign_in();
  consent(agent);
  EXPECT_EQ(outcome_of(authorize(agent, {{"max_age", "999999999"}})), "code");
  auto refused = redirected(authorize(agent, {{"max_age", "2147483648"}}));
  EXPECT_EQ(refused["error"], "invalid_request");
  EXPECT_NE(refused["error_description"].find("nine digits"), std::string::npos) << refused["error_description"];
}

TEST_F(StepUp, a34_max_age_is_counted_to_the_request_for_a_code_and_its_refresh_tokens) {
  consent(agent);
  ask_of_write({{"max_age_s", 0}});
  sign_in();
  const auto asked = code(agent);
  world.clock.advance(Seconds(30));
  const auto tokens = redeem(agent, asked);
  EXPECT_EQ(at(tokens, "scope"), "read write") << "who signed in for it did so recently";
  const auto stale = at(redeem(agent, code(agent, {{"scope", "read"}})), "refresh_token");
  world.clock.advance(Seconds(86'400));
  EXPECT_EQ(at(refresh(agent, at(tokens, "refresh_token")), "scope"), "read write") << "the person is away";
  world.change(Kind::resource, invoices_id, {{"max_age_s", 10}});
  EXPECT_EQ(at(refresh(agent, at(tokens, "refresh_token")), "scope"), "read write");
  EXPECT_EQ(error_of(refresh(agent, stale)), "400 invalid_scope") << "the sign-in was old when it was asked for";
}

TEST_F(StepUp, a34_what_a_called_agent_needs_asks_of_the_sign_in_before_it_is_consented_to) {
  const auto clerk = world.given_agent("Clerk");
  world.given_assignment(role, clerk.id, {{"acts", "others"}});
  world.change(Kind::resource, invoices_id,
               {{"principal", clerk.id},
                {"needs", json::array{json::object{{"resource", payments_id}, {"scopes", json::array{"pay"}}}}}});
  sign_in();
  world.clock.advance(Seconds(1));
  const auto asked = authorize(agent, {{"scope", "read"}});
  ASSERT_EQ(outcome_of(asked), "/consent");
  world.change(Kind::resource, payments_id, {{"scopes", json::array{scope("pay", {{"acr", multi_factor}})}}});
  const auto page = location_of(asked), id = page.substr(page.find("?i="));
  EXPECT_EQ(outcome_of(browse(page)), "/sign-in") << "before it is shown";
  EXPECT_EQ(outcome_of(world.form(page, {{"answer", "allow"}}, {{"Cookie", cookie}})), "/sign-in") << "and given";
  EXPECT_EQ(outcome_of(authorize(agent, {{"scope", "read"}})), "/sign-in");
  EXPECT_EQ(outcome_of(authorize(agent, {{"scope", "read"}, {"prompt", "none"}})), "consent_required");
  sign_in();
  EXPECT_EQ(outcome_of(browse("/oauth2/authorize/continue" + id)), "/sign-in") << "they were not told";
  EXPECT_NE(browse("/sign-in" + id).body.find("needs more than a password"), std::string::npos);
  sign_in();
  EXPECT_EQ(outcome_of(browse("/oauth2/authorize/continue" + id)), "unmet_authentication_requirements");

  sign_in({"pwd", "otp", "mfa"});
  const auto strong = authorize(agent, {{"scope", "read"}});
  ASSERT_EQ(outcome_of(strong), "/consent");
  ASSERT_EQ(outcome_of(allow(strong)), "code");
  EXPECT_EQ(outcome_of(authorize(agent, {{"scope", "read"}})), "code");
  sign_in();
  world.clock.advance(Seconds(1));
  EXPECT_EQ(outcome_of(authorize(agent, {{"scope", "read"}})), "/sign-in") << "what was agreed to asks for it too";
}

TEST_F(StepUp, s4_what_only_the_offer_asks_for_is_said_to_who_has_signed_in_and_they_may_do_so_again) {
  const auto clerk = world.given_agent("Clerk");
  world.given_assignment(role, clerk.id, {{"acts", "others"}});
  world.change(Kind::resource, invoices_id,
               {{"principal", clerk.id},
                {"needs", json::array{json::object{{"resource", payments_id}, {"scopes", json::array{"pay"}}}}}});
  world.change(Kind::resource, payments_id, {{"scopes", json::array{scope("pay", {{"acr", "phr"}})}}});
  const auto waits = location_of(authorize(agent, {{"scope", "read"}})), id = waits.substr(waits.find("?i="));
  ASSERT_TRUE(waits.starts_with("/sign-in"));
  EXPECT_EQ(browse(waits).body.find("needs a passkey"), std::string::npos) << "nobody knows yet";
  sign_in();
  EXPECT_EQ(location_of(browse("/oauth2/authorize/continue" + id)), waits);
  EXPECT_NE(browse(waits).body.find("needs a passkey"), std::string::npos) << browse(waits).body;
  sign_in({"pop", "user", "mfa"});
  EXPECT_EQ(outcome_of(browse("/oauth2/authorize/continue" + id)), "/consent");
}

TEST_F(StepUp, s5_what_no_way_of_signing_in_reaches_is_not_tried) {
  world.change(Kind::agent, agent.id, {{"verified", true}});  // docs/adr/0035: told to the client at once
  const auto outcome = [&](const std::string& acr) { return outcome_of(authorize(agent, {{"acr_values", acr}})); };
  EXPECT_EQ(outcome("phr"), "/sign-in");
  EXPECT_EQ(outcome("urn:example:unheard-of"), "unmet_authentication_requirements");
  EXPECT_EQ(outcome("urn:example:unheard-of phr"), "/sign-in") << "either will do";
  const auto silent = [&](const std::string& acr) {
    return outcome_of(authorize(agent, {{"acr_values", acr}, {"prompt", "none"}}));
  };
  EXPECT_EQ(silent("urn:example:unheard-of"), "unmet_authentication_requirements") << "signing in is no remedy";
  EXPECT_EQ(silent("phr"), "login_required");
  world.change(Kind::tenant, "default", {{"sign_in_passkey", false}});
  EXPECT_EQ(outcome("phr"), "unmet_authentication_requirements");
  EXPECT_EQ(outcome(multi_factor), "/sign-in");
  sign_in({"pop", "user", "mfa"});
  world.clock.advance(Seconds(1));
  EXPECT_EQ(outcome("phr"), "/consent") << "who has signed in so already has";
}

TEST_F(StepUp, a34_what_is_onward_asks_of_the_sign_in_before_it_is_consented_to) {
  world.change(Kind::agent, agent.id, {{"delegates", json::array{other.id}}});
  const Pairs onward{{"scope", "read"},
                     {"authorization_details", R"([{"type":"onward","actor":")" + other.id + R"(","resource":")" +
                                                   payments + R"(","scope":"pay"}])"}};
  sign_in();
  world.clock.advance(Seconds(60));
  EXPECT_EQ(outcome_of(authorize(agent, onward)), "/consent");
  world.change(Kind::resource, payments_id, {{"max_age_s", 59}});
  EXPECT_EQ(outcome_of(authorize(agent, onward)), "/sign-in");
  world.change(Kind::resource, payments_id, {{"max_age_s", nullptr}, {"acr", "phr"}});
  EXPECT_EQ(outcome_of(authorize(agent, onward)), "/sign-in");
  EXPECT_EQ(outcome_of(authorize(agent, {{"scope", "read"}})), "/consent") << "of what is not offered nothing is asked";
}

TEST(StepUpElsewhere, a34_a_trusted_issuers_token_gives_nothing_that_asks_how_the_person_signed_in) {
  Family f;
  f.world.change(Kind::resource, f.invoices_id,
                 {{"scopes", json::array{scope("read"), scope("write", {{"acr", "urn:deputy:acr:password"}}),
                                         scope("approve", {{"max_age_s", 3600}})}}});
  EXPECT_EQ(text_at(claims_of(f.orchestrated()), "scope"), "read");
}

TEST_F(StepUp, who_acts_for_itself_signs_in_nowhere) {
  world.change(Kind::resource, invoices_id, {{"acr", "phr"}, {"max_age_s", 0}});
  world.given_assignment(role, agent.id);
  EXPECT_EQ(text_at(claims_of(world.access_token(agent, invoices, "read")), "scope"), "read");
  const auto own = world.access_token(agent, invoices, "read");
  EXPECT_EQ(text_at(claims_of(world.exchanged(agent, own)), "scope"), "read");
}
