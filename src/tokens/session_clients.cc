// Keys of the store: the session's id, then the client's.
#include "tokens/session_clients.h"

namespace deputy::tokens {
namespace {

constexpr std::size_t clients_max = 1000;

std::string mark_of(std::string_view sid, std::string_view client) {
  return std::string(sid).append("/").append(client);
}

}  // namespace

store::Writes note_client(std::string_view tenant, std::string_view sid, std::string_view client, Instant until) {
  const auto key = mark_of(sid, client);
  // A mark that is there already would refuse the batch: it is made anew.
  return {store::Drop{store::Use::session_client, std::string(tenant), key},
          store::Keep{store::Use::session_client, std::string(tenant), key, until, ""}};
}

Result<store::Writes, Fault> renew_clients(std::string_view tenant, std::string_view sid, store::Store& store,
                                           Instant now, Instant until) {
  TRY(const auto clients, clients_of(tenant, sid, store, now));
  store::Writes writes;
  for (const auto& client : clients)
    for (auto& write : note_client(tenant, sid, client, until)) writes.push_back(std::move(write));
  return writes;
}

Result<std::vector<std::string>, Fault> clients_of(std::string_view tenant, std::string_view sid, store::Store& store,
                                                   Instant now) {
  const auto prefix = mark_of(sid, "");
  TRY(auto keys, store.kept_keys(store::Use::session_client, tenant, prefix, now, clients_max));
  for (auto& key : keys) key.erase(0, prefix.size());
  return keys;
}

}  // namespace deputy::tokens
