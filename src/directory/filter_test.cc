// Filters: what they mean, what they refuse, and that text and tree are two forms of one thing.
#include "directory/filter.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

using namespace deputy;
using namespace deputy::directory;

namespace {

const json::object document = *parse_json_object(R"({
    "name": "Invoice worker", "owner": "usr_1", "state": "active", "seats": 3, "big": 9007199254740993, "ratio": 0.5,
    "built_in": true, "empty": "", "none": null, "no_list": [], "delegates": ["agt_1", "grp_2"],
    "expires_at": "2027-01-01T00:30:00+01:00", "attributes": {"team": "billing", "a.b": 1, "a": {"b": 2}},
    "scopes": [{"name": "read", "sensitivity": "low"}, {"name": "pay", "sensitivity": "high"}]})");

bool holds(std::string_view text) {
  const auto filter = Filter::parse(text);
  EXPECT_TRUE(filter) << text << ": " << (filter ? "" : filter.error().sentence);
  return filter && filter->matches(document);
}

std::string printed(std::string_view text) {
  const auto filter = Filter::parse(text);
  EXPECT_TRUE(filter) << text;
  return filter ? filter->text() : "";
}

}  // namespace

TEST(Filter, compares_text) {
  EXPECT_TRUE(holds(R"(owner eq "usr_1")"));
  EXPECT_FALSE(holds(R"(owner eq "usr_2")"));
  EXPECT_FALSE(holds(R"(owner eq "USR_1")"));
  EXPECT_TRUE(holds(R"(owner ne "usr_2")"));
  EXPECT_TRUE(holds(R"(name co "voice")"));
  EXPECT_FALSE(holds(R"(name co "Voice")"));
  EXPECT_TRUE(holds(R"(name sw "Inv")"));
  EXPECT_FALSE(holds(R"(name sw "worker")"));
  EXPECT_TRUE(holds(R"(name gt "Invoice")"));
  EXPECT_TRUE(holds(R"(state lt "b")"));
  EXPECT_TRUE(holds(R"(name eq "Invoice\u0020worker")"));
}

TEST(Filter, compares_numbers_and_booleans) {
  EXPECT_TRUE(holds("seats eq 3"));
  EXPECT_TRUE(holds("seats eq 3.0"));
  EXPECT_TRUE(holds("seats ge 3"));
  EXPECT_FALSE(holds("seats gt 3"));
  EXPECT_TRUE(holds("seats lt 3.5"));
  EXPECT_TRUE(holds("seats le 3e0"));
  EXPECT_TRUE(holds("ratio eq 0.5"));
  EXPECT_TRUE(holds("seats gt -1"));
  EXPECT_TRUE(holds("big eq 9007199254740993"));
  EXPECT_FALSE(holds("big eq 9007199254740992")) << "a double would say so";
  EXPECT_TRUE(holds("built_in eq true"));
  EXPECT_TRUE(holds("built_in ne false"));
}

TEST(Filter, orders_instants_by_time_and_not_by_text) {
  EXPECT_TRUE(holds(R"(expires_at lt "2026-12-31T23:45:00Z")"));
  EXPECT_TRUE(holds(R"(expires_at ge "2026-12-31T23:30:00Z")"));
  EXPECT_FALSE(holds(R"(expires_at gt "2026-12-31T23:30:00Z")"));
}

TEST(Filter, equals_an_instant_however_it_is_written) {
  for (const auto* same : {"2026-12-31T23:30:00Z", "2026-12-31T23:30:00.000Z", "2027-01-01T00:30:00+01:00"}) {
    EXPECT_TRUE(holds("expires_at eq \"" + std::string(same) + "\"")) << same;
    EXPECT_FALSE(holds("expires_at ne \"" + std::string(same) + "\"")) << same;
  }
  EXPECT_FALSE(holds(R"(expires_at eq "2027-01-01T00:30:00Z")"));
  EXPECT_TRUE(holds(R"(expires_at ne "2027-01-01T00:30:00Z")"));
  EXPECT_TRUE(holds(R"(expires_at sw "2027")"));
}

TEST(Filter, what_is_absent_or_of_another_type_equals_nothing) {
  for (const auto* text : {"missing eq \"x\"", "missing lt \"x\"", "seats eq \"3\"", "owner eq 3", "owner gt 3",
                           "built_in eq \"true\"", "none eq \"\"", "name.first eq \"I\"", "missing pr"})
    EXPECT_FALSE(holds(text)) << text;
  EXPECT_TRUE(holds("missing ne \"x\""));
  EXPECT_TRUE(holds("seats ne \"3\""));
  EXPECT_TRUE(holds("not (missing pr)"));
}

TEST(Filter, present_is_not_empty) {
  EXPECT_TRUE(holds("owner pr"));
  EXPECT_TRUE(holds("seats pr"));
  EXPECT_TRUE(holds("delegates pr"));
  EXPECT_FALSE(holds("empty pr"));
  EXPECT_FALSE(holds("none pr"));
  EXPECT_FALSE(holds("no_list pr"));
}

TEST(Filter, follows_paths_and_asks_each_of_a_list) {
  EXPECT_TRUE(holds(R"(attributes.team eq "billing")"));
  EXPECT_FALSE(holds(R"(attributes.team eq "sales")"));
  EXPECT_TRUE(holds("attributes.a.b eq 1")) << "an attribute's own name may hold a dot";
  EXPECT_TRUE(holds(R"(delegates eq "grp_2")"));
  EXPECT_FALSE(holds(R"(delegates eq "grp_3")"));
  EXPECT_FALSE(holds(R"(delegates ne "grp_2")"));
  EXPECT_TRUE(holds(R"(scopes.name eq "pay")"));
  EXPECT_TRUE(holds(R"(scopes.sensitivity eq "high" and scopes.name eq "read")"));
}

TEST(Filter, and_binds_tighter_than_or) {
  EXPECT_TRUE(holds("owner pr or missing pr and missing pr"));
  EXPECT_FALSE(holds("(owner pr or missing pr) and missing pr"));
  EXPECT_FALSE(holds("not (owner pr) or missing pr"));
  EXPECT_TRUE(holds("NOT(missing pr) AND Owner pr or owner PR"));
}

TEST(Filter, refuses_what_is_no_filter) {
  for (const auto* bad :
       {"", " ", "owner", "owner eq", "eq \"x\"", "owner is \"x\"", "owner eq x", "owner eq 'x'", "owner eq \"x",
        "owner eq \"\\x\"", "owner eq \"\n\"", "owner eq null", "owner eq [1]", "owner eq 01", "owner eq .5",
        "owner eq 1e999", "owner eq nan", "owner eq infinity", "owner eq +1", "owner eq TRUE", "owner pr owner pr",
        "owner pr and", "and owner pr", "owner pr or or owner pr", "(owner pr", "owner pr)", "()", "not owner pr",
        "not", "owner. pr", ".owner pr", "a..b pr", "9a pr", "owner eq \"a\" \"b\"", "owner gt true", "owner co 1",
        "owner sw false", "owner[type eq \"x\"] pr", "owner eq \"\\ud800\"", "owner eq \"\xff\"", "ow\xc3\xa9r pr"}) {
    const auto filter = Filter::parse(bad);
    EXPECT_FALSE(filter) << bad;
    if (!filter) EXPECT_EQ(filter.error().field, "filter");
  }
}

TEST(Filter, a42_has_limits) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '(') + "a pr" + std::string(depth, ')');
  };
  EXPECT_TRUE(Filter::parse(nested(Filter::depth_max)));
  EXPECT_FALSE(Filter::parse(nested(Filter::depth_max + 1)));
  const auto joined = [](std::size_t comparisons) {
    std::string text = "a pr";
    for (std::size_t i = 1; i < comparisons; ++i) text += " or a pr";
    return text;
  };
  EXPECT_TRUE(Filter::parse(joined(Filter::comparisons_max)));
  EXPECT_FALSE(Filter::parse(joined(Filter::comparisons_max + 1)));
  EXPECT_TRUE(Filter::parse("a eq \"" + std::string(Filter::bytes_max - 7, 'x') + "\""));
  EXPECT_FALSE(Filter::parse("a eq \"" + std::string(Filter::bytes_max - 6, 'x') + "\""));
  std::string tabs;  // each is two bytes as sent, six as printed
  for (int i = 0; i < 300; ++i) tabs += "\\t";
  EXPECT_FALSE(Filter::parse("a eq \"" + tabs + "\""));
}

TEST(Filter, is_printed_in_one_form) {
  EXPECT_EQ(printed("  ((owner  EQ \"a\"))AND(b pr)"), "owner eq \"a\" and b pr");
  EXPECT_EQ(printed("a pr and (b pr and c pr)"), "a pr and (b pr and c pr)");
  EXPECT_EQ(printed("(a pr or b pr) and not(c eq 1.50)"), "(a pr or b pr) and not (c eq 1.5)");
  EXPECT_EQ(printed("a eq -0.0 or a eq 1e2 or a eq true"), "a eq 0 or a eq 100 or a eq true");
  EXPECT_EQ(printed("a eq \"\\u0041\\/\\\"\""), "a eq \"A/\\\"\"");
}

TEST(Filter, finds_an_index_that_every_match_is_in) {
  const auto on = [](std::string_view text) -> std::string {
    const auto entry = Filter::parse(text)->equality_on(noun(Kind::agent).fields);
    return entry ? entry->name + "=" + entry->value + (entry->unique ? "!" : "") : "none";
  };
  EXPECT_EQ(on(R"(owner eq "usr_1")"), "owner=usr_1");
  EXPECT_EQ(on(R"(description pr and (owner eq "usr_1" and seats gt 3))"), "owner=usr_1");
  EXPECT_EQ(on(R"(owner eq "usr_1" and client_id eq "x")"), "client_id=x!");
  EXPECT_EQ(on(R"(owner eq "usr_1" or name eq "x")"), "none");
  EXPECT_EQ(on(R"(not (owner eq "usr_1"))"), "none");
  EXPECT_EQ(on(R"(owner ne "usr_1")"), "none");
  EXPECT_EQ(on(R"(owner eq 5)"), "none");
  EXPECT_EQ(on(R"(description eq "x")"), "none") << "it has no index";
  EXPECT_EQ(on(R"(client_id eq "2026-12-31T23:30:00Z")"), "none") << "an index knows one spelling of an instant";
  EXPECT_EQ(on(R"(state eq "expired")"), "none") << "the clock says that, and no index";
}

TEST(Filter, matches_fields_without_regard_to_case_and_names_of_attributes_with_it) {
  EXPECT_TRUE(holds(R"(Owner eq "usr_1" and STATE eq "active")"));
  EXPECT_TRUE(holds(R"(Attributes.team eq "billing")"));
  EXPECT_FALSE(holds(R"(attributes.Team eq "billing")"));
  EXPECT_EQ(printed(R"(Attributes.Team pr)"), "attributes.Team pr");
}

TEST(Filter, refuses_a_value_that_the_field_never_has) {
  const auto fits = [](std::string_view text) {
    const auto fitting = Filter::parse(text)->fits(noun(Kind::agent));
    return fitting ? "fits" : fitting.error().sentence;
  };
  for (const auto* good : {R"(expires_at gt "2026-11-24T06:00:00Z")", R"(expires_at sw "2026")", R"(version gt 1)",
                           R"(created_at pr)", R"(state ne "active")", R"(state sw "sus")", R"(public eq true)",
                           R"(name co "5")", R"(attributes.size gt 3)", R"(other eq "x")", R"(owner sw "usr_")",
                           R"(delegates eq "agt_00000000000000000000000000")",
                           R"(owner ne "grp_00000000000000000000000000")", R"(id eq "agt_00000000000000000000000000")"})
    EXPECT_EQ(fits(good), "fits") << good;
  EXPECT_EQ(fits(R"(name pr and not (state eq "bogus"))"), "must compare state with one of its values");
  EXPECT_EQ(fits(R"(version gt "1")"), "must compare version with a number");
  EXPECT_EQ(fits(R"(updated_at lt "yesterday")"), "must compare updated_at with a time as \"2026-11-24T06:00:00Z\"");
  EXPECT_EQ(fits(R"(expires_at eq 5)"), "must compare expires_at with a time as \"2026-11-24T06:00:00Z\"");
  EXPECT_EQ(fits(R"(public eq "true")"), "must compare public with true or false");
  EXPECT_EQ(fits(R"(name eq 5)"), "must compare name with a text in double quotes");
  EXPECT_EQ(fits(R"(owner eq "group/g1")"), "must compare owner with an id: usr_… or grp_…");
  EXPECT_EQ(fits(R"(owner eq "agt_00000000000000000000000000")"), "must compare owner with an id: usr_… or grp_…");
  EXPECT_EQ(fits(R"(name pr and organization ne "acme")"), "must compare organization with an id: org_…");
  EXPECT_EQ(fits(R"(delegates eq true)"), "must compare delegates with an id: agt_… or grp_…");
  EXPECT_EQ(fits(R"(id eq "travel-bot")"), "must compare id with an id: agt_…");
  const auto of_role = Filter::parse(R"(permissions.resource eq "https://api.example")")->fits(noun(Kind::role));
  EXPECT_EQ(of_role.error().sentence, "must compare permissions.resource with an id: res_…");
}

TEST(Filter, refuses_a_value_that_no_type_gives_the_attribute) {
  const auto rules = rules_of(*parse_json_object(R"({"schema": [
      {"name": "level", "type": "number"}, {"name": "live", "type": "boolean"}, {"name": "team", "type": "string"},
      {"name": "region", "type": "enum", "values": ["eu", "us"]}, {"name": "code", "type": "number"},
      {"name": "code", "type": "string"}]})"));
  const auto fits = [&](std::string_view text) {
    const auto fitting = Filter::parse(text)->fits(rules);
    return fitting ? "fits" : fitting.error().sentence;
  };
  for (const auto* good : {R"(attributes.level gt 3)", R"(attributes.live eq true)", R"(attributes.team eq "x")",
                           R"(attributes.region ne "eu")", R"(attributes.region sw "e")", R"(attributes.level pr)",
                           R"(attributes.code eq "3")", R"(attributes.code eq 3)", R"(attributes.other eq "3")"})
    EXPECT_EQ(fits(good), "fits") << good;
  EXPECT_EQ(fits(R"(name pr and attributes.level eq "3")"), "must compare attributes.level with a number");
  EXPECT_EQ(fits(R"(attributes.live eq "true")"), "must compare attributes.live with true or false");
  EXPECT_EQ(fits(R"(attributes.team eq 3)"), "must compare attributes.team with a text in double quotes");
  EXPECT_EQ(fits(R"(attributes.region eq "asia")"), "must compare attributes.region with one of its values");
}

TEST(Filter, names_what_is_compared_with_references) {
  auto filter = Filter::parse(R"(owner eq "group/g1" and (name eq "x" or organization ne "acme") and owner sw "usr_")");
  ASSERT_TRUE(filter);
  const auto mentions = filter->mentions(noun(Kind::agent));
  ASSERT_EQ(mentions.size(), 2u);
  EXPECT_EQ(mentions[0].path, "owner");
  EXPECT_EQ(mentions[0].kinds.size(), 2u);
  *mentions[0].text = json::value("grp_1");
  EXPECT_EQ(filter->text(), R"(owner eq "grp_1" and (name eq "x" or organization ne "acme") and owner sw "usr_")");
}

TEST(Filter, names_the_fields_it_asks_about) {
  const auto filter =
      Filter::parse(R"(owner pr and (attributes.team eq "x" or attributes.size gt 1) and owner ne "y")");
  ASSERT_TRUE(filter);
  EXPECT_EQ(filter->fields(), (std::vector<std::string_view>{"owner", "attributes"}));
}

namespace {

std::string one_of(std::vector<std::string> texts) { return *rc::gen::elementOf(std::move(texts)); }

std::string some_filter(int depth) {
  const int form = depth == 0 ? 0 : *rc::gen::inRange(0, 6);
  if (form == 1) return some_filter(depth - 1) + " and " + some_filter(depth - 1);
  if (form == 2) return some_filter(depth - 1) + " or " + some_filter(depth - 1);
  if (form == 3) return "not (" + some_filter(depth - 1) + ")";
  if (form == 4) return "(" + some_filter(depth - 1) + ")";
  const auto path =
      one_of({"name", "attributes.team", "seats", "state", "missing"});
  const auto pick = *rc::gen::inRange(0, 4);
  if (pick == 0) return path + " pr";
  if (pick == 1) return path + one_of({" eq true", " ne false"});
  if (pick == 2) {
    const auto number = std::to_string(*rc::gen::inRange(-5, 5)) +
                        one_of({"", ".5", "e3", ".25e-7"});
    return path + one_of({" eq ", " lt ", " ge "}) + number;
  }
  std::string out =
      path + one_of({" eq ", " ne ", " co ", " sw ", " gt ", " le "});
  append_json_string(out, *rc::gen::container<std::string>(rc::gen::elementOf(std::string("abc\"\\\n )("))));
  return out;
}

}  // namespace

RC_GTEST_PROP(Filter, what_is_printed_is_read_as_it_was, ()) {
  const auto filter = Filter::parse(some_filter(3));
  if (!filter) return;  // beyond a limit
  const auto again = Filter::parse(filter->text());
  RC_ASSERT(static_cast<bool>(again));
  RC_ASSERT(again->text() == filter->text());
  RC_ASSERT(again->matches(document) == filter->matches(document));
}

RC_GTEST_PROP(Filter, an_index_never_misses_a_match, ()) {
  const auto name = one_of({"name", "state"});
  const auto filter =
      Filter::parse(some_filter(2) + one_of({" and ", " or "}) + name +
                    " eq \"x\"" + one_of({"", " and a pr"}));
  if (!filter) return;
  constexpr Field indexed[] = {
      {.name = "name", .type = Type::text, .need = Need::required, .doc = "", .indexed = Indexed::yes},
      {.name = "state", .type = Type::text, .need = Need::optional, .doc = "", .indexed = Indexed::unique}};
  const auto entry = filter->equality_on(indexed);
  RC_CLASSIFY(entry.has_value());
  if (!entry) return;
  auto other = document;
  other[entry->name] = entry->value + "x";
  RC_ASSERT(!filter->matches(other));
  other.erase(entry->name);
  RC_ASSERT(!filter->matches(other));
}
