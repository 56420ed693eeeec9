// Building what signing in needs, and reading a tenant's policy.
#include "signin/methods.h"

#include "base/encoding.h"
#include "signin/password/breached.h"
#include "store/cache/directory.h"

namespace deputy::signin {

Result<std::unique_ptr<Methods>, Fault> Methods::open(Config config, store::Store& store, const crypto::SealKey& seal,
                                                      Random& random) {
  std::unique_ptr<const Breached> breached;
  if (!config.breached_file.empty()) {
    TRY(auto opened, Breached::open(config.breached_file));
    breached = std::move(opened);
  }
  TRY(auto decoy, crypto::decoy_hash(as_text(random.bytes<32>()), config.cost));
  return std::unique_ptr<Methods>(
      new Methods(std::move(config), store, seal, random, std::move(breached), std::move(decoy)));
}

Methods::Methods(Config config_, store::Store& store_, const crypto::SealKey& seal_, Random& random_,
                 std::unique_ptr<const Breached> breached_, std::string decoy_)
    : config(std::move(config_)),
      store(store_),
      seal(seal_),
      random(random_),
      hash(seal.derive("codes of signing in")),
      challenges(seal.derive("challenges of passkeys")),
      throttle(config.throttle, hash),
      breached(std::move(breached_)),
      decoy(std::move(decoy_)),
      pool(config.pool) {}

Methods::~Methods() = default;

Result<Policy, Fault> policy_of(store::Store& store, std::string_view tenant) {
  TRY(auto record, store.get(tenant, store::Kind::tenant, tenant));
  if (!record) return Fail{Fault{Fault::Kind::not_found, "there is no such tenant"}};
  TRY(auto body, parse_stored(record->body));
  return policy_from(body);
}

Result<std::string, Fault> acr_now(const Amr& amr, std::string_view tenant, store::Directory& directory) {
  if (amr.empty()) return std::string();
  TRY(const auto record, directory.tenant(tenant));
  if (record == nullptr) return Fail{Fault{Fault::Kind::not_found, "there is no such tenant"}};
  TRY(const auto body, parse_stored(record->body));
  return acr_of(amr, policy_from(body).acr);
}

}  // namespace deputy::signin
