// Sixteen random octets, the second it ends, and a MAC over both and over what it is for.
#include "signin/passkey/challenge.h"

#include "base/encoding.h"
#include "base/secret.h"

namespace deputy::signin {
namespace {

constexpr std::size_t random_octets = 16, until_octets = 8, mac_octets = 32;

std::string mac_of(const crypto::KeyedHash& key, const ChallengeFor& what, std::string_view head) {
  std::string text(1, static_cast<char>(what.purpose));
  for (const auto* part : {&what.tenant, &what.session, &what.user}) text.append(*part).append("\n");
  text.append(head);
  const auto mac = key(text);
  return std::string(as_text(mac));
}

}  // namespace

std::string make_challenge(const crypto::KeyedHash& key, const ChallengeFor& what, Instant ends, Random& random) {
  std::string head(as_text(random.bytes<random_octets>()));
  const auto until = static_cast<std::uint64_t>(unix_seconds(ends));
  for (int shift = 56; shift >= 0; shift -= 8) head.push_back(static_cast<char>(until >> shift & 0xff));
  return base64url(head + mac_of(key, what, head));
}

std::optional<store::Mark> accept_challenge(const crypto::KeyedHash& key, const ChallengeFor& what,
                                            std::string_view challenge, Instant now) {
  const auto bytes = base64url_decode(challenge);
  if (!bytes || bytes->size() != random_octets + until_octets + mac_octets) return std::nullopt;
  const auto head = std::string_view(*bytes).substr(0, random_octets + until_octets);
  if (!constant_time_equal(mac_of(key, what, head), std::string_view(*bytes).substr(head.size()))) return std::nullopt;
  std::uint64_t until = 0;
  for (const char c : head.substr(random_octets)) until = until << 8 | static_cast<unsigned char>(c);
  const auto ends = from_unix_seconds(static_cast<std::int64_t>(until));
  if (now >= ends) return std::nullopt;
  return store::Mark{store::Once::passkey_challenge, what.tenant, ends, base64url(head.substr(0, random_octets))};
}

}  // namespace deputy::signin
