// Authenticators to records and back. A user has at most one of each type but passkeys: the store sees to it.
#include "signin/authenticator.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/id.h"
#include "crypto/hash.h"

namespace deputy::signin {
namespace {

constexpr std::array<std::string_view, 5> names{"password", "totp", "recovery_codes", "passkey", "reset_code"};

std::optional<Type> type_named(std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Type>(found - names.begin());
}

std::vector<store::Index> indexes_of(const Authenticator& authenticator) {
  const auto& user = authenticator.record.under;
  std::vector<store::Index> indexes{{std::string(user_index), user, false}};
  if (authenticator.type == Type::passkey) {
    const auto credential = json_text(authenticator.body, "credential").value_or("");
    indexes.push_back({std::string(passkey_index), passkey_index_value(credential), true});
  } else {
    indexes.push_back({std::string(only_index), only_index_value(user, authenticator.type), true});
  }
  return indexes;
}

}  // namespace

std::string_view name_of(Type type) { return names[static_cast<std::size_t>(type)]; }

std::string only_index_value(std::string_view user, Type type) {
  return std::string(user).append(":").append(name_of(type));
}
std::string passkey_index_value(std::string_view credential) { return crypto::sha256_base64url(credential); }

Result<Authenticator, Fault> authenticator_from(store::Record record) {
  TRY(auto body, parse_stored(record.body));
  const auto type = type_named(json_text(body, "type").value_or(""));
  if (!type) return Fail{Fault{Fault::Kind::corrupt, "the record of an authenticator is damaged"}};
  return Authenticator{*type, std::move(record), std::move(body)};
}

Result<std::vector<Authenticator>, Fault> authenticators_among(const std::vector<store::Record>& records) {
  std::vector<Authenticator> all;
  for (const auto& record : records) {
    if (record.kind != store::Kind::authenticator) continue;
    TRY(auto one, authenticator_from(record));
    all.push_back(std::move(one));
  }
  return all;
}

Result<std::vector<Authenticator>, Fault> authenticators_of(store::Store& store, std::string_view tenant,
                                                            std::string_view user) {
  TRY(auto records, store.under(tenant, user));
  return authenticators_among(records);
}

Result<std::vector<Authenticator>, Fault> authenticators_after(std::vector<Authenticator> all,
                                                               const store::Writes& writes) {
  for (const auto& write : writes) {
    const auto* removed = std::get_if<store::Remove>(&write);
    const auto* put = std::get_if<store::Put>(&write);
    const bool of_one = put != nullptr && put->record.kind == store::Kind::authenticator;
    if (removed == nullptr && !of_one) continue;
    const auto& id = of_one ? put->record.id : removed->id;
    std::erase_if(all, [&](const auto& one) { return one.record.id == id; });
    if (!of_one) continue;
    TRY(auto one, authenticator_from(put->record));
    one.record.version = put->expected_version + 1;
    all.push_back(std::move(one));
  }
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.record.id < b.record.id; });
  return all;
}

const Authenticator* find(const std::vector<Authenticator>& all, Type type) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.type == type; });
  return found == all.end() ? nullptr : &*found;
}

Authenticator make_authenticator(Type type, std::string_view tenant, std::string_view user, Instant now,
                                 Random& random) {
  return {.type = type,
          .record = {.kind = store::Kind::authenticator,
                     .tenant = std::string(tenant),
                     .id = make_id(directory::row(store::Kind::authenticator).prefix, now, random),
                     .under = std::string(user),
                     .version = 0,
                     .created_at = now,
                     .updated_at = now,
                     .body = ""},
          .body = {{"type", name_of(type)}, {"user", user}}};
}

store::Put put_of(const Authenticator& authenticator, Instant now) {
  auto record = authenticator.record;
  record.updated_at = now;
  record.body = json::serialize(authenticator.body);
  const auto version = record.version;
  return {.record = std::move(record), .expected_version = version, .indexes = indexes_of(authenticator)};
}

store::Remove removal_of(const Authenticator& authenticator) {
  const auto& record = authenticator.record;
  return {record.tenant, record.kind, record.id, record.version};
}

json::object document_of(const Authenticator& authenticator) {
  const auto& [type, record, body] = authenticator;
  json::object document{{"id", record.id}, {"type", name_of(type)}};
  if (const auto label = json_text(body, "label")) document["label"] = *label;
  document["created_at"] = rfc3339(record.created_at);
  if (record.touched_at) document["last_used_at"] = rfc3339(*record.touched_at);
  if (const auto expires = json_integer(body, "expires_at"))
    document["expires_at"] = rfc3339(from_unix_seconds(*expires));
  if (const auto* hashes = json_member_array(body, "hashes")) document["remaining"] = hashes->size();
  return document;
}

}  // namespace deputy::signin
