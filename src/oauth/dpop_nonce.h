// DpopNonces: values for the `nonce` of DPoP proofs (RFC 9449 §8), made from the time and kept nowhere.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/secret.h"
#include "crypto/hash.h"

namespace deputy::oauth {

// Every node with the same key gives, and takes, the same ones.
class DpopNonces {
 public:
  static constexpr Seconds step{120};

  explicit DpopNonces(const Secret& key) : hash_(key) {}
  std::string current(std::string_view tenant, Instant now) const;
  // That of this step or of the one before: what was given is good for two to four minutes.
  bool accepts(std::string_view nonce, std::string_view tenant, Instant now) const;

 private:
  std::string at(std::string_view tenant, std::int64_t step_number) const;
  crypto::KeyedHash hash_;
};

}  // namespace deputy::oauth
