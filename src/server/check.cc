// Every door that serving goes through, tried in its order.
#include "server/check.h"

#include <optional>
#include <set>

#include "endpoints/admin/first_tenant.h"
#include "http/server.h"
#include "server/origin.h"
#include "server/seal_key.h"
#include "server/world.h"
#include "server/writable.h"
#include "signin/password/breached.h"
#include "store/sqlite_look.h"

namespace deputy::server {
namespace {

// A store that `init` began and did not finish.
Result<Done, Fault> check_made(const Config& config) {
  const std::string first(endpoints::admin::default_tenant);
  TRY(const auto tenant, store::look_at_sqlite_record(config.sqlite, first, store::Kind::tenant, first));
  if (!tenant) return store_is_empty();
  return Done{};
}

// What is wrong, once each: several doors may find the same damage.
class Found {
 public:
  template <class T>
  void add(const Result<T, Fault>& opened) {
    if (opened || !said_.insert(opened.error().detail).second) return;
    if (all_)
      all_->detail.append("\n").append(opened.error().detail);
    else
      all_ = opened.error();
  }
  Result<Done, Fault> take() && {
    if (all_) return Fail{*std::move(all_)};
    return Done{};
  }

 private:
  std::optional<Fault> all_;
  std::set<std::string> said_;
};

// The store, by which the seal key is judged too. What cannot be written to is not opened: that is said alone.
void add_store(const Config& config, const Result<crypto::SealKey, Fault>& seal, Found& found) {
  const auto writable = check_writable(config);
  found.add(writable);
  if (!writable) return;
  const auto readable = store::check_sqlite_file(config.sqlite);
  found.add(readable);
  if (!readable) return;
  found.add(check_made(config));
  found.add(check_origin(config));
  if (seal) found.add(check_seal_key(config, *seal));
}

}  // namespace

Result<Done, Fault> check(const Config& config) {
  Found found;
  const auto store = find_store(config);
  found.add(store);
  const auto seal = read_seal_key(config);
  if (store) add_store(config, seal, found);
  found.add(check_calls(config));
  // A key that is not there yet either is made with the store.
  if (store || seal || seal.error().kind != Fault::Kind::not_found) found.add(seal);
  if (const auto& file = config.sign_in.breached_file; !file.empty()) found.add(signin::Breached::open(file));
  found.add(http::Server::check(config.http));
  return std::move(found).take();
}

}  // namespace deputy::server
