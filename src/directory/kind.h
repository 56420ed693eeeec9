// Kind: the nouns that are remembered as records, and the prefix of each one's ids.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace deputy::directory {

enum class Kind : std::uint8_t {
  tenant, organization, user, group, membership, agent_type, agent, ownership, application,
  resource, role, assignment, credential, key, trusted_issuer, authenticator,
  session, disclosure, logout_delivery, browser, sign_out,
};

struct KindRow {
  Kind kind;
  std::string_view name;    // in events, logs, files for `apply`
  std::string_view plural;  // in paths of /v1; empty: has no path of its own
  std::string_view prefix;  // of ids; empty: the id is a name (a tenant's slug, a key's kid)
};
inline constexpr std::array kinds{
    // clang-format off
    KindRow{Kind::tenant,       "tenant",       "tenants",       ""},
    KindRow{Kind::organization, "organization", "organizations", "org"},
    KindRow{Kind::user,         "user",         "users",         "usr"},
    KindRow{Kind::group,        "group",        "groups",        "grp"},
    KindRow{Kind::membership,   "membership",   "",              "mem"},
    KindRow{Kind::agent_type,   "agent_type",   "agent-types",   "aty"},
    KindRow{Kind::agent,        "agent",        "agents",        "agt"},
    KindRow{Kind::ownership,    "ownership",    "",              "own"},
    KindRow{Kind::application,  "application",  "applications",  "app"},
    KindRow{Kind::resource,     "resource",     "resources",     "res"},
    KindRow{Kind::role,         "role",         "roles",         "rol"},
    KindRow{Kind::assignment,   "assignment",   "assignments",   "asn"},
    KindRow{Kind::credential,   "credential",   "",              "crd"},
    KindRow{Kind::key,          "key",          "keys",          ""},
    KindRow{Kind::trusted_issuer, "trusted_issuer", "trusted-issuers", "tis"},
    KindRow{Kind::authenticator, "authenticator", "",            "atr"},
    KindRow{Kind::session,      "session",      "",              "ses"},
    KindRow{Kind::disclosure,   "disclosure",   "",              "dsc"},
    KindRow{Kind::logout_delivery, "logout_delivery", "",        "lgd"},
    KindRow{Kind::browser,      "browser",      "",              "brw"},
    KindRow{Kind::sign_out,     "sign_out",     "",              "sgo"},
    // clang-format on
};
constexpr const KindRow& row(Kind kind) { return kinds[static_cast<std::size_t>(kind)]; }
static_assert([] {
  for (std::size_t i = 0; i < kinds.size(); ++i)
    if (static_cast<std::size_t>(kinds[i].kind) != i) return false;
  return true;
}());

// The kind whose prefix an id bears ("agt_…": agent); none for anything else. Says nothing of whether it exists.
std::optional<Kind> kind_of_id(std::string_view id);

}  // namespace deputy::directory
