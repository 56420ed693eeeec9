// One record under no tenant: the log is the whole store's.
#include "tokens/log_key.h"

#include "base/encoding.h"
#include "base/json.h"

namespace deputy::tokens {
namespace {

constexpr std::string_view no_tenant, id = "audit-log", context = "audit log key";

Result<crypto::PrivateKey, Fault> open_record(const store::Record& record, const crypto::SealKey& seal) {
  const auto body = parse_json_object(record.body);
  const auto sealed = body ? base64url_decode(json_text(*body, "sealed").value_or("")) : std::nullopt;
  if (!sealed) return Fail{Fault{Fault::Kind::corrupt, "the audit log's key record is damaged"}};
  TRY(auto der, seal.open(*sealed, context));
  TRY(auto key, crypto::PrivateKey::from_pkcs8(der));
  if (key.algorithm() != crypto::Algorithm::EdDSA)
    return Fail{Fault{Fault::Kind::corrupt, "the audit log's key is no Ed25519 key"}};
  return key;
}

store::Put put_of(const crypto::PrivateKey& key, const crypto::SealKey& seal, Instant now, Random& random) {
  const json::object body{{"algorithm", "EdDSA"}, {"sealed", base64url(seal.seal(key.to_pkcs8(), context, random))}};
  return {.record = {.kind = store::Kind::key,
                     .tenant = std::string(no_tenant),
                     .id = std::string(id),
                     .under = std::string(id),
                     .created_at = now,
                     .updated_at = now,
                     .body = json::serialize(body)},
          .expected_version = 0,
          .indexes = {}};
}

}  // namespace

Result<crypto::PrivateKey, Fault> log_key(store::Store& store, const crypto::SealKey& seal, Instant now,
                                          Random& random) {
  TRY(auto stored, store.get(no_tenant, store::Kind::key, id));
  if (!stored) {
    const auto key = crypto::PrivateKey::generate(crypto::Algorithm::EdDSA);
    TRY(auto made, store.commit_now({put_of(key, seal, now, random)}));
    if (std::holds_alternative<Done>(made)) return key;
    TRY(auto others, store.get(no_tenant, store::Kind::key, id));  // another node was first
    stored = std::move(others);
  }
  if (!stored) return Fail{Fault{Fault::Kind::conflict, "the audit log's key was made and taken away at once"}};
  return open_record(*stored, seal);
}

Result<std::string, Fault> log_name(std::string_view origin) {
  const auto scheme = origin.find("://");
  auto name = std::string(scheme == std::string_view::npos ? origin : origin.substr(scheme + 3)) + "/audit";
  if (!audit::is_key_name(name))
    return Fail{Fault{Fault::Kind::invalid, "the origin cannot name an audit log: no space and no '+' in it"}};
  return name;
}

}  // namespace deputy::tokens
