// Markup: nothing that somebody wrote becomes an element, and no page says what the catalogue does not hold.
#include "pages/html.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "pages/assets.h"
#include "pages/inert.h"
#include "pages/strings.h"
#include "pages/views/account.h"
#include "pages/views/consent.h"

namespace deputy::pages {
namespace {

TEST(Markup, a37_text_and_values_are_escaped_wherever_they_stand) {
  const std::string evil = "<script>alert(1)</script>\"'&";
  const auto html = el("p", {{"title", evil}}, {evil}).markup();
  EXPECT_EQ(html.find("<script>"), std::string::npos);
  EXPECT_EQ(html,
            "<p title=\"&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;\">"
            "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;</p>");
}

TEST(Markup, an_attribute_that_is_off_is_left_out) {
  EXPECT_EQ(void_el("input", {{"required", false}, {"checked", true}}).markup(), "<input checked>");
}

TEST(Inert, a37_nothing_turns_the_line_around_or_hides) {
  EXPECT_EQ(inert("Bank\xe2\x80\xaeknaB\xe2\x80\x8b!"), "BankknaB!");  // U+202E, U+200B
  EXPECT_EQ(inert("\xe2\x81\xa6 isolated \xe2\x81\xa9"), "isolated");  // U+2066, U+2069
  EXPECT_EQ(inert("one\r\n\ttwo   three"), "one two three");
  EXPECT_EQ(inert("\xff\xfe"), "\xef\xbf\xbd");
  EXPECT_EQ(inert("张伟的助手"), "张伟的助手");
}

TEST(Inert, a37_long_text_is_cut_by_characters_and_marks_do_not_pile_up) {
  EXPECT_EQ(inert("abcdef", 4), "abc…");
  EXPECT_EQ(inert("abcd", 4), "abcd");
  EXPECT_EQ(inert("张伟张伟张伟", 4), "张伟张…");
  std::string piled = "a";
  for (int i = 0; i < 50; ++i) piled += "\xcc\x81";
  EXPECT_EQ(inert(piled), "a\xcc\x81\xcc\x81");
}

TEST(Inert, a37_a_name_in_two_look_alike_scripts_is_noticed) {
  EXPECT_TRUE(
      mixes_scripts("P\xd0\xb0"
                    "yroll"));  // a Cyrillic а
  EXPECT_TRUE(
      mixes_scripts("\xef\xbc\xb0"
                    "ayroll"));  // a full-width P
  EXPECT_FALSE(mixes_scripts("Payroll"));
  EXPECT_FALSE(mixes_scripts("Помощник Anna"));
  EXPECT_FALSE(mixes_scripts("张伟 Payroll"));
}

TEST(Strings, the_language_is_the_one_asked_for_then_the_browsers_heaviest_then_english) {
  EXPECT_EQ(language_of("de zh-CN", "en"), Language::zh);
  EXPECT_EQ(language_of("", "de, zh;q=0.8, en;q=0.9"), Language::en);
  EXPECT_EQ(language_of("", "de, zh-TW;q=0.9, en;q=0.8"), Language::zh);
  EXPECT_EQ(language_of("", "zh;q=0"), Language::en);
  EXPECT_EQ(language_of("", "ZH"), Language::zh);
  EXPECT_EQ(language_of("fr", ""), Language::en);
  EXPECT_EQ(language_of("", "zhx, english;q=1"), Language::en);
}

TEST(Strings, every_sentence_has_both_languages_and_the_same_places) {
  std::set<std::string_view> seen;
  for (const auto& sentence : catalogue) {
    EXPECT_TRUE(seen.insert(sentence.en).second) << sentence.en;
    EXPECT_FALSE(sentence.zh.empty()) << sentence.en;
    for (const auto* place : {"{0}", "{1}", "{2}"})
      EXPECT_EQ(sentence.en.find(place) == std::string_view::npos, sentence.zh.find(place) == std::string_view::npos)
          << sentence.en;
  }
}

TEST(Strings, values_are_put_in_escaped_and_times_are_told_in_full) {
  const Speaker say{Language::zh};
  EXPECT_EQ(say("to continue to {0}", {"<b>"}).markup(), "以继续前往 &lt;b&gt;");
  EXPECT_EQ(Speaker{Language::en}.when(from_unix_millis(1'795'500'000'000)).markup(),
            "<time datetime=\"2026-11-24T06:00:00.000Z\">24 Nov 2026, 06:00 UTC</time>");
}

TEST(Strings, how_far_off_a_time_is_stands_beside_it) {
  const auto now = from_unix_millis(1'795'500'000'000);
  const auto told = [&](Language language, std::int64_t seconds) {
    const auto html = Speaker(language, now).when(now + Seconds(seconds)).markup();
    return html.substr(html.find("</time>") + 7);
  };
  const auto english = [&](std::int64_t seconds) { return told(Language::en, seconds); };
  EXPECT_EQ(english(0), " (a moment ago)");
  EXPECT_EQ(english(-119), " (a moment ago)");
  EXPECT_EQ(english(119), " (in a moment)");
  EXPECT_EQ(english(3599), " (in 59 minutes)");
  EXPECT_EQ(english(-120), " (2 minutes ago)");
  EXPECT_EQ(english(-7200), " (2 hours ago)");
  EXPECT_EQ(english(172'799), " (in 47 hours)");
  EXPECT_EQ(english(30 * 86'400), " (in 30 days)");
  EXPECT_EQ(english(-172'800), " (2 days ago)");
  EXPECT_EQ(told(Language::zh, 3599), "（59 分钟后）");
}

TEST(Strings, no_space_stands_around_a_full_width_bracket) {
  const Speaker say{Language::zh};
  const auto from = say("{0}, through {1},", {el("b", {}, {"Scout"}), el("b", {}, {"Bookkeeper"})});
  EXPECT_EQ(say("{0} got access", {from}).markup(), "<b>Scout</b>（经由 <b>Bookkeeper</b>）获得访问权限");
  EXPECT_EQ(say("{0} got access", {el("b", {}, {"（甲）"})}).markup(), "<b>（甲）</b>获得访问权限");
  EXPECT_EQ(say("{0} got access", {"Scout"}).markup(), "Scout 获得访问权限");
}

TEST(Strings, a_name_that_ends_with_a_stop_ends_the_sentence) {
  const Speaker say{Language::en};
  const auto named = [&](std::string_view name) { return say("Signed in as {0}.", {el("bdi", {}, {name})}).markup(); };
  EXPECT_EQ(named("Alice F."), "Signed in as <bdi>Alice F.</bdi>");
  EXPECT_EQ(named("Alice"), "Signed in as <bdi>Alice</bdi>.");
  EXPECT_EQ(named(""), "Signed in as <bdi></bdi>.");
  EXPECT_EQ(say("At {0}", {"Northwind Inc."}).markup(), "At Northwind Inc.");
}

TEST(Assets, a_name_changes_with_its_content_and_nothing_is_loaded_from_elsewhere) {
  std::set<std::string> names;
  for (const auto* asset : assets()) {
    EXPECT_TRUE(names.insert(asset->name).second);
    EXPECT_EQ(asset->body.find("http:"), std::string_view::npos) << asset->name;
    EXPECT_EQ(asset->body.find("https:"), std::string_view::npos) << asset->name;
  }
}

TEST(ConsentPage, a37_what_a_client_writes_is_shown_whole_and_as_text) {
  ConsentView view{
      .client = "<b>Bank</b>\xe2\x80\xae",
      .client_id = "agt_1",
      .description = "\"><script>",
      .redirect_host = "app.example",
      .user = "alice",
      .groups = {{.resource = "<i>API</i>",
                  .identifier = "https://api.example",
                  .switches = {{.name = "allow", .value = "k\"1", .scope = "a:b", .description = "Read <all>"}}}},
      .details = "type: x\n<script>"};
  const auto html = consent_page(Speaker{Language::en}, view);
  for (const auto* never : {"<b>Bank", "<script>", "<i>API", "Read <all>", "\xe2\x80\xae", "k\"1"})
    EXPECT_EQ(html.find(never), std::string::npos) << never;
  for (const auto* shown : {"&lt;b&gt;Bank&lt;/b&gt;", "agt_1", "app.example", "a:b", "type: x", "not verified"})
    EXPECT_NE(html.find(shown), std::string::npos) << shown;
}

TEST(Layout, a_page_says_whose_it_is_where_that_is_not_the_default_tenant) {
  const auto expect = [](const House& house, const std::string& title, const std::string& header) {
    const auto html = page(Speaker(Language::en, {}, house), {.title = "T"}, "x");
    EXPECT_NE(html.find("<title>T · " + title + "</title>"), std::string::npos) << html;
    EXPECT_NE(html.find("<span class=\"house\">" + header + "</span></header>"), std::string::npos) << html;
  };
  expect({}, "Deputy", "Deputy");
  expect({"acme", ""}, "\u2068acme\u2069 · Deputy", "<bdi>acme</bdi> · Deputy");
  // Whichever way the name runs, its id stands behind it.
  const std::string hebrew = "\u05d0\u05e7\u05de\u05d9";
  expect({hebrew, "acme"}, "\u2068" + hebrew + "\u2069 (acme) · Deputy", "<bdi>" + hebrew + "</bdi> (acme) · Deputy");
}

TEST(SignInPage, how_long_to_wait_is_said_in_whole_minutes) {
  SignInView view{.way = {.base = "", .interaction = "", .csrf = "c"}, .trouble = SignInView::Trouble::throttled};
  const auto says = [&](int seconds, std::string_view words) {
    view.wait = Seconds(seconds);
    return sign_in_page(Speaker{Language::en}, view).find(words) != std::string::npos;
  };
  EXPECT_TRUE(says(60, "Too many tries. Try again in a minute."));
  EXPECT_TRUE(says(61, "Too many tries. Try again in 2 minutes.")) << "never too early";
  EXPECT_TRUE(says(3600, "Too many tries. Try again in 60 minutes."));
}

// WCAG 2.2, 3.3.1: who hears the field hears what was wrong with it, and the title says it first.
TEST(SignInPage, what_was_wrong_is_told_in_the_title_and_at_the_field) {
  SignInView view{.way = {.base = "", .interaction = "", .csrf = "c"}};
  const auto html = [&](SignInView::Trouble trouble, Language language = Language::en) {
    view.trouble = trouble;
    return sign_in_page(Speaker{language}, view);
  };
  const auto has = [](const std::string& page, std::string_view words) {
    return page.find(words) != std::string::npos;
  };
  const auto right = html(SignInView::Trouble::none), set = html(SignInView::Trouble::done);
  for (const auto* page : {&right, &set}) {
    EXPECT_TRUE(has(*page, "<title>Sign in · ")) << *page;
    EXPECT_FALSE(has(*page, "aria-invalid")) << *page;
  }
  const auto wrong = html(SignInView::Trouble::wrong), wait = html(SignInView::Trouble::throttled);
  EXPECT_TRUE(has(wrong, "<title>Error: Sign in · ")) << wrong;
  EXPECT_TRUE(has(wrong, "<p id=\"problem\" class=\"alert\" role=\"alert\">That does not match.")) << wrong;
  for (const auto* field : {"username", "password"})
    EXPECT_TRUE(has(wrong.substr(wrong.find(std::string("<input id=\"") + field)).substr(0, 300),
                    "aria-describedby=\"problem\" aria-invalid=\"true\""))
        << field << wrong;
  EXPECT_TRUE(has(wait, "<title>Error: ")) << wait;
  EXPECT_FALSE(has(wait, "aria-invalid")) << "nothing is wrong with what was typed";
  EXPECT_TRUE(has(html(SignInView::Trouble::wrong, Language::zh), "<title>错误：登录 · "));
  const auto reset = reset_page(Speaker{Language::en}, {.way = view.way, .username = "alice", .code = "abc",
                                                        .problem = Phrase("That password cannot be used. Choose "
                                                                          "another.")});
  EXPECT_TRUE(has(reset, "aria-describedby=\"problem password-hint\" aria-invalid=\"true\"")) << reset;
  EXPECT_FALSE(has(reset.substr(0, reset.find("<input id=\"password")), "aria-invalid")) << "the code was right";
}

// WCAG 2.2, 2.4.6: who hears the buttons one by one is to know them apart.
TEST(AccountPages, buttons_that_look_alike_say_what_each_is_for) {
  const Speaker say{Language::en};
  const AccountFrame frame{.way = {.base = "", .interaction = "", .csrf = "c"}, .user = "alice"};
  const auto an_hour_later = Instant() + Seconds(3600);
  const SwitchGroup invoices{.resource = "Invoices",
                             .identifier = "https://api.example",
                             .onward = {},
                             .switches = {{.name = "", .value = "1", .scope = "inv:read", .description = "Read"},
                                          {.name = "", .value = "2", .scope = "inv:pay", .description = ""}},
                             .details = {{.name = "", .value = "3", .type = "p", .pieces = {{"Pay "}, {"Ann", true}}},
                                         {.name = "", .value = "4", .type = "p", .pieces = {{"Pay "}, {"Bob", true}}}}};
  auto elsewhere = invoices, onward = invoices;
  elsewhere.resource = "Archive";
  onward.onward = {.name = "Archivist", .id = "agt_4", .owner = ""};
  AgentsView agents{.frame = frame,
                    .agents = {{.agent = {.name = "Scout", .id = "agt_1", .owner = "Bob"},
                                .delegations = {{.id = "dlg_1", .groups = {invoices}}}},
                               {.agent = {.name = "Scout", .id = "agt_2", .owner = "Bob"},
                                .delegations = {{.id = "dlg_2"}}},
                               {.agent = {.name = "Clerk", .id = "agt_3", .owner = "Bob"},
                                .delegations = {{.id = "dlg_3", .groups = {invoices, elsewhere, onward}}}}},
                    .told = {{.id = "dsc_1", .client = {.name = "Mail", .id = "app_1", .owner = ""}},
                             {.id = "dsc_2", .client = {.name = "Mail", .id = "app_2", .owner = ""}}}};
  DevicesView devices{.frame = frame,
                      .devices = {{.session = "s1", .browser = "b1", .name = "Firefox"},
                                  {.session = "s2", .browser = "b2", .name = "Chrome"},
                                  {.session = "s3", .browser = "b3", .name = "Chrome", .seen = an_hour_later}}};
  SecurityView security{.frame = frame,
                        .methods = {{.id = "a1", .type = "passkey", .label = "Laptop"},
                                    {.id = "a2", .type = "passkey", .label = "Phone"},
                                    {.id = "a3", .type = "passkey", .label = "Phone", .since = an_hour_later}}};
  for (const auto& [page, buttons] : std::map<std::string, std::size_t>{{agents_page(say, agents), 22},
                                                                        {devices_page(say, devices), 8},
                                                                        {security_page(say, security), 5}}) {
    std::set<std::string> seen;
    std::size_t count = 0;
    for (auto at = page.find("<button"); at != std::string::npos; at = page.find("<button", at + 1), ++count)
      seen.insert(page.substr(at, page.find("</button>", at) - at));
    EXPECT_EQ(count, buttons) << page;
    EXPECT_EQ(seen.size(), count) << page;
  }
}

}  // namespace
}  // namespace deputy::pages
