// Acr: what signing in by which methods is worth.
#include "signin/acr.h"

#include <gtest/gtest.h>

#include "directory/noun.h"

namespace deputy::signin {
namespace {

constexpr std::string_view password = "urn:deputy:acr:password", multi = "urn:deputy:acr:multi-factor";

TEST(Acr, is_the_strongest_that_the_methods_give) {
  EXPECT_EQ(acr_of({"pwd"}), password);
  EXPECT_EQ(acr_of({"pwd", "otp", "mfa"}), multi);
  EXPECT_EQ(acr_of({"pop", "user", "mfa"}), "phr");
  EXPECT_EQ(acr_of({"otp"}), "");
  EXPECT_EQ(acr_of({}), "");
}

TEST(Acr, what_the_table_says_by_itself_may_be_written_down) {
  json::array rows;
  for (const auto& row : default_acr_table())
    rows.push_back(json::object{{"acr", row.acr}, {"amr", json::value_from(row.amr)}});
  const auto checked =
      directory::check_new(directory::noun(directory::Kind::tenant), {{"name", "T"}, {"acr_values", rows}});
  EXPECT_TRUE(checked) << checked.error().sentence;
}

TEST(Acr, more_satisfies_less_and_never_the_other_way) {
  EXPECT_TRUE(satisfies("phr", password));
  EXPECT_TRUE(satisfies("phr", multi));
  EXPECT_TRUE(satisfies(multi, multi));
  EXPECT_FALSE(satisfies(password, multi));
  EXPECT_FALSE(satisfies(multi, "phr"));
}

TEST(Acr, a34_what_is_not_known_is_satisfied_by_nothing) {
  EXPECT_FALSE(satisfies("phr", "urn:example:gold"));
  EXPECT_FALSE(satisfies("urn:example:gold", password));
  EXPECT_FALSE(satisfies("urn:example:gold", "urn:example:gold"));
  EXPECT_FALSE(satisfies("", ""));
  EXPECT_FALSE(satisfies("", password));
}

TEST(Acr, a_tenant_may_have_a_table_of_its_own) {
  const auto policy = policy_from(json::parse(R"({"sign_in_passkey":false,"acr_values":[
      {"acr":"silver","amr":["pwd"]},{"acr":"gold","amr":["pwd","otp"]}]})").as_object());
  EXPECT_TRUE(policy.password);
  EXPECT_FALSE(policy.passkey);
  EXPECT_EQ(acr_of({"pwd", "otp", "mfa"}, policy.acr), "gold");
  EXPECT_TRUE(satisfies("gold", "silver", policy.acr));
  EXPECT_FALSE(satisfies("gold", multi, policy.acr));
}

TEST(Acr, strength_is_by_the_tenants_table_and_then_by_our_own) {
  const Amr pwd{"pwd"}, otp{"otp", "mfa", "pwd"}, passkey{"pop", "user", "mfa"};
  EXPECT_LT(strength_of(pwd, default_acr_table()), strength_of(otp, default_acr_table()));
  EXPECT_LT(strength_of(otp, default_acr_table()), strength_of(passkey, default_acr_table()));
  const AcrTable one_row{{"gold", {"mfa"}}}, codes_on_top{{"any", {"mfa"}}, {"code", {"otp"}}};
  EXPECT_LT(strength_of(otp, one_row), strength_of(passkey, one_row)) << "one row for both";
  EXPECT_LT(strength_of(passkey, codes_on_top), strength_of(otp, codes_on_top)) << "the tenant says so";
  EXPECT_LT(strength_of(pwd, AcrTable()), strength_of(passkey, AcrTable()));
  const AcrTable silent_of_passkeys{{"bronze", {"pwd"}}, {"silver", {"pwd", "otp"}}};
  EXPECT_LT(strength_of(pwd, silent_of_passkeys), strength_of(passkey, silent_of_passkeys)) << "what it does not name";
}

TEST(Acr, a_tenant_that_says_nothing_offers_everything) {
  const auto policy = policy_from({});
  EXPECT_TRUE(policy.password && policy.passkey && policy.totp);
  EXPECT_EQ(acr_of({"pwd"}, policy.acr), password);
}

}  // namespace
}  // namespace deputy::signin
