// The log's keys to their record and back.
#include "tokens/log_key.h"

#include "base/encoding.h"
#include "base/json.h"

namespace deputy::tokens {
namespace {

constexpr std::string_view context = "audit log key";

Result<crypto::PrivateKey, Fault> open_key(std::string_view text, const crypto::SealKey& seal) {
  const auto sealed = base64url_decode(text);
  if (!sealed || sealed->empty()) return Fail{Fault{Fault::Kind::corrupt, "the audit log's key record is damaged"}};
  TRY(auto der, seal.open(*sealed, context));
  TRY(auto key, crypto::PrivateKey::from_pkcs8(der));
  if (key.algorithm() != crypto::Algorithm::EdDSA)
    return Fail{Fault{Fault::Kind::corrupt, "the audit log's key is no Ed25519 key"}};
  return key;
}

std::string sealed_text(const crypto::PrivateKey& key, const crypto::SealKey& seal, Random& random) {
  return base64url(seal.seal(key.to_pkcs8(), context, random));
}

Result<LogKeys, Fault> read_record(const store::Record& record, const crypto::SealKey& seal) {
  TRY(const auto body, parse_stored(record.body));
  TRY(auto current, open_key(json_text(body, "sealed").value_or(""), seal));
  LogKeys keys{.current = std::move(current), .leaving = std::nullopt, .handovers = {}, .version = record.version};
  if (const auto leaving = json_text(body, "leaving")) {
    TRY(auto key, open_key(*leaving, seal));
    keys.leaving = std::move(key);
  }
  keys.handovers = texts_of(body, "handovers");
  return keys;
}

}  // namespace

store::Put put_log_keys(const LogKeys& keys, const crypto::SealKey& seal, Instant now, Random& random) {
  json::object body{{"algorithm", "EdDSA"}, {"sealed", sealed_text(keys.current, seal, random)}};
  if (keys.leaving) body["leaving"] = sealed_text(*keys.leaving, seal, random);
  if (!keys.handovers.empty()) body["handovers"] = json::value_from(keys.handovers);
  return {.record = {.kind = store::Kind::key,
                     .tenant = std::string(log_keys_tenant),
                     .id = std::string(log_keys_id),
                     .under = std::string(log_keys_id),
                     .created_at = now,
                     .updated_at = now,
                     .body = json::serialize(body)},
          .expected_version = keys.version,
          .indexes = {}};
}

Result<LogKeys, Fault> log_keys(store::Store& store, const crypto::SealKey& seal, Instant now, Random& random) {
  TRY(auto stored, store.get(log_keys_tenant, store::Kind::key, log_keys_id));
  if (!stored) {
    LogKeys keys{.current = crypto::PrivateKey::generate(crypto::Algorithm::EdDSA), .leaving = {}, .handovers = {}};
    TRY(auto made, store.commit_now({put_log_keys(keys, seal, now, random)}));
    keys.version = 1;
    if (std::holds_alternative<Done>(made)) return keys;
    TRY(auto others, store.get(log_keys_tenant, store::Kind::key, log_keys_id));  // another node was first
    stored = std::move(others);
  }
  if (!stored) return Fail{Fault{Fault::Kind::conflict, "the audit log's key was made and taken away at once"}};
  return read_record(*stored, seal);
}

Result<Done, Fault> opens_log_keys(const store::Record& record, const crypto::SealKey& seal) {
  TRY(auto keys, read_record(record, seal));
  return Done{};
}

Result<std::string, Fault> log_name(std::string_view origin) {
  const auto scheme = origin.find("://");
  auto name = std::string(scheme == std::string_view::npos ? origin : origin.substr(scheme + 3)) + "/audit";
  if (!audit::is_key_name(name))
    return Fail{Fault{Fault::Kind::invalid, "the origin cannot name an audit log: no space and no '+' in it"}};
  return name;
}

}  // namespace deputy::tokens
