// Consent: what is offered, what a yes and a no become, when it is asked again, and taking it back.
#include "flows/consent.h"

#include "flows/interaction.h"
#include "grants/consents.h"
#include "oauth/handle.h"
#include "tests/kit/person.h"

namespace deputy::test {
namespace {

class ConsentPages : public testing::Test {
 protected:
  ConsentPages() {
    given_password(world, alice, "alice");
    const auto role = world.given_role("staff", api, {"inv:read", "inv:pay", "inv:send"});
    world.given_assignment(role, alice);
    const auto ceiling = world.given_role("ceiling", api, {"inv:read", "inv:pay", "inv:send", "inv:void"});
    world.given_assignment(ceiling, agent.id, {{"acts", "others"}});
    person.sign_in("alice");
  }

  flows::AuthorizationRequest request(std::string_view scope) {
    flows::AuthorizationRequest made;
    made.client = agent.id;
    made.redirect_uri = "https://app.example/back";
    made.state = "s1";
    made.scope = *oauth::ScopeSet::parse(scope);
    made.resources = {api_uri};
    made.code_challenge = "c";
    made.at = world.clock.now();
    return made;
  }
  std::string waiting(const flows::AuthorizationRequest& request) {
    auto kept = flows::keep_interaction(request, "default", world.clock.now(), world.random);
    EXPECT_TRUE(world.store->commit_now({std::move(kept.keep)}));
    return kept.id;
  }
  http::Response asked(std::string_view scope) { return person.get("/consent?i=" + waiting(request(scope))); }
  // The key of a scope's switch on a page.
  static std::string key_of(const http::Response& page, const std::string& scope) {
    const auto at = page.body.find(">" + scope + "<");
    EXPECT_NE(at, std::string::npos) << scope;
    const auto start = page.body.find("name=\"allow\" value=\"", at) + 20;
    return page.body.substr(start, page.body.find('"', start) - start);
  }
  http::Response answered(const http::Response& page, const std::vector<std::string>& scopes,
                          const std::string& duration = "hour", const std::string& answer = "allow") {
    Person::Fields fields{{"duration", duration}, {"answer", answer}};
    for (const auto& scope : scopes) fields.emplace_back("allow", key_of(page, scope));
    return person.submit(page, "/consent", fields);
  }
  std::vector<delegation::Delegation> delegations() {
    return *world.store->delegations("default", {.under = alice, .limit = 50});
  }
  bool remembered(const flows::AuthorizationRequest& asking) {
    auto& app = world.app();
    grants::World seams{"default",  world.issuer,        world.clock.now(), app.directory,
                        app.reader, app.trusted_issuers, app.store,         app.random};
    const auto client = *app.directory.principal("default", agent.id);
    const auto agreed = flows::agreed_before(asking, *client, alice, seams);
    EXPECT_TRUE(agreed) << agreed.error().description;
    return agreed && agreed->has_value();
  }

  static constexpr const char* api_uri = "https://api.example/invoices";
  World world;
  std::string alice = world.given_user("alice");
  Given agent = world.given_agent("Bookkeeper", {{"redirect_uris", json::array{"https://app.example/back"}}});
  std::string api = world.given_resource(api_uri, {"inv:read", "inv:pay", "inv:send", "inv:void", "inv:all"});
  Person person{world};
};

TEST_F(ConsentPages, i3_only_what_the_user_holds_and_the_agent_may_do_for_others_is_offered) {
  const auto page = asked("inv:read inv:void inv:all");
  EXPECT_EQ(page.status, 200) << page.body;
  EXPECT_NE(page.body.find(">inv:read<"), std::string::npos);
  EXPECT_EQ(page.body.find("inv:void"), std::string::npos) << "alice does not hold it";
  EXPECT_EQ(page.body.find("inv:all"), std::string::npos) << "neither may the agent";
  EXPECT_NE(page.body.find("Bookkeeper"), std::string::npos);
  EXPECT_NE(page.body.find("app.example"), std::string::npos);
  EXPECT_NE(page.body.find("not verified"), std::string::npos);
}

TEST_F(ConsentPages, a_yes_is_a_root_delegation_of_what_was_switched_on_for_as_long_as_was_said) {
  const auto answer = answered(asked("inv:read inv:pay inv:send"), {"inv:read", "inv:send"});
  EXPECT_EQ(answer.status, 303) << answer.body;
  EXPECT_TRUE(header_at(answer, "Location").starts_with("https://app.example/back?")) << header_at(answer, "Location");
  EXPECT_NE(header_at(answer, "Location").find("code="), std::string::npos);
  const auto all = delegations();
  ASSERT_EQ(all.size(), 1u);
  const auto& root = all[0];
  EXPECT_EQ(root.origin, delegation::Origin::consent);
  EXPECT_EQ(root.subject, alice);
  EXPECT_EQ(root.actor, agent.id);
  EXPECT_EQ(root.chain, std::vector<std::string>{agent.id});
  EXPECT_EQ(delegation::scopes_at(root.authority, api).text(), "inv:read inv:send");
  EXPECT_EQ(root.limits.not_after, world.clock.now() + Seconds(3600));
  const auto event = world.events("consent.give").back().as_object();
  EXPECT_EQ(text_at(event, "subject"), alice);
  EXPECT_EQ(text_at(event, "target"), root.id);
  EXPECT_EQ(text_at(event, "scope_given"), "inv:read inv:send");
}

TEST_F(ConsentPages, a_no_and_nothing_switched_on_are_access_denied) {
  for (const auto& [scopes, word] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"inv:read"}, "deny"}, {{}, "allow"}}) {
    const auto answer = answered(asked("inv:read inv:pay"), scopes, "hour", word);
    EXPECT_EQ(answer.status, 303);
    EXPECT_NE(header_at(answer, "Location").find("error=access_denied"), std::string::npos);
    EXPECT_NE(header_at(answer, "Location").find("state=s1"), std::string::npos);
  }
  EXPECT_TRUE(delegations().empty());
}

TEST_F(ConsentPages, a37_a_switch_that_was_not_offered_gives_nothing) {
  const auto page = asked("inv:read inv:void");
  const auto other = asked("inv:read inv:pay");
  const auto answer = person.submit(page, "/consent",
                                    {{"answer", "allow"},
                                     {"duration", "hour"},
                                     {"allow", key_of(page, "inv:read")},
                                     {"allow", key_of(other, "inv:pay")},
                                     {"allow", "inv:void"}});
  EXPECT_EQ(answer.status, 303);
  EXPECT_EQ(delegation::scopes_at(delegations().at(0).authority, api).text(), "inv:read");
}

TEST_F(ConsentPages, what_was_agreed_is_asked_again_only_for_more) {
  EXPECT_FALSE(remembered(request("inv:read")));
  answered(asked("inv:read inv:pay"), {"inv:read", "inv:pay"});
  EXPECT_TRUE(remembered(request("inv:read")));
  EXPECT_TRUE(remembered(request("inv:read inv:pay")));
  EXPECT_FALSE(remembered(request("inv:read inv:send")));
  const auto page = asked("inv:read inv:send");
  EXPECT_NE(page.body.find("allowed before"), std::string::npos);
  world.clock.advance(Seconds(3600));
  EXPECT_FALSE(remembered(request("inv:read"))) << "the hour is over";
}

TEST_F(ConsentPages, this_once_is_not_remembered_and_ends_with_the_longest_token) {
  answered(asked("inv:read"), {"inv:read"}, "once");
  ASSERT_EQ(delegations().size(), 1u);
  EXPECT_TRUE(grants::given_once(delegations()[0]));
  EXPECT_EQ(delegations()[0].limits.not_after, world.clock.now() + Seconds(300));
  EXPECT_FALSE(remembered(request("inv:read")));
}

TEST_F(ConsentPages, until_taken_back_has_no_end_and_an_unknown_duration_is_the_shortest) {
  answered(asked("inv:read"), {"inv:read"}, "until_withdrawn");
  EXPECT_FALSE(delegations().at(0).limits.not_after);
  answered(asked("inv:pay"), {"inv:pay"}, "for ever and a day");
  EXPECT_TRUE(grants::given_once(delegations().at(1)));
}

TEST_F(ConsentPages, who_somebody_is_is_told_as_agreed_and_remembered) {
  auto asking = request("openid profile email");
  asking.resources.clear();
  EXPECT_FALSE(remembered(asking));
  const auto page = person.get("/consent?i=" + waiting(asking));
  EXPECT_NE(page.body.find("who you are"), std::string::npos);
  person.submit(page, "/consent", {{"answer", "allow"}, {"tell", "openid"}, {"tell", "profile"}});
  EXPECT_TRUE(delegations().empty()) << "it is no authority";
  EXPECT_TRUE(remembered(asking)) << "the e-mail address was declined";
  asking.scope = *oauth::ScopeSet::parse("openid offline_access");
  EXPECT_FALSE(remembered(asking)) << "nobody was asked for that";
  asking.scope = *oauth::ScopeSet::parse("email");
  EXPECT_FALSE(remembered(asking)) << "nothing would be left to tell";
}

TEST_F(ConsentPages, what_was_declined_is_not_asked_for_again_and_again) {
  answered(asked("inv:read inv:pay"), {"inv:read"});
  EXPECT_TRUE(remembered(request("inv:read inv:pay")));
  EXPECT_FALSE(remembered(request("inv:pay"))) << "nothing would be left to give";
  EXPECT_FALSE(remembered(request("inv:read inv:pay inv:send"))) << "that is more";
  const auto page = asked("inv:read inv:pay inv:send");
  const auto checked = [&](const std::string& scope) {
    const auto at = page.body.find("name=\"allow\" value=\"" + key_of(page, scope));
    return page.body.substr(at, page.body.find('>', at) - at).find("checked") != std::string::npos;
  };
  EXPECT_TRUE(checked("inv:read"));
  EXPECT_FALSE(checked("inv:pay")) << "the last word is kept";
  EXPECT_TRUE(checked("inv:send"));
  answered(page, {"inv:read", "inv:pay"});
  EXPECT_TRUE(remembered(request("inv:pay"))) << "allowed after all";
  EXPECT_TRUE(remembered(request("inv:read inv:send")));
}

TEST_F(ConsentPages, what_was_declined_is_forgotten_with_the_consent) {
  answered(asked("inv:read inv:pay"), {"inv:read"});
  person.submit(person.get("/account"), "/account/withdraw", {{"delegation", delegations().at(0).id}, {"scope", ""}});
  EXPECT_FALSE(remembered(request("inv:read inv:pay")));
  answered(asked("inv:read"), {"inv:read"});
  EXPECT_FALSE(remembered(request("inv:read inv:pay")));
}

TEST_F(ConsentPages, what_was_declined_this_once_is_asked_for_again) {
  answered(asked("inv:read inv:pay"), {"inv:read"}, "once");
  answered(asked("inv:read"), {"inv:read"}, "hour");
  EXPECT_FALSE(remembered(request("inv:read inv:pay")));
}

TEST_F(ConsentPages, a34_whoever_comes_to_consent_by_hand_has_signed_in_as_the_request_asks) {
  auto asking = request("inv:read");
  asking.prompt_login = true;
  asking.at = world.clock.now() + Seconds(10);
  auto id = waiting(asking);
  EXPECT_EQ(header_at(person.get("/consent?i=" + id), "Location"), "/sign-in?i=" + id);
  for (auto list : {&flows::AuthorizationRequest::acr_values, &flows::AuthorizationRequest::essential_acr}) {
    asking = request("inv:read");
    asking.*list = {"phr", "urn:deputy:acr:multi-factor"};
    id = waiting(asking);
    EXPECT_EQ(header_at(person.get("/consent?i=" + id), "Location"), "/sign-in?i=" + id);
  }
  const json::array scopes{json::object{{"name", "inv:read"}, {"acr", "phr"}}, json::object{{"name", "inv:pay"}}};
  world.change(store::Kind::resource, api, {{"scopes", scopes}});
  id = waiting(request("inv:read inv:pay"));
  EXPECT_EQ(header_at(person.get("/consent?i=" + id), "Location"), "/sign-in?i=" + id);
  Person nobody(world);
  id = waiting(request("inv:read"));
  EXPECT_EQ(header_at(nobody.get("/consent?i=" + id), "Location"), "/sign-in?i=" + id);
}

TEST_F(ConsentPages, a7_consent_is_not_given_by_another_sites_form) {
  const auto id = waiting(request("inv:read"));
  const auto page = person.get("/consent?i=" + id);
  const auto answer =
      person.post("/consent?i=" + id,
                  {{"answer", "allow"}, {"duration", "hour"}, {"csrf", "guess"}, {"allow", key_of(page, "inv:read")}});
  EXPECT_EQ(answer.status, 403);
  EXPECT_TRUE(delegations().empty());
}

TEST_F(ConsentPages, a_request_is_answered_once) {
  const auto page = asked("inv:read");
  EXPECT_EQ(answered(page, {"inv:read"}).status, 303);
  const auto again = answered(page, {"inv:read"}, "month");
  EXPECT_EQ(again.status, 400);
  EXPECT_NE(again.body.find("This was answered already"), std::string::npos) << again.body;
  EXPECT_EQ(delegations().size(), 1u);
  auto chinese = request("inv:read");
  chinese.ui_locales = "zh";
  const auto id = waiting(chinese);
  answered(person.get("/consent?i=" + id), {"inv:read"});
  for (const auto* path : {"/consent?i=", "/sign-in?i=", "/oauth2/authorize/continue?i="})
    EXPECT_NE(person.get(path + id).body.find("此请求已经答复过"), std::string::npos) << path << " speaks as it was asked";
  EXPECT_EQ(again.body.find("Nothing was allowed"), std::string::npos) << "something was";
  EXPECT_NE(again.body.find("href=\"/account\""), std::string::npos);
}

TEST_F(ConsentPages, a_second_click_is_given_the_answer_that_it_threw_away) {
  for (const std::string mode : {"", "form_post"})
    for (const std::string word : {"allow", "deny"}) {
      auto asking = request("inv:read");
      asking.response_mode = mode;
      const auto page = person.get("/consent?i=" + waiting(asking));
      const auto made = delegations().size();
      const auto first = answered(page, {"inv:read"}, "hour", word);
      world.clock.advance(Seconds(30));
      const auto second = answered(page, {"inv:read"}, "hour", word);
      EXPECT_EQ(second.status, mode.empty() ? 303 : 200);
      EXPECT_EQ(second.headers, first.headers);
      EXPECT_EQ(second.body, first.body);
      EXPECT_EQ(delegations().size(), made + (word == "allow" ? 1 : 0)) << "it is allowed once";
      world.clock.advance(Seconds(1));
      const auto late = answered(page, {"inv:read"}, "hour", word);
      EXPECT_NE(late.body.find("This was answered already"), std::string::npos) << late.body;
    }
}

TEST_F(ConsentPages, a3_an_answer_is_given_again_to_nobody_else_and_its_code_is_in_no_record) {
  const auto form = Person::filled(asked("inv:read"), "/consent", {{"answer", "allow"}, {"duration", "hour"}});
  auto fields = form.fields;
  fields.emplace_back("allow", key_of(asked("inv:read"), "inv:read"));
  const auto location = header_at(person.post(form.target, fields), "Location");
  const auto code = between(location, "code=", "&");
  const auto id = form.target.substr(form.target.find("i=") + 2);
  const auto kept = flows::answer_of(id, "default", *world.store, world.clock.now());
  ASSERT_TRUE(kept && *kept);
  EXPECT_FALSE((*kept)->answer.empty());
  EXPECT_EQ((*kept)->answer.find(code.substr(0, 12)), std::string::npos);
  const auto said = [&](Person& who) { return who.post(form.target, fields).body; };
  given_password(world, world.given_user("mallory"), "mallory");
  Person mallory(world), nobody(world), same(world);
  mallory.sign_in("mallory");
  same.sign_in("alice");
  for (auto* one : {&mallory, &nobody, &same})
    EXPECT_NE(said(*one).find("This was answered already"), std::string::npos) << "another browser's";
  EXPECT_NE(person.get(form.target).body.find("This was answered already"), std::string::npos) << "no form";
  EXPECT_EQ(header_at(person.post(form.target, fields), "Location"), location);
  // What is used is not handed out to be used again.
  ASSERT_TRUE(world.store->commit_now({store::Keep{.use = store::Use::code_used,
                                                   .tenant = "default",
                                                   .key = oauth::handle_key(percent_decode(code).value_or("")),
                                                   .until = world.clock.now() + Seconds(300),
                                                   .body = ""}}));
  EXPECT_NE(said(person).find("This was answered already"), std::string::npos);
}

TEST_F(ConsentPages, a_disabled_user_consents_to_nothing) {
  const auto page = asked("inv:read");
  world.change(store::Kind::user, alice, {{"state", "disabled"}});
  EXPECT_EQ(answered(page, {"inv:read"}).status, 303);
  EXPECT_TRUE(delegations().empty());
}

TEST_F(ConsentPages, taking_back_ends_the_delegation_and_all_below_it) {
  answered(asked("inv:read inv:pay"), {"inv:read", "inv:pay"}, "month");
  const auto page = person.get("/account");
  EXPECT_NE(page.body.find("Bookkeeper"), std::string::npos);
  const auto root = delegations().at(0);
  const auto answer = person.submit(page, "/account/withdraw", {{"delegation", root.id}, {"scope", ""}});
  EXPECT_EQ(answer.status, 303);
  ASSERT_EQ(delegations().size(), 1u);
  EXPECT_TRUE(delegations()[0].revoked_at);
  const auto revoked = *world.store->revocations(0, 100);
  ASSERT_FALSE(revoked.empty());
  EXPECT_EQ(revoked.back().kind, store::Kills::delegation);
  EXPECT_EQ(revoked.back().target, root.id);
  EXPECT_FALSE(remembered(request("inv:read")));
  EXPECT_NE(person.get("/account").body.find("Nothing acts for you"), std::string::npos);
  EXPECT_NE(person.get("/account/history").body.find("was taken back"), std::string::npos);
}

TEST_F(ConsentPages, taking_one_scope_back_leaves_the_others_within_the_same_bounds) {
  answered(asked("inv:read inv:pay"), {"inv:read", "inv:pay"}, "month");
  const auto before = delegations().at(0);
  person.submit(person.get("/account"), "/account/withdraw", {{"delegation", before.id}, {"scope", api + " inv:pay "}});
  const auto all = delegations();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_TRUE(all[0].revoked_at);
  EXPECT_EQ(delegation::scopes_at(all[1].authority, api).text(), "inv:read");
  EXPECT_EQ(all[1].limits, before.limits);
  EXPECT_TRUE(remembered(request("inv:read")));
  EXPECT_FALSE(remembered(request("inv:pay")));
}

TEST_F(ConsentPages, a38_nobody_takes_back_what_is_not_theirs_or_ends_anothers_session) {
  answered(asked("inv:read"), {"inv:read"}, "month");
  const auto mine = flows::sessions_of(alice, "default", *world.store, world.clock.now())->at(0).id;
  given_password(world, world.given_user("mallory"), "mallory");
  Person mallory(world);
  mallory.sign_in("mallory");
  const auto csrf = value_of(mallory.get("/account"), "csrf");  // the account's forms share a purpose
  const auto ends_at = [&](const std::string& path, const std::string& name, const std::string& value) {
    return done_at(mallory.post(path, {{"csrf", csrf}, {name, value}}));
  };
  EXPECT_EQ(ends_at("/account/withdraw", "delegation", delegations().at(0).id), "/account?done=withdrawn")
      << "as what is not there: it is not said whose it is";
  EXPECT_EQ(ends_at("/account/devices", "session", mine), "/account/devices?done=ended");
  EXPECT_FALSE(delegations().at(0).revoked_at);
  EXPECT_EQ(person.get("/account").status, 200);
}

TEST_F(ConsentPages, changing_how_one_signs_in_wants_a_recent_sign_in) {
  const auto page = person.get("/account/security");
  world.clock.advance(Seconds(601));
  auto answer = person.submit(page, "/account/security/password",
                              {{"current", std::string(Person::secret_words)}, {"password", "five late trains home"}});
  EXPECT_EQ(answer.status, 403);
  EXPECT_NE(answer.body.find("sign in again"), std::string::npos);
  person.sign_in("alice", Person::secret_words, "/sign-in?other=1");
  answer = person.submit(person.get("/account/security"), "/account/security/password",
                         {{"current", std::string(Person::secret_words)}, {"password", "five late trains home"}});
  EXPECT_EQ(answer.status, 303) << answer.body;
  Person again(world);
  EXPECT_EQ(again.sign_in("alice").status, 400);
  EXPECT_EQ(again.sign_in("alice", "five late trains home").status, 303);
}

TEST_F(ConsentPages, what_the_called_agent_needs_is_a_switch_of_its_own) {
  const auto helper = world.given_agent("Archivist");
  const auto archive = world.given_resource("https://api.example/archive", {"arc:file"});
  const auto role = world.given_role("archive", archive, {"arc:file"});
  world.given_assignment(role, alice);
  for (const auto& id : {agent.id, helper.id}) world.given_assignment(role, id, {{"acts", "others"}});
  world.change(store::Kind::resource, api,
               {{"principal", helper.id}, {"needs", {{{"resource", archive}, {"scopes", {"arc:file"}}}}}});
  const auto page = asked("inv:read");
  EXPECT_NE(page.body.find("Archivist"), std::string::npos) << page.body;
  answered(page, {"inv:read", "arc:file"});
  const auto root = delegations().at(0);
  EXPECT_EQ(delegation::scopes_at(root.authority, archive, helper.id).text(), "arc:file");
  EXPECT_TRUE(delegation::scopes_at(root.authority, archive).empty()) << "not the client's own to draw";
  EXPECT_TRUE(remembered(request("inv:read")));
}

}  // namespace
}  // namespace deputy::test
