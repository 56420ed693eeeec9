// Property: a URI that is accepted has one canonical spelling, which is its own; it holds no fragment, no user info,
// nothing outside printable ASCII, and plain http on loopback only.
#include <algorithm>
#include <cstdint>

#include "base/encoding.h"
#include "directory/noun.h"

using namespace deputy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto once = directory::canonical_uri(as_text({data, size}));
  if (!once) return 0;
  const std::string_view uri(*once);
  CHECK(uri.size() <= size);
  CHECK(std::all_of(uri.begin(), uri.end(), [](char c) { return c > 0x20 && c < 0x7f; }));
  CHECK(uri.find('#') == std::string_view::npos && uri.find('\\') == std::string_view::npos);
  CHECK(directory::canonical_uri(uri) == once);
  if (uri.starts_with("urn:")) return 0;
  const auto begin = uri.find("://");
  CHECK(begin == 4 || begin == 5);
  auto authority = uri.substr(begin + 3);
  authority = authority.substr(0, authority.find_first_of("/?"));
  CHECK(!authority.empty() && authority.find('@') == std::string_view::npos);
  CHECK(std::none_of(authority.begin(), authority.end(), [](char c) { return c >= 'A' && c <= 'Z'; }));
  if (uri.starts_with("http:"))
    CHECK(authority.starts_with("localhost") || authority.starts_with("127.") || authority.starts_with("[::1]"));
  return 0;
}
