// Documents against their nouns: what is refused, what is filled in, what a patch may do.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "directory/noun.h"

using namespace deputy;
using namespace deputy::directory;

namespace {

#define ID_TAIL "_01jd0000000000000000000000"

json::object parsed(std::string_view text) {
  auto object = parse_json_object(text);
  EXPECT_TRUE(object) << text;
  return object ? std::move(object).take() : json::object();
}

// The problem of a new document as "field: sentence"; "none" when it is good.
std::string problem_of_new(Kind kind, std::string_view text) {
  const auto checked = check_new(noun(kind), parsed(text));
  return checked ? "none" : checked.error().field + ": " + checked.error().sentence;
}
std::string field_of_new(Kind kind, std::string_view text) {
  const auto checked = check_new(noun(kind), parsed(text));
  return checked ? "none" : checked.error().field;
}

json::object made(Kind kind, std::string_view text) {
  auto checked = check_new(noun(kind), parsed(text));
  EXPECT_TRUE(checked) << text << (checked ? "" : checked.error().field + ": " + checked.error().sentence);
  return checked ? std::move(checked).take() : json::object();
}

std::string patched(Kind kind, const json::object& stored, std::string_view patch) {
  const auto checked = check_patch(noun(kind), stored, parsed(patch));
  return checked ? json::serialize(*checked) : checked.error().field + ": " + checked.error().sentence;
}

constexpr const char* an_agent =
    R"({"name": "worker", "owner": "usr)" ID_TAIL R"(", "attributes": {"a": 1, "b": "x"}})";
constexpr const char* a_resource = R"({"identifier": "https://api.example", "name": "API", "scopes": []})";

}  // namespace

TEST(Check, tells_of_every_field_and_every_member_that_is_wrong) {
  const auto fields = [](Kind kind, std::string_view text) {
    std::string all;
    for (const auto& problem : problems_of_new(noun(kind), parsed(text)))
      all += (problem.unknown.empty() ? problem.field : problem.field + "+" + problem.unknown) + " ";
    return all;
  };
  EXPECT_EQ(fields(Kind::resource, R"({"shoe": 1, "name": 2, "token_lifetime_s": 1, "built_in": true, "scopes":)"
                                   R"( [{"name": 3}, {"name": "a"}, {"hat": 4}]})"),
            "+shoe identifier name scopes/0/name scopes/2+hat token_lifetime_s built_in ");
  EXPECT_EQ(fields(Kind::resource, R"({"identifier": "https://a.example", "name": "a", "scopes":)"
                                   R"( [{"name": "a"}, {"name": "a"}]})"), "scopes ") << "of the list as a whole";
  EXPECT_EQ(fields(Kind::credential, R"({"type": "jwks"})"), "jwks ") << "of the document as a whole";
  EXPECT_EQ(fields(Kind::resource, a_resource), "");
}

TEST(Check, fills_in_what_an_absent_field_has) {
  const auto agent = made(Kind::agent, an_agent);
  EXPECT_EQ(json_text(agent, "delegation"), "ceiling");
  EXPECT_EQ(json_text(agent, "state"), "active");
  const auto resource = made(Kind::resource, a_resource);
  EXPECT_EQ(json_integer(resource, "token_lifetime_s"), 300);
  EXPECT_EQ(json_text(resource, "algorithm"), "ES256");
  EXPECT_FALSE(resource.contains("description"));
}

TEST(Check, requires_what_is_required) {
  EXPECT_EQ(field_of_new(Kind::agent, R"({"name": "worker"})"), "owner");
  EXPECT_EQ(field_of_new(Kind::agent, R"({"owner": "usr)" ID_TAIL R"("})"), "name");
  EXPECT_EQ(field_of_new(Kind::agent, R"({"name": null, "owner": "usr)" ID_TAIL R"("})"), "name");
  EXPECT_EQ(field_of_new(Kind::role, R"({"name": "r"})"), "permissions");
  EXPECT_EQ(field_of_new(Kind::user, R"({"name": "Ada"})"), "username");
}

TEST(Check, a38_refuses_what_is_unknown_or_the_servers_and_echoes_nothing) {
  EXPECT_EQ(problem_of_new(Kind::group, R"({"name": "g", "sneaky_member": 1})"),
            ": holds a field that is not known here");
  EXPECT_EQ(check_new(noun(Kind::group), parsed(R"({"name": "g", "sneaky_member": 1})")).error().unknown,
            "sneaky_member") << "for whoever reads a file of their own";
  EXPECT_EQ(field_of_new(Kind::agent, R"({"name": "a", "owner": "usr)" ID_TAIL R"(", "state": "active"})"), "state");
  EXPECT_EQ(field_of_new(Kind::resource, R"({"identifier": "https://a", "name": "A", "built_in": true})"), "built_in");
  EXPECT_EQ(field_of_new(Kind::credential, R"({"secret_hash": ""})"), "secret_hash");
  EXPECT_EQ(problem_of_new(Kind::resource, R"({"identifier": "https://a", "name": "A", "scopes": [{"nom": "x"}]})")
                .find("nom"),
            std::string::npos);
}

TEST(Check, holds_text_to_its_bounds_and_to_one_line) {
  EXPECT_EQ(field_of_new(Kind::group, R"({"name": ""})"), "name");
  EXPECT_EQ(field_of_new(Kind::group, R"({"name": ")" + std::string(201, 'x') + R"("})"), "name");
  EXPECT_EQ(field_of_new(Kind::group, R"({"name": 5})"), "name");
  EXPECT_EQ(field_of_new(Kind::group, R"({"name": "a\nb"})"), "name");
  EXPECT_EQ(field_of_new(Kind::group, R"({"name": "a", "description": "two\nlines"})"), "none");
  EXPECT_EQ(field_of_new(Kind::group, R"({"name": "a", "description": "a bell \u0007"})"), "description");
}

TEST(Check, counts_characters_as_json_schema_does) {
  const auto of = [](int count) {
    std::string name;
    for (int i = 0; i < count; ++i) name += "\u6771";
    return problem_of_new(Kind::group, R"({"name": ")" + name + R"("})");
  };
  EXPECT_EQ(of(200), "none");
  EXPECT_EQ(of(201), "name: must be 1 to 200 characters long");
}

TEST(Check, a_username_may_be_what_an_identity_provider_calls_somebody) {
  for (const auto* good : {"anna@globex.example", "auth0|5f7c8ec7c33c6c004bbafe82", "anna+test@x.example", "0-1_2.3"})
    EXPECT_EQ(field_of_new(Kind::user, R"({"username": ")" + std::string(good) + R"("})"), "none") << good;
  for (const auto* bad : {"@anna", "|x", "+x", "anna b", "anna\\tb", "a/b", "a:b", "a\\\\b", "\u6771", "a\u0301"})
    EXPECT_EQ(field_of_new(Kind::user, R"({"username": ")" + std::string(bad) + R"("})"), "username") << bad;
  EXPECT_EQ(field_of_new(Kind::application, R"({"name": "a", "client_id": "a@b"})"), "client_id");
}

TEST(Check, a37_refuses_text_that_shows_otherwise_than_it_reads) {
  for (const auto* bad : {"\\u202e", "\\u202a", "\\u2066", "\\u2069", "\\u2028", "\\u0085", "\\u0000", "\\u007f"})
    EXPECT_EQ(field_of_new(Kind::group, R"({"name": "pay)" + std::string(bad) + R"(ments"})"), "name") << bad;
  for (const auto* good : {"\\u05d0\\u05d1", "\\u00e9", "\\u2019", "\\u20ac", "\\ud83d\\ude80"})
    EXPECT_EQ(field_of_new(Kind::group, R"({"name": "pay)" + std::string(good) + R"(ments"})"), "none") << good;
}

TEST(Check, a37_refuses_a_name_of_which_nothing_is_seen) {
  for (const auto* blank : {" ", "  ", "\u200b", "\u3164", "\u2800", "\u00a0\u200d", "\ufe0f"})
    EXPECT_EQ(problem_of_new(Kind::group, R"({"name": ")" + std::string(blank) + R"("})"),
              "name: must hold something that can be seen")
        << blank;
  EXPECT_EQ(problem_of_new(Kind::group, R"({"name": " \u200b."})"), "none");
}

TEST(Check, a19_a_name_cannot_pass_for_an_id) {
  EXPECT_EQ(field_of_new(Kind::user, R"({"username": "ada.l-1_x"})"), "none");
  for (const auto* bad : {"usr" ID_TAIL, "agt" ID_TAIL, ".ada", "ada l", "ad\\u00e4", ""})
    EXPECT_EQ(field_of_new(Kind::user, R"({"username": ")" + std::string(bad) + R"("})"), "username") << bad;
  EXPECT_EQ(field_of_new(Kind::application, R"({"name": "a", "client_id": "agt)" ID_TAIL R"("})"), "client_id");
}

TEST(Check, a_reference_names_a_kind_that_may_stand_there) {
  EXPECT_EQ(field_of_new(Kind::agent, R"({"name": "a", "owner": "agt)" ID_TAIL R"("})"), "owner");
  EXPECT_EQ(field_of_new(Kind::agent, R"({"name": "a", "owner": "usr_1"})"), "owner");
  EXPECT_EQ(field_of_new(Kind::agent, R"({"name": "a", "owner": ["usr)" ID_TAIL R"("]})"), "owner");
  const auto with_delegates = [](const std::string& list) {
    return field_of_new(Kind::agent, R"({"name": "a", "owner": "grp)" ID_TAIL R"(", "delegates": )" + list + "}");
  };
  EXPECT_EQ(with_delegates(R"(["agt)" ID_TAIL R"(", "grp)" ID_TAIL R"("])"), "none");
  EXPECT_EQ(with_delegates(R"(["agt)" ID_TAIL R"(", "agt)" ID_TAIL R"("])"), "delegates");
  EXPECT_EQ(with_delegates(R"(["usr)" ID_TAIL R"("])"), "delegates");
}

TEST(Check, holds_numbers_instants_choices_and_uris) {
  const auto with = [](const std::string& more) {
    return field_of_new(Kind::resource, R"({"identifier": "https://a", "name": "A", )" + more + "}");
  };
  EXPECT_EQ(with(R"("token_lifetime_s": 30)"), "none");
  for (const auto* bad : {"29", "86401", "300.5", "\"300\"", "1e30"})
    EXPECT_EQ(with(R"("token_lifetime_s": )" + std::string(bad)), "token_lifetime_s") << bad;
  EXPECT_EQ(with(R"("algorithm": "none")"), "algorithm");
  EXPECT_EQ(with(R"("algorithm": "HS256")"), "algorithm");
  EXPECT_EQ(with(R"("token_format": "opaque")"), "none");
  EXPECT_EQ(field_of_new(Kind::resource, R"({"identifier": "http://api.example", "name": "A"})"), "identifier");
  for (const auto* other : {"HTTPS://api.example/x", "https://API.example/x", "https://api.example:443/x",
                            "http://localhost:80", "urn:Example:x"})
    EXPECT_EQ(field_of_new(Kind::resource, R"({"name": "A", "identifier": ")" + std::string(other) + "\"}"),
              "identifier") << other;
  EXPECT_EQ(field_of_new(Kind::resource, R"({"name": "A", "identifier": "https://api.example:8443/X?Y=Z"})"), "none");
  EXPECT_EQ(field_of_new(Kind::credential, R"({"expires_at": "2027-01-01T00:00:00Z"})"), "none");
  EXPECT_EQ(field_of_new(Kind::credential, R"({"expires_at": "tomorrow"})"), "expires_at");
}

TEST(Check, an_acr_asks_for_ways_in_which_people_sign_in_here) {
  const auto with = [](const std::string& amr) {
    return field_of_new(Kind::tenant, R"({"name": "T", "acr_values": [{"acr": "gold", "amr": [)" + amr + "]}]}");
  };
  EXPECT_EQ(with(R"("pwd", "otp", "mfa", "pop", "user")"), "none");
  for (const auto* typo : {R"("mfaa")", R"("pwd", "MFA")", R"("hwk")", R"("pwd ")"})
    EXPECT_EQ(with(typo), "acr_values") << typo;
}

TEST(Check, scopes_form_a_tree_of_their_own) {
  const auto with = [](const std::string& scopes) {
    return field_of_new(Kind::resource, R"({"identifier": "https://a", "name": "A", "scopes": )" + scopes + "}");
  };
  EXPECT_EQ(with(R"([{"name": "a"}, {"name": "a:r", "parent": "a", "sensitivity": "high", "description": "Read."}])"),
            "none");
  EXPECT_EQ(with(R"([{"name": "a:*"}])"), "scopes");
  for (const auto* own : {"openid", "profile", "email", "offline_access"})
    EXPECT_EQ(with(R"([{"name": "email:send"}, {"name": ")" + std::string(own) + "\"}]"), "scopes") << own;
  EXPECT_EQ(with(R"([{"name": "email:send"}])"), "none");
  EXPECT_EQ(with(R"([{"name": "a b"}])"), "scopes");
  EXPECT_EQ(with(R"([{"name": "a"}, {"name": "a"}])"), "scopes");
  EXPECT_EQ(with(R"([{"name": "a", "parent": "b"}])"), "scopes");
  EXPECT_EQ(with(R"([{"name": "a", "parent": "a"}])"), "scopes");
  EXPECT_EQ(with(R"([{"name": "a", "parent": "b"}, {"name": "b", "parent": "c"}, {"name": "c", "parent": "b"}])"),
            "scopes");
  EXPECT_EQ(with(R"([{"parent": "a"}])"), "scopes/0/name");
  EXPECT_EQ(with(R"([{"name": "a"}, {"name": "b", "sensitivity": "none"}])"), "scopes/1/sensitivity");
  EXPECT_EQ(with(R"(["a"])"), "scopes/0");
  EXPECT_EQ(with(R"({"name": "a"})"), "scopes");
}

TEST(Check, a_permission_has_one_star_and_at_its_end) {
  const auto with = [](const std::string& scopes) {
    return field_of_new(Kind::role, R"({"name": "r", "permissions": [{"resource": "res)" ID_TAIL R"(", "scopes": [)" +
                                        scopes + "]}]}");
  };
  EXPECT_EQ(with(R"("booking:read", "booking:*", "*")"), "none");
  for (const auto* bad : {R"("*:read")", R"("a*b")", R"("**")", R"("a b")", R"("a\"")"})
    EXPECT_EQ(with(bad), "permissions") << bad;
  EXPECT_EQ(with(""), "permissions/0/scopes");
  EXPECT_EQ(field_of_new(Kind::role, R"({"name": "r", "permissions": [{"resource": "https://a", "scopes": ["a"]}]})"),
            "permissions/0/resource");
}

TEST(Check, a_schema_is_one_that_can_be_held) {
  const auto with = [](const std::string& rule) {
    return field_of_new(Kind::agent_type, R"({"name": "t", "schema": [)" + rule + "]}");
  };
  EXPECT_EQ(with(R"({"name": "team", "type": "string", "pattern": "[a-z]+", "required": true, "unique": true})"),
            "none");
  EXPECT_EQ(with(R"({"name": "region", "type": "enum", "values": ["eu", "us"]})"), "none");
  EXPECT_EQ(with(R"({"name": "team", "pattern": "[a-z]+"}, {"name": "key", "credential": true})"), "none");
  EXPECT_EQ(with(R"({"name": "team", "values": ["a"]})"), "schema");
  EXPECT_EQ(with(R"({"name": "region", "type": "enum"})"), "schema");
  EXPECT_EQ(with(R"({"name": "team", "type": "string", "values": ["a"]})"), "schema");
  EXPECT_EQ(with(R"({"name": "key", "type": "number", "credential": true})"), "schema");
  EXPECT_EQ(with(R"({"name": "team", "type": "number", "pattern": "\\d"})"), "schema");
  EXPECT_EQ(with(R"({"name": "team", "type": "string", "pattern": "(a+)+"})"), "schema");
  EXPECT_EQ(with(R"({"name": "a", "type": "string"}, {"name": "a", "type": "number"})"), "schema");
  EXPECT_EQ(with(R"({"name": "a", "type": "object"})"), "schema/0/type");
}

TEST(Check, a_malformed_pattern_is_told_what_one_is_of) {
  const auto said = [](const std::string& pattern) {
    const auto rule = json::object{{"name", "team"}, {"pattern", pattern}};
    const json::object type{{"name", "t"}, {"schema", json::array{rule}}};
    const auto checked = check_new(noun(Kind::agent_type), type);
    return checked ? "none" : checked.error().sentence;
  };
  for (const auto* form : {"a", ".", "\\d", "\\w", "[a-z_]"})
    for (const auto* behind : {"", "?", "*", "+", "{3}", "{1,3}"}) EXPECT_EQ(said(std::string(form) + behind), "none");
  for (const auto* bad : {"(a)", "a|b", "^a$", "[a", "a{101}"})
    for (const auto* form : {"characters", "`.`", "`\\d`", "`\\w`", "`[a-z_]`", "`{m,n}`", "no groups"})
      EXPECT_NE(said(bad).find(form), std::string::npos) << bad << ": " << said(bad);
}

TEST(Check, attributes_are_scalars) {
  const auto with = [](const std::string& attributes) {
    return field_of_new(Kind::user, R"({"username": "u", "attributes": )" + attributes + "}");
  };
  EXPECT_EQ(with(R"({"a": 1, "b": 1.5, "c": "x", "d": true, "e": 9007199254740993})"), "none");
  for (const auto* bad : {R"({"a": {}})", R"({"a": []})", R"({"a": null})", R"([])", R"({"": 1})",
                          R"({"a": 123456789012345678901234567890})", R"({"a": -1e16})"})
    EXPECT_EQ(with(bad), "attributes") << bad;
}

TEST(Check, a_credential_holds_what_its_type_names) {
  EXPECT_EQ(field_of_new(Kind::credential, R"({})"), "none");
  EXPECT_EQ(field_of_new(Kind::credential, R"({"type": "jwks", "jwks": {"keys": [{"kty": "EC"}]}})"), "none");
  EXPECT_EQ(field_of_new(Kind::credential, R"({"type": "jwks"})"), "jwks");
  EXPECT_EQ(field_of_new(Kind::credential, R"({"type": "secret", "jwks": {"keys": [{"kty": "EC"}]}})"), "jwks");
  EXPECT_EQ(field_of_new(Kind::credential, R"({"type": "jwks_uri", "jwks_uri": "urn:example:keys"})"), "jwks_uri");
  EXPECT_EQ(field_of_new(Kind::credential, R"({"type": "jwks", "jwks": {"keys": []}})"), "jwks");
  for (const auto* secret : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
    EXPECT_EQ(field_of_new(Kind::credential, R"({"type": "jwks", "jwks": {"keys": [{"kty": "EC"}, {")" +
                                                 std::string(secret) + R"(": "x"}]}})"),
              "jwks")
        << secret;
}

TEST(Patch, changes_removes_and_restores_what_it_names) {
  const auto agent =
      made(Kind::agent, R"({"name": "a", "owner": "usr)" ID_TAIL R"(", "description": "d", "delegation": "any"})");
  const auto checked = check_patch(noun(Kind::agent), agent,
                                   parsed(R"({"name": "b", "description": null, "delegation": null})"));
  ASSERT_TRUE(checked);
  EXPECT_EQ(json_text(*checked, "name"), "b");
  EXPECT_FALSE(checked->contains("description"));
  EXPECT_EQ(json_text(*checked, "delegation"), "ceiling");
  EXPECT_EQ(json_text(*checked, "owner"), "usr" ID_TAIL);
}

TEST(Patch, merges_attributes_as_rfc_7396_does) {
  auto user = made(Kind::user, R"({"username": "u", "attributes": {"a": 1, "b": "x"}})");
  auto checked = check_patch(noun(Kind::user), user, parsed(R"({"attributes": {"a": null, "c": true}})"));
  ASSERT_TRUE(checked);
  EXPECT_EQ(*json_member_object(*checked, "attributes"), parsed(R"({"b": "x", "c": true})"));
  user.erase("attributes");
  checked = check_patch(noun(Kind::user), user, parsed(R"({"attributes": {"a": null, "c": true}})"));
  ASSERT_TRUE(checked);
  EXPECT_EQ(*json_member_object(*checked, "attributes"), parsed(R"({"c": true})"));
}

TEST(Patch, takes_away_what_was_said_of_a_field_that_changes) {
  const auto user = made(Kind::user, R"({"username": "a", "email": "a@b.example", "email_verified": true})");
  const auto verified = [&](std::string_view patch) {
    const auto checked = check_patch(noun(Kind::user), user, parsed(patch));
    if (!checked) return checked.error().field + ": " + checked.error().sentence;
    return checked->contains("email_verified") ? json::serialize(checked->at("email_verified")) : "";
  };
  EXPECT_EQ(verified(R"({"name": "A", "email": "a@b.example"})"), "true");
  EXPECT_EQ(verified(R"({"email": "A@b.example"})"), "");
  EXPECT_EQ(verified(R"({"email": null})"), "");
  EXPECT_EQ(verified(R"({"email": "c@b.example", "email_verified": true})"), "true");
  EXPECT_EQ(verified(R"({"email": "c@b.example", "email_verified": null})"), "");
  const std::string alone = "email_verified: needs email, of which it is said";
  EXPECT_EQ(verified(R"({"email": null, "email_verified": false})"), alone);
  EXPECT_EQ(problems_of_new(noun(Kind::user), parsed(R"({"username": "a", "email_verified": true})")).at(0).sentence,
            "needs email, of which it is said");
}

TEST(Patch, a38_leaves_alone_what_it_may_not_change) {
  const auto agent = made(Kind::agent, an_agent);
  const auto owner = R"({"owner": "usr)" ID_TAIL R"("})";
  EXPECT_EQ(patched(Kind::agent, agent, owner), json::serialize(agent)) << "what is so already is no change";
  EXPECT_TRUE(patched(Kind::agent, agent, R"({"owner": "grp)" ID_TAIL R"("})").starts_with("owner: "));
  EXPECT_TRUE(patched(Kind::agent, agent, R"({"owner": null})").starts_with("owner: "));
  EXPECT_TRUE(patched(Kind::agent, agent, R"({"client_id": "x"})").starts_with("client_id: "));
  EXPECT_TRUE(patched(Kind::agent, agent, R"({"state": "active"})").starts_with("state: "));
  EXPECT_TRUE(patched(Kind::agent, agent, R"({"name": null})").starts_with("name: "));
  EXPECT_TRUE(patched(Kind::agent, agent, R"({"id": "x"})").starts_with(": "));
  const auto resource = made(Kind::resource, a_resource);
  const auto moved_to = [&](std::string_view uri) {
    return patched(Kind::resource, resource, R"({"identifier": ")" + std::string(uri) + "\"}");
  };
  EXPECT_EQ(moved_to(*json_text(resource, "identifier")), json::serialize(resource));
  EXPECT_TRUE(moved_to("https://other.example").starts_with("identifier: "));
}

TEST(Patch, a38_says_nothing_of_a_secret_that_is_guessed) {
  auto credential = made(Kind::credential, "{}");
  credential["secret_hash"] = std::string(64, 'a');
  EXPECT_EQ(patched(Kind::credential, credential, R"({"secret_hash": ")" + std::string(64, 'a') + "\"}"),
            patched(Kind::credential, credential, R"({"secret_hash": ")" + std::string(64, 'b') + "\"}"));
}

RC_GTEST_PROP(Patch, twice_is_as_once_and_leaves_a_document_that_is_good, ()) {
  const auto& noun = directory::noun(Kind::user);
  const auto value = [](std::vector<std::string> texts) { return *rc::gen::elementOf(std::move(texts)); };
  json::object patch;
  const std::map<std::string, std::vector<std::string>> values{
      {"username", {"\"ada\"", "\"bob\"", "\"ada\"", "null"}},
      {"name", {"\"Ada\"", "null", "\"\"", "7"}},
      {"email", {"\"a@b.example\"", "\"c@d.example\"", "null"}},
      {"email_verified", {"true", "false", "null", "7"}},
      {"state", {"\"disabled\"", "\"active\"", "null"}},
      {"organization", {"\"org" ID_TAIL "\"", "null"}},
      {"attributes", {"{\"a\":null,\"b\":2}", "{\"c\":\"x\"}", "{}", "null", "{\"a\":null,\"b\":null}"}}};
  for (const auto& [field, texts] : values)
    if (*rc::gen::arbitrary<bool>()) patch[field] = *parse_json(value(texts));
  const auto stored = *check_new(noun, parsed(R"({"username": "u", "name": "n", "email": "c@d.example",
                                                     "email_verified": true, "attributes": {"a": 1, "b": 1}})"));
  const auto once = check_patch(noun, stored, patch);
  RC_CLASSIFY(static_cast<bool>(once));
  if (!once) return;
  const auto twice = check_patch(noun, *once, patch);
  RC_ASSERT(static_cast<bool>(twice));
  RC_ASSERT(*twice == *once);
  const auto again = check_new(noun, *once);
  RC_ASSERT(static_cast<bool>(again));
  RC_ASSERT(*again == *once);
}

TEST(References, are_found_wherever_they_stand) {
  const auto document = made(Kind::agent, R"({"name": "a", "owner": "usr)" ID_TAIL R"(", "type": "aty)" ID_TAIL
                                          R"(", "delegates": ["agt)" ID_TAIL R"(", "grp)" ID_TAIL R"("]})");
  std::vector<std::string> found;
  for (const auto& one : references_of(noun(Kind::agent), document)) found.push_back(one.field + "=" + one.id);
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, (std::vector<std::string>{"delegates=agt" ID_TAIL, "delegates=grp" ID_TAIL, "owner=usr" ID_TAIL,
                                             "type=aty" ID_TAIL}));
  const auto role =
      made(Kind::role, R"({"name": "r", "permissions": [{"resource": "res)" ID_TAIL R"(", "scopes": ["a"]}]})");
  ASSERT_EQ(references_of(noun(Kind::role), role).size(), 1u);
  EXPECT_EQ(references_of(noun(Kind::role), role)[0].id, "res" ID_TAIL);
}

TEST(Indexes, hold_what_the_table_says) {
  std::map<std::string, std::pair<std::string, bool>> found;
  const auto user = made(Kind::user, R"({"username": "Ada", "name": "Ada"})");
  for (const auto& entry : index_entries(noun(Kind::user), user))
    found[entry.name] = {entry.value, entry.unique};
  EXPECT_EQ(found, (std::map<std::string, std::pair<std::string, bool>>{{"state", {"active", false}},
                                                                        {"username", {"Ada", true}},
                                                                        {"username_folded", {"ada", false}}}));
}

TEST(Kinds, are_known_by_the_prefix_of_their_ids) {
  EXPECT_EQ(kind_of_id("agt" ID_TAIL), Kind::agent);
  EXPECT_EQ(kind_of_id("res" ID_TAIL), Kind::resource);
  for (const auto* bad : {"", "_", "agt", "agt_", "agt_01", "xyz" ID_TAIL, "AGT" ID_TAIL, ID_TAIL, "agt" ID_TAIL "0"})
    EXPECT_FALSE(kind_of_id(bad)) << bad;
}
