// The form of a client secret: prefix, random part, checksum.
#include "oauth/secret.h"

#include "base/encoding.h"
#include "crypto/hash.h"

namespace deputy::oauth {
namespace {

constexpr std::size_t random_letters = 43, checksum_letters = 6;
constexpr std::string_view base32 = "0123456789abcdefghjkmnpqrstvwxyz";  // Crockford: no i, l, o, u

// The low 30 bits of the CRC: six letters of five bits.
std::string checksum_of(std::string_view text) {
  const auto crc = crypto::crc32(text);
  std::string letters;
  for (int shift = 25; shift >= 0; shift -= 5) letters.push_back(base32[crc >> shift & 31]);
  return letters;
}

}  // namespace

std::string make_client_secret(Random& random) {
  std::string text(client_secret_prefix);
  text += base64url(as_text(random.bytes<32>()));
  return text + checksum_of(text);
}

bool has_secret_form(std::string_view text) {
  if (!text.starts_with(client_secret_prefix) ||
      text.size() != client_secret_prefix.size() + random_letters + checksum_letters)
    return false;
  const auto body = text.substr(0, text.size() - checksum_letters);
  return base64url_decode(body.substr(client_secret_prefix.size())) && checksum_of(body) == text.substr(body.size());
}

}  // namespace deputy::oauth
