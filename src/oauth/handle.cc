// The form of a handle: prefix, instant, random part.
#include "oauth/handle.h"

#include "base/encoding.h"
#include "base/id.h"
#include "crypto/hash.h"

namespace deputy::oauth {
namespace {

constexpr std::size_t prefix_letters = 4;

}  // namespace

std::string make_handle(std::string_view prefix, Instant now, std::string_view rest) {
  std::string handle;
  handle.reserve(prefix_letters + sortable_letters + rest.size());
  handle.append(prefix).append(sortable(now)).append(rest);
  return handle;
}

std::string make_handle(std::string_view prefix, Instant now, Random& random) {
  return make_handle(prefix, now, base64url(as_text(random.bytes<32>())));
}

std::string handle_key(std::string_view handle) {
  std::string key(handle.substr(std::min(handle.size(), prefix_letters), sortable_letters));
  return key.append(crypto::sha256_base64url(handle));
}

}  // namespace deputy::oauth
