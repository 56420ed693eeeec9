// Reading and writing key records.
#include "tokens/key_record.h"

#include "base/encoding.h"
#include "base/json.h"
#include "jose/jwk.h"

namespace deputy::tokens {
namespace {

constexpr std::array<std::string_view, 3> states{"next", "active", "retired"};

// Bound to the sealed bytes, so that one tenant's key never opens as another's.
std::string seal_context(std::string_view tenant, std::string_view kid) {
  return std::string("signing key/").append(tenant).append("/").append(kid);
}

}  // namespace

std::string_view name_of(SigningKey::State state) { return states[static_cast<std::size_t>(state)]; }

std::optional<StoredKey> read_key(const store::Record& record) {
  const auto body = parse_stored(record.body);
  if (!body) return std::nullopt;
  const auto algorithm = crypto::algorithm_named(json_text(*body, "algorithm").value_or(""));
  const auto state = std::find(states.begin(), states.end(), json_text(*body, "state").value_or(""));
  const auto sealed = json_text(*body, "sealed");
  const auto changes_at = json_integer(*body, "changes_at_ms"), created_at = json_integer(*body, "created_at_ms");
  if (!algorithm || state == states.end() || !sealed || !changes_at) return std::nullopt;
  return StoredKey{.facts = {.kid = record.id,
                             .algorithm = *algorithm,
                             .state = static_cast<SigningKey::State>(state - states.begin()),
                             .created_at = created_at ? from_unix_millis(*created_at) : record.created_at,
                             .changes_at = from_unix_millis(*changes_at),
                             .version = record.version},
                   .written_at = record.updated_at,
                   .sealed = std::string(*sealed)};
}

store::Put write_key(std::string_view tenant, const StoredKey& key, Instant now) {
  const json::object body{{"algorithm", crypto::name_of(key.facts.algorithm)},
                          {"state", name_of(key.facts.state)},
                          {"sealed", key.sealed},
                          {"created_at_ms", unix_millis(key.facts.created_at)},
                          {"changes_at_ms", unix_millis(key.facts.changes_at)}};
  return {.record = {.kind = store::Kind::key,
                     .tenant = std::string(tenant),
                     .id = key.facts.kid,
                     .under = key.facts.kid,
                     .created_at = now,
                     .updated_at = now,
                     .body = json::serialize(body)},
          .expected_version = key.facts.version,
          .indexes = {}};
}

StoredKey make_key(std::string_view tenant, crypto::Algorithm algorithm, SigningKey::State state, Instant now,
                   Instant changes_at, const crypto::SealKey& seal, Random& random) {
  const auto key = crypto::PrivateKey::generate(algorithm);
  const auto kid = jose::thumbprint(key.public_key().parts());
  const auto sealed = seal.seal(key.to_pkcs8(), seal_context(tenant, kid), random);
  return {.facts = {.kid = kid,
                    .algorithm = algorithm,
                    .state = state,
                    .created_at = now,
                    .changes_at = changes_at,
                    .version = 0},
          .written_at = now,
          .sealed = base64url(sealed)};
}

Result<crypto::PrivateKey, Fault> open_key(std::string_view tenant, const StoredKey& key, const crypto::SealKey& seal) {
  const auto sealed = base64url_decode(key.sealed);
  if (!sealed) return Fail{Fault{Fault::Kind::corrupt, "a signing key's sealed half is damaged"}};
  TRY(auto der, seal.open(*sealed, seal_context(tenant, key.facts.kid)));
  return crypto::PrivateKey::from_pkcs8(der);
}

}  // namespace deputy::tokens
