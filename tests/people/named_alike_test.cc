// Agents that bear one name: a page says of each whose it is and which (A37).
#include <gtest/gtest.h>

#include "tests/kit/flow.h"

using namespace deputy;
using namespace deputy::test;
using directory::Kind;

namespace {

struct NamedAlike : testing::Test, Flow {
  NamedAlike() {
    sign_in();
    const auto archives = world.given_role("archives", archive, {"file"});
    for (const auto& id : {user, agent.id, of_bob.id, of_carol.id})
      world.given_assignment(archives, id, id == user ? json::object() : json::object{{"acts", "others"}});
    const json::array needs{json::object{{"resource", archive}, {"scopes", json::array{"file"}}}};
    world.change(Kind::resource, invoices_id, {{"principal", of_bob.id}, {"needs", needs}});
    world.change(Kind::resource, payments_id, {{"principal", of_carol.id}, {"needs", needs}});
  }
  std::string person(const std::string& username, const std::string& name) {
    return world.put(Kind::user, {{"username", username}, {"name", name}, {"state", "active"}});
  }
  http::Response asked() {
    return authorize(agent, {{"scope", "read pay"}, {"resource", invoices}, {"resource", payments}});
  }
  // What stands in each element of a page that holds some words.
  static std::vector<std::string> with(std::string_view words, const std::string& page, const std::string& element) {
    std::vector<std::string> found;
    const auto start = "<" + element, end = "</" + element + ">";
    for (auto at = page.find(start); at != std::string::npos; at = page.find(start, at + 1)) {
      auto text = page.substr(at, page.find(end, at) - at);
      const bool is_it = text[start.size()] == '>' || text[start.size()] == ' ';  // <li>, and not <link>
      if (is_it && text.find(words) != std::string::npos) found.push_back(std::move(text));
    }
    return found;
  }
  // One is of Bob, by its identifier, and the other of Carol.
  void expect_both(const std::vector<std::string>& parts) const {
    ASSERT_EQ(parts.size(), 2u);
    const auto says = [](const std::string& part, const Given& helper, const std::string& owner) {
      return part.find("Accountable: <bdi>" + owner + "</bdi>") != std::string::npos &&
             part.find(">" + helper.id + "<") != std::string::npos;
    };
    EXPECT_TRUE(says(parts[0], of_bob, "Bob B.")) << parts[0];
    EXPECT_TRUE(says(parts[1], of_carol, "Carol C.")) << parts[1];
  }

  std::string archive = world.given_resource("https://api.example/archive", {"file"});
  Given of_bob = world.given_agent("Tax helper", {{"owner", person("bob", "Bob B.")}});
  Given of_carol = world.given_agent("Tax helper", {{"owner", person("carol", "Carol C.")}});
};

constexpr std::string_view odd = "mixes letters that look alike";

}  // namespace

TEST_F(NamedAlike, a37_those_that_are_called_stand_apart_where_it_is_asked_and_where_it_is_taken_back) {
  const auto waits = asked();
  const auto page = browse(location_of(waits)).body;
  expect_both(with("calls it", page, "legend"));
  EXPECT_EQ(page.find(odd), std::string::npos);
  allow(waits);
  expect_both(with("calls it", browse("/account").body, "h3"));
}

TEST_F(NamedAlike, a37_whom_it_may_hand_on_to_is_told_by_owner_and_identifier) {
  world.change(Kind::agent, agent.id, {{"delegates", json::array{of_bob.id, of_carol.id}}});
  expect_both(with("Tax helper", between(browse(location_of(asked())).body, "It may hand on", "</ul>"), "li"));
}

TEST_F(NamedAlike, a37_a_name_that_mixes_alphabets_is_pointed_out_wherever_it_stands) {
  world.change(Kind::agent, of_carol.id, {{"name", "\u0422ax helper"}});
  const auto page = browse(location_of(asked())).body;
  EXPECT_EQ(with(odd, page, "fieldset").size(), 1u) << "of the one that is called";
  world.change(Kind::agent, agent.id, {{"delegates", json::array{of_bob.id, of_carol.id}}});
  const auto again = asked();
  EXPECT_EQ(with(odd, browse(location_of(again)).body, "li").size(), 1u) << "of the one that it is handed on to";
  allow(again);
  EXPECT_EQ(with(odd, browse("/account").body, "article").size(), 1u);
}

TEST_F(NamedAlike, a37_a_card_says_whose_the_agent_is_and_which) {
  consent(of_bob);
  consent(of_carol);
  disclose(of_bob, "openid");
  const auto page = browse("/account").body;
  auto cards = with("Tax helper", page, "h2");
  std::swap(cards.front(), cards.back());  // the newest is first
  expect_both(cards);
  const auto told = between(page, "Who may know who you are", "</ul>");
  EXPECT_NE(told.find(">" + of_bob.id + "<"), std::string::npos) << told;
  EXPECT_NE(told.find("Accountable: <bdi>Bob B.</bdi>"), std::string::npos) << told;
}
