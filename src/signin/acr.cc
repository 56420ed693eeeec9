// The table of acr values, and a tenant's own.
#include "signin/acr.h"

#include <algorithm>

namespace deputy::signin {
namespace {

bool holds_all(const Amr& amr, const Amr& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const auto& one) {
    return std::find(amr.begin(), amr.end(), one) != amr.end();
  });
}

// Where the table has this acr, counted from one; 0: nowhere.
std::size_t place_of(std::string_view acr, const AcrTable& table) {
  const auto found = std::find_if(table.begin(), table.end(), [&](const auto& row) { return row.acr == acr; });
  return found == table.end() ? 0 : static_cast<std::size_t>(found - table.begin()) + 1;
}

AcrTable table_from(const json::array& rows) {
  AcrTable table;
  for (const auto& value : rows) {
    const auto* row = value.if_object();
    if (row == nullptr || json_member_array(*row, "amr") == nullptr) continue;
    table.push_back({text_of(*row, "acr"), texts_of(*row, "amr")});
  }
  return table;
}

}  // namespace

const AcrTable& default_acr_table() {
  static const AcrTable table{
      {"urn:deputy:acr:password", {"pwd"}},
      {"urn:deputy:acr:multi-factor", {"mfa"}},
      {"phr", {"pop", "mfa"}},  // OpenID Connect EAP ACR Values 1.0
  };
  return table;
}

std::string acr_of(const Amr& amr, const AcrTable& table) {
  for (auto row = table.rbegin(); row != table.rend(); ++row)
    if (holds_all(amr, row->amr)) return row->acr;
  return "";
}

Strength strength_of(const Amr& amr, const AcrTable& table) {
  return {place_of(acr_of(amr, table), table), place_of(acr_of(amr), default_acr_table())};
}

bool satisfies(std::string_view acr, std::string_view wanted, const AcrTable& table) {
  const auto asked = place_of(wanted, table);
  return asked != 0 && place_of(acr, table) >= asked;
}

Policy policy_from(const json::object& tenant) {
  Policy policy;
  policy.password = json_boolean(tenant, "sign_in_password").value_or(true);
  policy.passkey = json_boolean(tenant, "sign_in_passkey").value_or(true);
  policy.totp = json_boolean(tenant, "sign_in_totp").value_or(true);
  if (const auto* rows = json_member_array(tenant, "acr_values")) policy.acr = table_from(*rows);
  return policy;
}

std::vector<std::string> acr_supported(const Policy& policy) {
  const auto& table = policy.acr;
  std::size_t strongest = 0;  // its place
  const auto reach = [&](bool allowed, const Amr& amr) {
    if (allowed) strongest = std::max(strongest, place_of(acr_of(amr, table), table));
  };
  reach(policy.password, {"pwd"});
  reach(policy.password && policy.totp, {"pwd", "otp", "mfa"});
  reach(policy.passkey, {"pop", "user", "mfa"});
  std::vector<std::string> supported;
  for (std::size_t i = 0; i < strongest; ++i) supported.push_back(table[i].acr);
  return supported;
}

}  // namespace deputy::signin
