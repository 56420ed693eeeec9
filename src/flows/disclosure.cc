// Records of what is told, found by user and client.
#include "flows/disclosure.h"

#include <algorithm>

#include "base/id.h"
#include "base/json.h"
#include "directory/authority.h"
#include "directory/person.h"
#include "flows/interaction.h"

namespace deputy::flows {
namespace {

constexpr std::size_t page_max = 200;      // records that are read at once
constexpr std::size_t declined_max = 500;  // of one client: the oldest are asked for again

std::string index_value(std::string_view client, std::string_view user) {
  return std::string(user).append(" ").append(client);
}

bool among(const std::vector<std::string>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

Result<Disclosure, Fault> read(const store::Record& record) {
  TRY(auto body, parse_stored(record.body));
  Disclosure disclosure{.id = record.id,
                        .client = text_of(body, "client"),
                        .shown = text_of(body, "shown"),
                        .at = record.updated_at,
                        .version = record.version};
  auto scope = oauth::ScopeSet::parse_stored(json_text(body, "scope").value_or(""));
  if (!scope || disclosure.client.empty())
    return Fail{Fault{Fault::Kind::corrupt, "a disclosure's record cannot be read"}};
  disclosure.scope = std::move(scope).take();
  if (const auto* declined = json_member_array(body, "declined"))
    for (const auto& one : *declined)
      if (one.is_string()) disclosure.declined.emplace_back(one.get_string());
  if (const auto ended = json_integer(body, "away_ended_at")) disclosure.away_ended_at = from_unix_millis(*ended);
  // A no from before its instant was noted: nothing that goes on without them was given between that and this.
  else if (among(disclosure.declined, "offline_access")) disclosure.away_ended_at = record.updated_at;
  return disclosure;
}

// The last word counts, for what is told as for what is declined. But what a no has ended stays ended.
void add(const Said& said, Instant now, Disclosure& disclosure) {
  oauth::ScopeSet scope = said.told;
  for (const auto& token : disclosure.scope.tokens())
    if (!among(said.declined, token)) scope.add(token);
  auto& declined = disclosure.declined;
  std::erase_if(declined, [&](const auto& one) {
    return scope.contains(one) || among(said.allowed, one) || among(said.declined, one);
  });
  declined.insert(declined.end(), said.declined.begin(), said.declined.end());
  // Those of the issuer's own scopes stay: no client has them forgotten by asking for ever more.
  for (auto one = declined.begin(); declined.size() > declined_max && one != declined.end();)
    one = is_openid_scope(*one) ? std::next(one) : declined.erase(one);
  if (among(said.declined, "offline_access")) disclosure.away_ended_at = now;
  disclosure.scope = std::move(scope);
  if (!said.shown.empty()) disclosure.shown = said.shown;
}

}  // namespace

Result<std::optional<Disclosure>, Fault> disclosed_to(std::string_view client, std::string_view user,
                                                      std::string_view tenant, store::Store& store) {
  TRY(auto record, store.find(tenant, store::Kind::disclosure, "client", index_value(client, user)));
  if (!record) return std::optional<Disclosure>();
  TRY(auto disclosure, read(*record));
  return std::optional(std::move(disclosure));
}

Result<std::optional<Disclosure>, Fault> disclosure_of(std::string_view user, std::string_view id,
                                                       std::string_view tenant, store::Store& store) {
  TRY(const auto record, store.get(tenant, store::Kind::disclosure, id));
  if (!record || record->under != user) return std::optional<Disclosure>();
  TRY(auto disclosure, read(*record));
  return std::optional(std::move(disclosure));
}

Result<std::vector<Disclosure>, Fault> disclosures_of(std::string_view user, std::string_view tenant,
                                                      store::Store& store) {
  store::Page page{.limit = page_max, .where = store::Index{"user", std::string(user)}};
  std::vector<Disclosure> all;
  for (std::size_t count = page.limit; count == page.limit;) {
    TRY(const auto records, store.list(tenant, store::Kind::disclosure, page));
    count = records.size();
    for (const auto& record : records) {
      page.after = record.id;
      TRY(auto disclosure, read(record));
      all.push_back(std::move(disclosure));
    }
  }
  return all;
}

store::Put disclose(const std::optional<Disclosure>& before, const Said& said, std::string_view client,
                    std::string_view user, std::string_view tenant, Random& random, Instant now) {
  auto after = before.value_or(Disclosure());
  add(said, now, after);
  json::object body{{"client", client},
                    {"scope", after.scope.text()},
                    {"declined", json::value_from(after.declined)},
                    {"shown", after.shown}};
  if (after.away_ended_at) body["away_ended_at"] = unix_millis(*after.away_ended_at);
  store::Record record{.kind = store::Kind::disclosure,
                       .tenant = std::string(tenant),
                       .id = before ? before->id : make_id("dsc", now, random),
                       .under = std::string(user),
                       .created_at = now,
                       .updated_at = now,
                       .body = json::serialize(body)};
  return {.record = std::move(record),
          .expected_version = before ? before->version : 0,
          .indexes = {{"client", index_value(client, user), true}, {"user", std::string(user)}}};
}

Result<oauth::ScopeSet, Fault> still_told(const oauth::ScopeSet& told, const Telling& by, std::string_view tenant,
                                          store::Store& store) {
  const auto remembered = std::find_if(by.rests_on.begin(), by.rests_on.end(), [](const auto& id) {
    return directory::kind_of_id(id) == directory::Kind::disclosure;
  });
  const bool this_once = remembered == by.rests_on.end();
  TRY(const auto now, this_once ? disclosed_to(by.client, by.user, tenant, store)
                                : disclosure_of(by.user, *remembered, tenant, store));
  if (this_once && (!now || now->at < by.at)) return told;
  oauth::ScopeSet still;
  for (const auto& one : told.tokens())
    if (this_once ? !among(now->declined, one) : now && directory::may_tell(now->scope, one)) still.add(one);
  return still;
}

store::Writes take_back(const Disclosure& disclosure, std::vector<std::string> declined, std::string_view user,
                        std::string_view tenant, std::string_view reason, Random& random, Instant now) {
  const std::string in(tenant);
  store::Writes writes{store::Remove{in, store::Kind::disclosure, disclosure.id, disclosure.version},
                       // Tokens that tell who the user is bear its id among those of delegations (grants/redeem.cc).
                       store::Revoke{{.tenant = in,
                                      .kind = store::Kills::delegation,
                                      .target = disclosure.id,
                                      .issued_before = now,
                                      .until = now + directory::token_lifetime_max,
                                      .at = now,
                                      .reason = std::string(reason)}}};
  if (disclosure.shown.empty() && declined.empty()) return writes;
  const Said said{.told = {}, .declined = std::move(declined), .shown = disclosure.shown};
  writes.emplace_back(disclose(std::nullopt, said, disclosure.client, user, tenant, random, now));
  return writes;
}

}  // namespace deputy::flows
