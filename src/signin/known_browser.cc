// Records under the user, found by the hash of the mark.
#include "signin/known_browser.h"

#include <algorithm>
#include <tuple>

#include "base/id.h"
#include "base/json.h"
#include "crypto/hash.h"

namespace deputy::signin {
namespace {

constexpr std::size_t known_max = 30;         // of one user
constexpr Seconds lifetime{400 * 24 * 3600};  // as long as browsers keep the cookie

Result<KnownBrowser, Fault> read(const store::Record& record) {
  TRY(const auto body, parse_stored(record.body));
  return KnownBrowser{.id = record.id,
                      .user = record.under,
                      .name = std::string(json_text(body, "name").value_or("")),
                      .since = record.created_at,
                      .seen_at = std::max(record.updated_at, record.touched_at.value_or(record.updated_at)),
                      .version = record.version};
}

}  // namespace

Result<std::optional<KnownBrowser>, Fault> browser_marked(std::string_view mark, std::string_view tenant,
                                                          store::Store& store) {
  if (mark.empty()) return std::optional<KnownBrowser>();
  TRY(const auto record, store.find(tenant, store::Kind::browser, "mark", crypto::sha256_base64url(mark)));
  if (!record) return std::optional<KnownBrowser>();
  TRY(auto browser, read(*record));
  return std::optional(std::move(browser));
}

Result<std::vector<KnownBrowser>, Fault> known_browsers(std::string_view user, std::string_view tenant,
                                                        store::Store& store, Instant now) {
  const store::Page page{.limit = known_max, .where = store::Index{"user", std::string(user)}};
  TRY(const auto records, store.list(tenant, store::Kind::browser, page));
  std::vector<KnownBrowser> all;
  for (const auto& record : records) {
    if (record.until && *record.until <= now) continue;
    TRY(auto browser, read(record));
    all.push_back(std::move(browser));
  }
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return std::tie(a.seen_at, a.id) > std::tie(b.seen_at, b.id); });
  return all;
}

Result<Remembered, Fault> remember_browser(const Seen& seen, std::string_view tenant, store::Store& store,
                                           Random& random, Instant now) {
  TRY(const auto before, browser_marked(seen.mark_before, tenant, store));
  const bool again = before && before->user == seen.user;
  Remembered out{.id = again ? before->id : make_id("brw", now, random), .writes = {}};
  if (!again) {
    TRY(const auto all, known_browsers(seen.user, tenant, store, now));
    if (all.size() >= known_max) out.writes.emplace_back(forget(all.back(), tenant));
  }
  store::Record record{.kind = store::Kind::browser,
                       .tenant = std::string(tenant),
                       .id = out.id,
                       .under = std::string(seen.user),
                       .created_at = now,
                       .updated_at = now,
                       .body = json::serialize(json::object{{"name", seen.name}}),
                       .until = now + lifetime};
  out.writes.emplace_back(store::Put{.record = std::move(record),
                                     .expected_version = again ? before->version : 0,
                                     .indexes = {{"mark", crypto::sha256_base64url(seen.mark), true},
                                                 {"user", std::string(seen.user)}}});
  return out;
}

store::Remove forget(const KnownBrowser& browser, std::string_view tenant) {
  return {std::string(tenant), store::Kind::browser, browser.id, browser.version};
}

}  // namespace deputy::signin
