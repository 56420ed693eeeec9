// A nonce is a keyed hash of its time step and tenant: to forge one is to forge the hash.
#include "oauth/dpop_nonce.h"

#include "base/encoding.h"

namespace deputy::oauth {

std::string DpopNonces::at(std::string_view tenant, std::int64_t step_number) const {
  constexpr std::size_t octets = 18;
  auto text = std::to_string(step_number);
  const auto digest = hash_(text.append(":").append(tenant));
  return base64url(as_text(digest).substr(0, octets));
}

std::string DpopNonces::current(std::string_view tenant, Instant now) const {
  return at(tenant, unix_seconds(now) / step.count());
}

bool DpopNonces::accepts(std::string_view nonce, std::string_view tenant, Instant now) const {
  const auto number = unix_seconds(now) / step.count();
  const bool of_this = constant_time_equal(nonce, at(tenant, number));
  const bool of_last = constant_time_equal(nonce, at(tenant, number - 1));
  return of_this || of_last;
}

}  // namespace deputy::oauth
