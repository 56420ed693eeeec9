// Property: authenticator data that is accepted holds a key of one of our algorithms, whole, of a person who was
// verified; and a signature nobody made is never accepted.
#include <algorithm>
#include <cstdint>

#include "base/encoding.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "crypto/proof/webauthn.h"

using namespace deputy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto rp = crypto::sha256("id.example");
  std::string octets(as_text(rp));  // no mutation would find it
  octets.append(as_text({data, size}));
  const auto made = crypto::read_new_passkey("id.example", "{}", octets);
  if (made) {
    constexpr std::uint8_t present_verified_attested = 0x45;
    CHECK((data[0] & present_verified_attested) == present_verified_attested);
    const auto& known = crypto::passkey_algorithms;
    CHECK(std::find(known.begin(), known.end(), made->algorithm) != known.end());
    CHECK(!made->credential.empty() && made->credential.size() <= size);
    CHECK(made->public_key.size() == (made->algorithm == -7 ? 64u : made->algorithm == -8 ? 32u : 259u));
    CHECK(!crypto::read_new_passkey("evil.example", "{}", octets));
  }
  const std::string key(64, 'k'), signature(as_text({data, std::min<std::size_t>(size, 80)}));
  CHECK(!crypto::verify_assertion("id.example", {"{}", octets, signature}, -7, key));
  return 0;
}
