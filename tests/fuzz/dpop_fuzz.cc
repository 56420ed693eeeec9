// Property: a proof that is accepted is one for this method and URL and no other, and says whose it is; and whether two
// URLs are one place does not depend on which comes first, nor on a query or a fragment behind them.
#include <cstdint>

#include "base/encoding.h"
#include "oauth/dpop.h"

using namespace deputy;

namespace {

// The corpus holds the example of RFC 9449 §4.1.
constexpr std::string_view url = "https://server.example.com/token";
const Instant now = from_unix_seconds(1'562'262'616);

void check_proof(std::string_view input) {
  const auto proof = oauth::verify_proof(input, {.method = "POST", .url = url}, now);
  if (!proof) return;
  CHECK(oauth::is_thumbprint(proof->jkt) && !proof->jti.empty());
  CHECK(!oauth::verify_proof(input, {.method = "GET", .url = url}, now));
  CHECK(!oauth::verify_proof(input, {.method = "POST", .url = "https://server.example.com/other"}, now));
  CHECK(!oauth::verify_proof(input, {.method = "POST", .url = url, .access_token = "token"}, now));
  CHECK(!oauth::verify_proof(input, {.method = "POST", .url = url}, now + Seconds(1000)));
}

void check_url(std::string_view input) {
  CHECK(oauth::same_htu(input, input));
  const bool same = oauth::same_htu(input, url);
  CHECK(same == oauth::same_htu(url, input));
  if (!same) return;
  const auto bare = input.substr(0, input.find_first_of("?#"));
  CHECK(oauth::same_htu(bare, url));
  CHECK(oauth::same_htu(std::string(bare) + "?q=1#f", url));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = as_text({data, size});
  check_proof(input);
  check_url(input);
  return 0;
}
