// One record a user. Its id is made of theirs, so that of two first ones at once the store takes one.
#include "signin/sign_out.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/json.h"

namespace deputy::signin {
namespace {

constexpr const char* user_index = "user";

std::string id_of(std::string_view user) {
  const auto bar = std::min(user.find('_'), user.size());
  return std::string(directory::row(store::Kind::sign_out).prefix).append(user.substr(bar));
}

Result<SignOut, Fault> read(const store::Record& record) {
  TRY(const auto body, parse_json_object(record.body));
  return SignOut{.mark = text_of(body, "mark"), .spared = text_of(body, "spared"), .version = record.version};
}

}  // namespace

Result<SignOut, Fault> sign_out_of(store::Store& store, std::string_view tenant, std::string_view user) {
  TRY(const auto record, store.get(tenant, store::Kind::sign_out, id_of(user)));
  if (!record) return SignOut();
  return read(*record);
}

Result<SignOut, Fault> sign_out_among(const std::vector<store::Record>& records) {
  const auto found = std::find_if(records.begin(), records.end(),
                                  [](const auto& one) { return one.kind == store::Kind::sign_out; });
  if (found == records.end()) return SignOut();
  return read(*found);
}

bool counts(const SignOut& newest, std::string_view session, std::string_view mark) {
  return newest.mark == mark || (!newest.spared.empty() && newest.spared == session);
}

store::Put sign_out(const SignOut& before, std::string_view tenant, std::string_view user, std::string_view spared,
                    Random& random, Instant now) {
  const json::object body{{"mark", base64url(as_text(random.bytes<16>()))}, {"spared", spared}};
  store::Record record{.kind = store::Kind::sign_out,
                       .tenant = std::string(tenant),
                       .id = id_of(user),
                       .under = std::string(user),
                       .created_at = now,
                       .updated_at = now,
                       .body = json::serialize(body)};
  return {.record = std::move(record),
          .expected_version = before.version,
          .indexes = {{user_index, std::string(user), false}}};
}

store::Write no_sign_out_since(const SignOut& read, std::string_view tenant, std::string_view user) {
  if (read.version == 0)
    return store::RequireNone{std::string(tenant), store::Kind::sign_out, user_index, std::string(user)};
  return store::Require{std::string(tenant), store::Kind::sign_out, id_of(user), read.version};
}

}  // namespace deputy::signin
