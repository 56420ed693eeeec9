// Codes that people type: 32 letters that are not mistaken for each other (Crockford's), in groups of five.
#include "signin/password/reset_code.h"

#include "base/encoding.h"
#include "signin/typed_code.h"

namespace deputy::signin {
namespace {

constexpr std::size_t letters = 20;

std::string hash_of(const Methods& methods, std::string_view user, std::string_view code) {
  return base64url(as_text(methods.hash("reset\n" + std::string(user) + "\n" + std::string(code))));
}

}  // namespace

Result<ResetCode, Fault> make_reset_code(Methods& methods, std::string_view tenant, std::string_view user,
                                         Instant now) {
  TRY(auto all, authenticators_of(methods.store, tenant, user));
  const auto* earlier = find(all, Type::reset_code);
  auto authenticator = earlier != nullptr ? *earlier
                                          : make_authenticator(Type::reset_code, tenant, user, now, methods.random);
  const auto code = make_typed_code(letters, methods.random);
  const auto expires_at = now + reset_code_lifetime;
  authenticator.body["hash"] = hash_of(methods, user, typed_code(code));
  authenticator.body["expires_at"] = unix_seconds(expires_at);
  auto write = put_of(authenticator, now);
  return ResetCode{code, expires_at, std::move(authenticator), std::move(write)};
}

bool is_reset_code(const Methods& methods, const Authenticator& authenticator, std::string_view typed, Instant now) {
  const auto& body = authenticator.body;
  const bool same = constant_time_equal(json_text(body, "hash").value_or(""),
                                        hash_of(methods, authenticator.record.under, typed_code(typed)));
  const bool live = unix_seconds(now) < json_integer(body, "expires_at").value_or(0);
  return same && live && authenticator.type == Type::reset_code;
}

}  // namespace deputy::signin
