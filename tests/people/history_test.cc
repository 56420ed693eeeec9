// /account/history tells what was done as it was: by whom, through whom, and whether it was refused.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "pages/strings.h"
#include "signin/authenticator.h"
#include "signin/totp/totp.h"
#include "tests/kit/flow.h"
#include "tests/kit/person.h"

namespace deputy::test {
namespace {

// The page's rows, newest first, as text.
std::vector<std::string> rows_of(const http::Response& page) {
  EXPECT_EQ(page.status, 200) << page.body;
  std::vector<std::string> rows;
  const std::regex row(R"re(<li class="row">(.*?)</li>)re");
  for (std::sregex_iterator at(page.body.begin(), page.body.end(), row), end; at != end; ++at)
    rows.push_back(std::regex_replace((*at)[1].str(), std::regex("<[^>]*>"), ""));
  return rows;
}
bool told(const std::vector<std::string>& rows, std::string_view sentence) {
  return std::any_of(rows.begin(), rows.end(), [&](const auto& row) { return row.starts_with(sentence); });
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}
// Every action the code records: "noun.verb" where it is named whole, and of the table of /v1 by noun and verb.
std::set<std::string> actions_recorded() {
  const std::filesystem::path root = DEPUTY_SOURCE_DIR;
  std::set<std::string> actions, nouns;
  const auto each = [](const std::string& code, const std::string& what, const auto& found) {
    const std::regex regex(what);
    for (std::sregex_iterator at(code.begin(), code.end(), regex), end; at != end; ++at) found(*at);
  };
  for (const auto* folder : {"src/endpoints", "src/tokens"})
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder))
      if (const auto file = entry.path().string(); file.ends_with(".cc") && !file.ends_with("_test.cc"))
        each(text_of(file), R"re("([a-z_]+\.[a-z_.]+)")re", [&](const auto& at) { actions.insert(at[1].str()); });
  const auto table = text_of(root / "src/endpoints/admin/routes.cc");
  each(table, R"re(noun_routes<Kind::(\w+)>)re", [&](const auto& at) { nouns.insert(at[1].str()); });
  each(table, R"re((?:reading|writing)<kind>\("(\w+)")re", [&](const auto& at) {
    for (const auto& noun : nouns) actions.insert(noun + "." + at[1].str());
  });
  each(table, R"re((?:reading|writing)<Kind::(\w+)>\("(\w+)")re",
       [&](const auto& at) { actions.insert(at[1].str() + "." + at[2].str()); });
  return actions;
}

class HistoryPages : public testing::Test {
 protected:
  HistoryPages() { given_password(world, alice, "alice"); }
  std::vector<std::string> rows(const std::string& query = "") {
    return rows_of(person.get("/account/history" + query));
  }
  void append(const std::string& action, audit::Decision decision, const std::string& reason = "") {
    ASSERT_TRUE(world.store->commit_now({store::Append{{.id = "evt_" + std::to_string(++made),
                                                        .at = world.clock.now(),
                                                        .tenant = "default",
                                                        .action = action,
                                                        .decision = decision,
                                                        .reason = reason,
                                                        .actor = alice,
                                                        .client = agent.id,
                                                        .subject = alice}}}));
  }

  World world;
  std::string alice = world.given_user("alice");
  Given agent = world.given_agent("Bookkeeper");
  Person person{world};
  int made = 0;
};

struct HandedOn : testing::Test, Flow {};

TEST_F(HistoryPages, a_right_password_is_no_sign_in_while_the_second_factor_is_due) {
  person.sign_in("alice");
  const auto app = signin::make_authenticator(signin::Type::totp, "default", alice, world.clock.now(), world.random);
  ASSERT_TRUE(world.store->commit_now({signin::put_of(app, world.clock.now())}));
  Person thief(world);
  ASSERT_NE(thief.sign_in("alice").body.find("action=\"/sign-in/code"), std::string::npos);
  const auto all = rows();
  ASSERT_GE(all.size(), 2u);
  EXPECT_TRUE(all[0].starts_with("The right password was given; the second factor was still due")) << all[0];
  EXPECT_TRUE(all[1].starts_with("alice signed in")) << all[1];
}

TEST_F(HistoryPages, what_was_refused_does_not_look_as_if_it_was_done) {
  person.sign_in("alice");
  Person thief(world);
  thief.sign_in("alice", "not the words");
  thief.submit(thief.get("/sign-in/reset"), "/sign-in/reset",
               {{"username", "alice"}, {"code", "wrong"}, {"password", "four grey owls asleep"}});
  const auto page = person.get("/account/security");
  world.clock.advance(Seconds(601));
  person.submit(page, "/account/security/password",
                {{"current", std::string(Person::secret_words)}, {"password", "five late trains home"}});
  person.post("/account/sign-out", {{"csrf", "guess"}});
  const auto all = rows();
  ASSERT_GE(all.size(), 6u);
  EXPECT_TRUE(all[0].starts_with("Something was sent from a page that was too old, or from elsewhere.")) << all[0];
  EXPECT_TRUE(all[1].starts_with("alice tried to change a way to sign in, and was refused")) << all[1];
  EXPECT_TRUE(all[2].starts_with("An attempt to set a new password with a code failed")) << all[2];
  EXPECT_TRUE(all[3].starts_with("An attempt to sign in to your account failed")) << all[3];
  EXPECT_TRUE(all[4].starts_with("alice signed in")) << all[4];
  EXPECT_TRUE(all[5].starts_with("A new password was set with a code")) << all[5];
}

TEST_F(HistoryPages, what_has_no_name_is_not_shown_by_its_id) {
  person.sign_in("alice");
  ASSERT_EQ(world.admin_call("POST", "/v1/users/" + alice + "/reset-code", json::object{}).status, 201);
  const auto with_code = rows();
  ASSERT_GE(with_code.size(), 2u);
  EXPECT_TRUE(with_code[0].starts_with("First administrator made a code to set a new password")) << with_code[0];
  const auto page = person.get("/account/history").body;
  EXPECT_EQ(page.find("atr_"), std::string::npos) << page;
}

TEST_F(HandedOn, what_access_was_given_to_is_told_in_words) {
  world.change(store::Kind::resource, invoices_id,
               {{"name", "Invoices"},
                {"scopes", json::array{json::object{{"name", "read"}, {"description", "Read <your> invoices"}},
                                       json::object{{"name", "write"}, {"description", "Write invoices"}}}}});
  sign_in();
  consent(agent, {"read"});
  ASSERT_EQ(redeem(agent, code(agent, {{"scope", "read"}})).status, 200);
  const auto page = browse("/account/history");
  const auto rows = rows_of(page);
  ASSERT_GE(rows.size(), 1u);
  EXPECT_TRUE(rows[0].starts_with("Scout got accessInvoices: Read &lt;your&gt; invoices" + std::string(invoices)))
      << rows[0];
  EXPECT_EQ(rows[0].find("Write invoices"), std::string::npos) << rows[0];
}

TEST_F(HandedOn, what_was_told_of_the_person_is_told_in_words) {
  sign_in();
  allow(authorize(agent, {{"scope", "openid email"}, {"resource", ""}}));
  const auto rows = rows_of(browse("/account/history"));
  ASSERT_GE(rows.size(), 1u);
  EXPECT_TRUE(
      rows[0].starts_with("Scout was allowedYour e-mail address, That it is you: an identifier of your account"))
      << rows[0];
}

TEST_F(HandedOn, of_two_payments_each_is_told) {
  const auto type = json::parse(R"({"type": "payment", "description": "One payment",
      "schema": {"type": "object", "additionalProperties": false, "properties": {"to": {"type": "string"}}},
      "display": {"en": "Pay {to}"}, "narrowing": {}})");
  world.change(store::Kind::resource, invoices_id, {{"authorization_details_types", json::array{type}}});
  sign_in();
  const auto paid = [&](const std::string& to) {
    const Pairs asked{{"scope", "read"}, {"authorization_details", R"([{"type":"payment","to":")" + to + R"("}])"}};
    auto answer = authorize(agent, asked);
    if (outcome_of(answer) != "code") answer = allow(answer);
    ASSERT_EQ(redeem(agent, redirected(answer)["code"]).status, 200);
  };
  for (const auto* to : {"Ann", "Bob", "Ann", "Bob"}) paid(to);
  const auto rows = rows_of(browse("/account/history"));
  ASSERT_EQ(rows.size(), 6u) << "asked about twice";
  EXPECT_TRUE(rows[0].starts_with("Scout got accessPay Bob")) << rows[0];
  EXPECT_TRUE(rows[1].starts_with("Scout got accessPay Ann")) << rows[1];
  EXPECT_TRUE(rows[3].starts_with("Scout was allowedPay Bob")) << rows[3];
}

TEST_F(HandedOn, who_was_refused_in_somebodys_name_is_named_to_them) {
  sign_in();
  consent(agent, {"read"});
  const auto answer = redeem(agent, code(agent, {{"scope", "read"}}));
  ASSERT_NE(world.exchange(other, text_at(body_of(answer), "access_token")).status, 200);
  ASSERT_EQ(error_of(refresh(agent, text_at(body_of(answer), "refresh_token"), {{"scope", "write"}})),
            "400 invalid_scope");
  const auto rows = rows_of(browse("/account/history"));
  ASSERT_GE(rows.size(), 3u);
  EXPECT_TRUE(rows[0].starts_with("Scout was refused access")) << rows[0];
  EXPECT_TRUE(rows[1].starts_with("Other was refused access")) << rows[1];
  EXPECT_TRUE(rows[2].starts_with("Scout got access")) << rows[2];
}

TEST_F(HandedOn, what_ended_otherwise_than_by_the_person_is_told) {
  sign_in();
  consent(agent, {"read"});
  const auto twice = code(agent, {{"scope", "read"}});
  ASSERT_EQ(redeem(agent, twice).status, 200);
  ASSERT_EQ(error_of(redeem(agent, twice)), "400 invalid_grant");
  const auto rows = rows_of(browse("/account/history"));
  ASSERT_GE(rows.size(), 2u);
  EXPECT_TRUE(rows[0].starts_with("What Scout was allowed has ended")) << rows[0];
  EXPECT_NE(rows[0].find(invoices), std::string::npos) << rows[0];
  EXPECT_TRUE(rows[1].starts_with("Scout was refused access")) << rows[1];
}

TEST_F(HandedOn, what_was_taken_back_is_told_and_not_what_stays) {
  sign_in();
  allow(authorize(agent, {{"scope", "read write pay"}, {"resource", invoices}, {"resource", payments}}));
  const auto root = world.store->delegations("default", {.under = user})->back().id;
  world.form("/account/withdraw",
             {{"csrf", value_of(browse("/account"), "csrf")}, {"delegation", root}, {"scope", invoices_id + " read "}},
             {{"Cookie", cookie}});
  const auto rows = rows_of(browse("/account/history"));
  ASSERT_GE(rows.size(), 1u);
  EXPECT_TRUE(rows[0].starts_with("What Scout was allowed was taken back")) << rows[0];
  for (const auto* taken : {invoices, "read"}) EXPECT_NE(rows[0].find(taken), std::string::npos) << rows[0];
  for (const auto* stays : {payments, "write"}) EXPECT_EQ(rows[0].find(stays), std::string::npos) << rows[0];
}

TEST_F(HandedOn, i2_the_agent_that_holds_the_token_is_named_and_through_whom) {
  world.change(store::Kind::agent, agent.id, {{"delegates", json::array{other.id}}});
  sign_in();
  consent(agent, {"read"});
  const auto own = text_at(body_of(redeem(agent, code(agent, {{"scope", "read"}}))), "access_token");
  const auto handed = world.exchanged(agent, own, {{"requested_actor", other.id}});
  ASSERT_EQ(text_at(*json_member_object(claims_of(handed), "act"), "sub"), other.id);
  const auto rows = rows_of(browse("/account/history"));
  ASSERT_GE(rows.size(), 2u);
  EXPECT_TRUE(rows[0].starts_with("Other, through Scout, got access")) << rows[0];
  EXPECT_TRUE(rows[1].starts_with("Scout got access")) << rows[1];
}

TEST_F(HistoryPages, silent_authorizations_do_not_crowd_out_what_was_done) {
  person.sign_in("alice");
  for (int i = 0; i < 120; ++i) append("authorization.request", audit::Decision::granted);
  append("authorization.request", audit::Decision::refused);
  const auto all = rows();
  EXPECT_TRUE(all[0].starts_with("Bookkeeper asked for access and was sent back without it")) << all[0];
  EXPECT_TRUE(all[1].starts_with("alice signed in")) << all[1];
  for (int i = 0; i < 70; ++i) append("token.issue", audit::Decision::granted, std::to_string(i));
  const auto page = person.get("/account/history");
  EXPECT_EQ(rows_of(page).size(), 50u);
  const auto at = page.body.find("?before=");
  ASSERT_NE(at, std::string::npos);
  const auto earlier = rows(page.body.substr(at, page.body.find('"', at) - at));
  EXPECT_EQ(earlier.size(), 20u + all.size());
}

TEST_F(HistoryPages, what_gave_no_scope_shows_where_and_nothing_behind_it) {
  person.sign_in("alice");
  ASSERT_TRUE(world.store->commit_now({store::Append{{.id = "evt_refused",
                                                      .at = world.clock.now(),
                                                      .tenant = "default",
                                                      .action = "token.issue",
                                                      .decision = audit::Decision::refused,
                                                      .client = agent.id,
                                                      .subject = alice,
                                                      .resource = "urn:invoices"}}}));
  const auto page = person.get("/account/history");
  EXPECT_NE(page.body.find("<code><bdi>urn:invoices</bdi></code></p>"), std::string::npos) << page.body;
  EXPECT_EQ(page.body.find("<code><bdi></bdi></code>"), std::string::npos);
}

TEST_F(HistoryPages, a37_what_two_of_one_name_did_is_not_told_as_one_thing) {
  person.sign_in("alice");
  append("token.issue", audit::Decision::granted);
  agent = world.given_agent("Bookkeeper");
  append("token.issue", audit::Decision::granted);
  const auto all = rows();
  ASSERT_GE(all.size(), 2u);
  for (const auto& row : {all[0], all[1]}) {
    EXPECT_TRUE(row.starts_with("Bookkeeper got access")) << row;
    EXPECT_EQ(row.find("times"), std::string::npos) << row;
  }
}

TEST_F(HistoryPages, what_is_told_alike_in_a_row_is_told_once) {
  person.sign_in("alice");
  for (int i = 0; i < 60; ++i) append("token.issue", audit::Decision::granted);
  append("token.issue", audit::Decision::refused);
  append("token.issue", audit::Decision::granted);
  auto all = rows();
  ASSERT_GE(all.size(), 4u);
  EXPECT_TRUE(all[0].starts_with("Bookkeeper got access")) << all[0];
  EXPECT_EQ(all[0].find("times"), std::string::npos) << all[0];
  EXPECT_TRUE(all[1].starts_with("Bookkeeper was refused access")) << all[1];
  EXPECT_TRUE(all[2].starts_with("Bookkeeper got access60 times, last ")) << all[2];
  EXPECT_TRUE(all[3].starts_with("alice signed in")) << all[3];
  const auto chinese = rows_of(person.get("/account/history", {{"Accept-Language", "zh"}}));
  EXPECT_NE(chinese[2].find("60 次，最近一次 "), std::string::npos) << chinese[2];
}

// Whatever an event may be of whose subject a person is: also what they do at /v1, by themselves or by an agent.
TEST_F(HistoryPages, every_action_has_a_sentence_in_each_language_for_done_and_for_refused) {
  auto actions = actions_recorded();
  for (const auto* known : {"token.issue", "session.tell", "agent.suspend", "agent_type.create", "audit.cosign"})
    EXPECT_TRUE(actions.contains(known)) << known;
  // Of the server itself, or of a client that is nobody's yet.
  for (const auto* without_a_subject : {"authorization.push", "event.retain", "http.route", "key.activate",
                                        "key.publish", "key.remove", "key.retire", "metrics.read", "refusal.count",
                                        "tenant.recover", "token.introspect"})
    EXPECT_EQ(actions.erase(without_a_subject), 1u) << without_a_subject;
  EXPECT_GT(actions.size(), 80u);
  person.sign_in("alice");
  for (const auto& action : actions) {
    append(action, audit::Decision::done);
    append(action, audit::Decision::refused);
    for (const auto* language : {"en", "zh"}) {
      const auto page = person.get("/account/history", {{"Accept-Language", language}});
      const auto all = rows_of(page);
      ASSERT_GE(all.size(), 2u);
      for (int i : {0, 1}) EXPECT_EQ(all[i].find(action), std::string::npos) << language << ": " << all[i];
      if (action != "consent.refuse") EXPECT_NE(all[0], all[1]) << action;
    }
  }
  append("unheard.of", audit::Decision::done);
  EXPECT_TRUE(told(rows(), "alice unheard.of")) << "as it is recorded, rather than not at all";
}

}  // namespace
}  // namespace deputy::test
