// Each setting, by its own name, ends in its own member and in no other.
#include <gtest/gtest.h>

#include "server/config.h"

namespace deputy::server {
namespace {

std::string text_of(const std::string& value) { return value; }
std::string text_of(bool value) { return value ? "true" : "false"; }
std::string text_of(log::Level value) { return std::to_string(static_cast<int>(value)); }
template <class N>
  requires std::is_arithmetic_v<N>
std::string text_of(N value) {
  return std::to_string(static_cast<std::int64_t>(value));
}
template <class R, class P>
std::string text_of(std::chrono::duration<R, P> value) {
  return std::to_string(std::chrono::duration_cast<Seconds>(value).count());
}
std::string text_of(const std::vector<std::string>& values) {
  std::string text;
  for (const auto& one : values) text.append(text.empty() ? "" : ",").append(one);
  return text;
}
std::string text_of(const std::vector<audit::NoteKey>& keys) {
  std::vector<std::string> texts;
  for (const auto& key : keys) texts.push_back(audit::vkey_of(key));
  return text_of(texts);
}

using C = Config;
struct Row {
  std::string_view name, given;
  std::string (*member)(const C&);
  std::string_view kept = {};  // where the member holds something else than was given
};

const std::string witness = audit::vkey_of(
    audit::note_key("w.example", audit::NoteKey::Type::cosigner,
                    crypto::PrivateKey::generate(crypto::Algorithm::EdDSA).public_key()));

const std::array rows{
    Row{"origin", "https://id.example", [](const C& c) { return text_of(c.endpoints.origin); }},
    Row{"data", "elsewhere", [](const C& c) { return text_of(c.data); }},
    Row{"seal_key_file", "own.key", [](const C& c) { return text_of(c.seal_key_file); }},
    Row{"log.level", "error", [](const C& c) { return text_of(c.log_level); }, "3"},
    Row{"http.address", "0.0.0.0", [](const C& c) { return text_of(c.http.address); }},
    Row{"http.port", "9001", [](const C& c) { return text_of(c.http.port); }},
    Row{"http.certificate_file", "a.pem", [](const C& c) { return text_of(c.certificate_file); }},
    Row{"http.private_key_file", "a.key", [](const C& c) { return text_of(c.private_key_file); }},
    Row{"http.trusted_proxies", "10.0.0.1,10.1.0.0/16", [](const C& c) { return text_of(c.http.trusted_proxies); }},
    Row{"http.threads", "7", [](const C& c) { return text_of(c.http.threads); }},
    Row{"http.header_bytes_max", "2001", [](const C& c) { return text_of(c.http.header_bytes_max); }},
    Row{"http.body_bytes_max", "70001", [](const C& c) { return text_of(c.http.body_bytes_max); }},
    Row{"http.connections_max", "11", [](const C& c) { return text_of(c.http.connections_max); }},
    Row{"http.header_timeout_s", "12", [](const C& c) { return text_of(c.http.header_timeout); }},
    Row{"http.body_timeout_s", "13", [](const C& c) { return text_of(c.http.body_timeout); }},
    Row{"http.idle_timeout_s", "14", [](const C& c) { return text_of(c.http.idle_timeout); }},
    Row{"http.drain_delay_s", "16", [](const C& c) { return text_of(c.drain_delay); }},
    Row{"http.drain_timeout_s", "15", [](const C& c) { return text_of(c.http.drain_timeout); }},
    Row{"sessions.idle_s", "1601", [](const C& c) { return text_of(c.live.sessions.idle); }},
    Row{"sessions.absolute_s", "1701", [](const C& c) { return text_of(c.live.sessions.absolute); }},
    Row{"authorization.pushed_requests_required", "true",
        [](const C& c) { return text_of(c.live.pushed_requests_required); }},
    Row{"dpop.nonce_required", "true", [](const C& c) { return text_of(c.live.dpop_nonce_required); }},
    Row{"unauthenticated.writes_per_s", "18", [](const C& c) { return text_of(c.strangers.writes_per_s); }},
    Row{"unauthenticated.writes_burst", "19", [](const C& c) { return text_of(c.strangers.writes_burst); }},
    Row{"metrics.from", "10.2.0.0/16", [](const C& c) { return text_of(c.live.metrics_from); }},
    Row{"store.cache_mib", "21", [](const C& c) { return text_of(c.sqlite.cache_mib); }},
    Row{"cache.principals_mib", "3", [](const C& c) { return text_of(c.directory.principals_max_bytes); }, "3145728"},
    Row{"cache.tokens_mib", "2", [](const C& c) { return text_of(c.reader.tokens_max_bytes); }, "2097152"},
    Row{"keys.rotate_every_s", "3601", [](const C& c) { return text_of(c.keyring.rotate_every); }},
    Row{"keys.publish_ahead_s", "3602", [](const C& c) { return text_of(c.keyring.publish_ahead); }},
    Row{"keys.retire_after_s", "86403", [](const C& c) { return text_of(c.keyring.retire_after); }},
    Row{"keys.jwks_max_age_s", "604", [](const C& c) { return text_of(c.keyring.jwks_max_age); }},
    Row{"fetch.allow_special_addresses", "true",
        [](const C& c) { return text_of(c.live.fetch.allow_special_addresses); }},
    Row{"fetch.allow_plain_http", "true", [](const C& c) { return text_of(c.live.fetch.allow_plain_http); }},
    Row{"fetch.ca_file", "ca.pem", [](const C& c) { return text_of(c.live.fetch.ca_file); }},
    Row{"passwords.threads", "22", [](const C& c) { return text_of(c.sign_in.pool.threads); }},
    Row{"passwords.queue_max", "23", [](const C& c) { return text_of(c.sign_in.pool.queue_max); }},
    Row{"passwords.memory_mib", "24", [](const C& c) { return text_of(c.sign_in.cost.memory_kib); }, "24576"},
    Row{"passwords.passes", "25", [](const C& c) { return text_of(c.sign_in.cost.passes); }},
    Row{"passwords.breached_file", "b.txt", [](const C& c) { return text_of(c.sign_in.breached_file); }},
    Row{"audit.bodies_days", "26", [](const C& c) { return text_of(c.audit_bodies_days); }},
    Row{"audit.witnesses", witness, [](const C& c) { return text_of(c.live.audit_witnesses); }},
};

const Row* row_of(std::string_view name) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return row.name == name; });
  return found == rows.end() ? nullptr : found;
}

TEST(Settings, each_is_kept_in_its_own_member_and_in_no_other) {
  const auto fresh = *build({});
  for (const auto& setting : settings()) {
    const auto* own = row_of(setting.name);
    ASSERT_NE(own, nullptr) << setting.name << " has no row above: say where it is kept";
    auto config = fresh;
    EXPECT_TRUE(setting.set(config, std::string(own->given))) << setting.name;
    const auto kept = own->kept.empty() ? own->given : own->kept;
    for (const auto& row : rows) {
      const auto expected = &row == own ? std::string(kept) : row.member(fresh);
      EXPECT_EQ(row.member(config), expected) << setting.name << " and " << row.name;
    }
    EXPECT_NE(own->member(config), own->member(fresh)) << setting.name << ": the row gives what is there by itself";
  }
  EXPECT_EQ(rows.size(), settings().size()) << "a row above is no setting";
}

}  // namespace
}  // namespace deputy::server
