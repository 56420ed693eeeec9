// "NONCE.MAC": the hash covers the tenant, the account and the nonce.
#include "signin/throttle/device.h"

#include "base/encoding.h"
#include "base/secret.h"

namespace deputy::signin {
namespace {

std::string mac_of(const crypto::KeyedHash& hash, std::string_view tenant, std::string_view username,
                   std::string_view nonce) {
  std::string text("device\n");
  text.append(tenant).append("\n").append(username).append("\n").append(nonce);
  return base64url(as_text(hash(text)));
}

}  // namespace

std::string make_device(const crypto::KeyedHash& hash, std::string_view tenant, std::string_view username,
                        Random& random) {
  const auto nonce = base64url(as_text(random.bytes<16>()));
  return nonce + "." + mac_of(hash, tenant, username, nonce);
}

std::string device_of(const crypto::KeyedHash& hash, std::string_view tenant, std::string_view username,
                      std::string_view cookie) {
  const auto dot = cookie.find('.');
  if (dot == std::string_view::npos) return "";
  const auto nonce = cookie.substr(0, dot);
  const auto mac = mac_of(hash, tenant, username, nonce);
  return constant_time_equal(mac, cookie.substr(dot + 1)) ? std::string(nonce) : std::string();
}

std::string_view mark_of(std::string_view cookie) {
  const auto dot = cookie.find('.');
  return dot == std::string_view::npos ? std::string_view() : cookie.substr(0, dot);
}

}  // namespace deputy::signin
