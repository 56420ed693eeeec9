// Cookies in, sessions out. A session's record is found by the hash of the cookie's secret, which is nowhere else.
#include "flows/session.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/id.h"
#include "base/json.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "signin/sign_out.h"
#include "tokens/logout_delivery.h"
#include "tokens/session_end.h"

namespace deputy::flows {
namespace {

constexpr std::size_t secret_letters = 43;  // 32 bytes in base64url
constexpr Seconds touch_every{60};
constexpr const char* device_suffix = "_device";  // no tenant's slug has the letter _
constexpr std::size_t page_max = 200;             // sessions that are read at once

// `__Host-` keeps the cookie to this host, over TLS, whatever a neighbouring host sets (RFC 6265bis §4.1.3.2). Without
// TLS, on loopback alone, a browser would refuse that name. Tenants share a host: each has a name of its own.
std::string cookie_name(const http::Request& request, std::string_view tenant) {
  std::string name = request.secure ? "__Host-deputy" : "deputy_session";
  if (tenant != "default") name.append("-").append(tenant);
  return name;
}

std::string cookie_text(const http::Request& request, std::string_view tenant, std::string_view secret) {
  // Lax: a client's redirect brings it along, a form of another site does not.
  auto text = cookie_name(request, tenant) + "=" + std::string(secret) + "; Path=/; HttpOnly; SameSite=Lax";
  if (request.secure) text += "; Secure";
  return text;
}

// A cookie's value. None where it stands twice: one of the two was planted.
std::optional<std::string_view> cookie_value(const http::Request& request, std::string_view name) {
  const auto header = request.header("Cookie");
  if (!header) return std::nullopt;
  std::optional<std::string_view> found;
  for (auto rest = *header; !rest.empty();) {
    auto pair = rest.substr(0, rest.find(';'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
    if (!pair.starts_with(name) || !pair.substr(name.size()).starts_with('=')) continue;
    if (found) return std::nullopt;
    found = pair.substr(name.size() + 1);
  }
  return found;
}

std::optional<std::string_view> cookie_secret(const http::Request& request, std::string_view tenant) {
  const auto found = cookie_value(request, cookie_name(request, tenant));
  if (!found || found->size() != secret_letters || !base64url_decode(*found)) return std::nullopt;
  return found;
}

std::string seed_of(std::string_view secret) { return std::string(as_text(crypto::sha256({"csrf\n", secret}))); }
std::string stored_hash(std::string_view secret) { return crypto::sha256_base64url(secret); }

std::string new_secret(Random& random) { return base64url(as_text(random.bytes<32>())); }

std::string body_of(const Session& session, const SessionLifetimes& lifetimes) {
  return json::serialize(json::object{{"auth_time", unix_millis(*session.auth_time)},
                                      {"amr", json::value_from(session.amr)},
                                      {"device", session.device},
                                      {"browser", session.browser},
                                      {"sign_out", session.sign_out},
                                      {"idle_s", lifetimes.idle.count()}});
}

struct Read {
  Session session;
  Instant ends;  // unless it is used
};
Result<Read, Fault> read(const store::Record& record, Instant now) {
  TRY(auto body, parse_stored(record.body));
  const auto auth_time = json_integer(body, "auth_time");
  TRY(const auto end, tokens::end_of_session(record, now));
  if (!auth_time) return Fail{Fault{Fault::Kind::corrupt, "a session's record cannot be read"}};
  Session session{.id = record.id, .user = record.under, .auth_time = from_unix_millis(*auth_time)};
  session.amr = texts_of(body, "amr");
  session.device = json_text(body, "device").value_or("");
  session.browser = json_text(body, "browser").value_or("");
  session.sign_out = json_text(body, "sign_out").value_or("");
  session.created_at = record.created_at;
  session.seen_at = end.seen_at;
  session.ends_by = *record.until;
  session.version = record.version;
  return Read{std::move(session), end.ends_at};
}

}  // namespace

Result<std::optional<Session>, Fault> session_of(const http::Request& request, std::string_view tenant,
                                                 store::Store& store, Instant now) {
  const auto secret = cookie_secret(request, tenant);
  if (!secret) return std::optional<Session>();
  Session nobody{.csrf_seed = seed_of(*secret), .created_at = now, .seen_at = now};
  TRY(auto record, store.find(tenant, store::Kind::session, "secret", stored_hash(*secret)));
  if (!record) return std::optional(std::move(nobody));
  TRY(auto known, read(*record, now));
  if (known.ends <= now) return std::optional(std::move(nobody));
  TRY(const auto newest, signin::sign_out_of(store, tenant, known.session.user));
  if (!signin::counts(newest, known.session.id, known.session.sign_out)) return std::optional(std::move(nobody));
  known.session.csrf_seed = std::move(nobody.csrf_seed);
  return std::optional(std::move(known.session));
}

bool brought_cookie(const http::Request& request, std::string_view tenant) {
  return cookie_secret(request, tenant).has_value();
}

Opened first_session(const http::Request& request, std::string_view tenant, Random& random, Instant now) {
  const auto secret = new_secret(random);
  return {.session = {.csrf_seed = seed_of(secret), .created_at = now, .seen_at = now},
          .set_cookie = cookie_text(request, tenant, secret),
          .writes = {}};
}

Opened sign_in(const SignIn& who, const std::optional<Session>& before, const http::Request& request,
               const Realm& realm, const SessionLifetimes& lifetimes, Random& random, Instant now) {
  const auto secret = new_secret(random);
  const bool again = before && before->user == who.user;
  Opened opened{
      .session = {.id = again ? before->id : make_id("ses", now, random),
                  .user = who.user,
                  .auth_time = now,
                  .amr = who.amr,
                  .csrf_seed = seed_of(secret),
                  .device = browser_name(request),
                  .browser = who.browser,
                  .sign_out = who.sign_out,
                  .created_at = again ? before->created_at : now,
                  .seen_at = now,
                  .ends_by = now + lifetimes.absolute,
                  .version = again ? before->version + 1 : 1},
      .set_cookie = cookie_text(request, realm.tenant, secret) +
                    "; Max-Age=" + std::to_string(lifetimes.absolute.count()),
      .writes = {}};
  const auto& session = opened.session;
  if (before && !before->user.empty() && !again) opened.writes = end(*before, realm, random, now);
  store::Record record{.kind = store::Kind::session,
                       .tenant = std::string(realm.tenant),
                       .id = session.id,
                       .under = session.user,
                       .created_at = now,
                       .updated_at = now,
                       .body = body_of(session, lifetimes),
                       .until = session.ends_by};
  opened.writes.emplace_back(store::Put{.record = std::move(record),
                                        .expected_version = again ? before->version : 0,
                                        .indexes = {{"secret", stored_hash(secret), true}, {"user", session.user}}});
  return opened;
}

store::Writes touch(const Session& session, std::string_view tenant, Instant now) {
  store::Writes writes;
  if (session.user.empty() || now < session.seen_at + touch_every) return writes;
  writes.emplace_back(store::Touch{std::string(tenant), store::Kind::session, session.id, now});
  if (!session.browser.empty())
    writes.emplace_back(store::Touch{std::string(tenant), store::Kind::browser, session.browser, now});
  return writes;
}

// All of them: whoever ends the others must not be outdone by somebody who signs in often.
Result<std::vector<Session>, Fault> sessions_of(std::string_view user, std::string_view tenant, store::Store& store,
                                                Instant now) {
  store::Page page{.limit = page_max,
                   .order = store::Page::Order::newest_first,
                   .where = store::Index{"user", std::string(user)}};
  std::vector<Session> sessions;
  for (std::size_t count = page.limit; count == page.limit;) {
    TRY(const auto records, store.list(tenant, store::Kind::session, page));
    count = records.size();
    for (const auto& record : records) {
      page.after = record.id;
      TRY(auto known, read(record, now));
      if (known.ends > now) sessions.push_back(std::move(known.session));
    }
  }
  return sessions;
}

store::Writes end(const Session& session, const Realm& realm, Random& random, Instant now) {
  const std::string tenant(realm.tenant);
  return {store::Remove{tenant, store::Kind::session, session.id, session.version},
          tokens::tell_clients({tenant, std::string(realm.issuer), session.user, session.id}, now, random)};
}

store::Write still_there(const Session& session, std::string_view tenant) {
  return store::Require{std::string(tenant), store::Kind::session, session.id, session.version};
}

std::string forgetting_cookie(const http::Request& request, std::string_view tenant) {
  return cookie_text(request, tenant, "") + "; Max-Age=0";
}

std::function<Result<store::Writes, Fault>(std::string_view, std::string_view, std::string_view, Instant)> ends_others(
    store::Store& store, Random& random, std::function<std::string(std::string_view)> issuer_of) {
  return [&store, &random, issuer_of = std::move(issuer_of)](std::string_view tenant, std::string_view user,
                                                             std::string_view keep,
                                                             Instant now) -> Result<store::Writes, Fault> {
    TRY(const auto sessions, sessions_of(user, tenant, store, now));
    const auto issuer = issuer_of(tenant);
    // What is signed in while this is written is not among those: the mark ends it.
    TRY(const auto before, signin::sign_out_of(store, tenant, user));
    store::Writes writes{signin::sign_out(before, tenant, user, keep, random, now)};
    for (const auto& session : sessions) {
      if (session.id == keep) continue;
      for (auto& write : end(session, {tenant, issuer}, random, now)) writes.push_back(std::move(write));
    }
    return writes;
  };
}

// What a browser says of itself is anybody's text: only words of ours are taken from it.
std::string browser_name(const http::Request& request) {
  const std::string_view agent = request.header("User-Agent").value_or("");
  using Words = std::pair<std::string_view, std::string_view>;  // what it says, what we say
  constexpr std::array browsers{Words{"Edg", "Edge"},       Words{"OPR/", "Opera"},    Words{"Firefox/", "Firefox"},
                                Words{"FxiOS/", "Firefox"}, Words{"CriOS/", "Chrome"}, Words{"Chrome/", "Chrome"},
                                Words{"Safari/", "Safari"}};
  constexpr std::array systems{Words{"iPhone", "iPhone"},   Words{"iPad", "iPad"},     Words{"Android", "Android"},
                               Words{"Windows", "Windows"}, Words{"CrOS", "ChromeOS"}, Words{"Macintosh", "macOS"},
                               Words{"Linux", "Linux"}};
  const auto first = [&](const auto& words) -> std::string_view {
    for (const auto& [says, name] : words)
      if (agent.find(says) != std::string_view::npos) return name;
    return "";
  };
  const auto browser = first(browsers), system = first(systems);
  if (browser.empty()) return std::string(system);
  return std::string(browser) + (system.empty() ? "" : " / ") + std::string(system);
}

std::string device_of(const http::Request& request, std::string_view tenant) {
  constexpr std::size_t letters_max = 256;
  const auto value = cookie_value(request, cookie_name(request, tenant) + device_suffix).value_or("");
  return value.size() > letters_max ? "" : std::string(value);
}

std::string device_cookie(const http::Request& request, std::string_view tenant, std::string_view device) {
  constexpr Seconds lifetime{400 * 24 * 3600};  // the longest that browsers keep one
  return cookie_name(request, tenant) + device_suffix + "=" + std::string(device) +
         "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(lifetime.count()) +
         (request.secure ? "; Secure" : "");
}

std::string csrf_token(const Session& session, std::string_view purpose) {
  const crypto::KeyedHash keyed{Secret(session.csrf_seed)};
  return base64url(as_text(keyed(purpose)));
}

bool csrf_matches(const Session& session, std::string_view purpose, std::string_view sent) {
  if (session.csrf_seed.empty()) return false;
  return constant_time_equal(csrf_token(session, purpose), sent);
}

}  // namespace deputy::flows
