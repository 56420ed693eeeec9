// Writing a compact JWS (RFC 7515 §5.1): one buffer, grown once, signed where it stands.
#include "base/encoding.h"
#include "jose/jwt.h"

namespace deputy::jose {
namespace {

constexpr std::size_t base64url_size(std::size_t octets) { return (octets * 4 + 2) / 3; }

std::string header_json(crypto::Algorithm algorithm, std::string_view kid, std::string_view type) {
  std::string out = R"({"alg":")";
  out.append(name_of(algorithm)).push_back('"');
  if (!type.empty()) {
    out.append(R"(,"typ":)");
    append_json_string(out, type);
  }
  if (!kid.empty()) {
    out.append(R"(,"kid":)");
    append_json_string(out, kid);
  }
  out.push_back('}');
  return out;
}

// `encoded_header` ends in its dot.
std::string sign_after(std::string_view encoded_header, const crypto::PrivateKey& key, crypto::Algorithm algorithm,
                       std::string_view claims_json) {
  const std::size_t signature_room =
      1 + base64url_size(algorithm == crypto::Algorithm::ES256 || algorithm == crypto::Algorithm::EdDSA ? 64 : 512);
  std::string out;
  out.reserve(encoded_header.size() + base64url_size(claims_json.size()) + signature_room);
  out.append(encoded_header);
  append_base64url(out, claims_json);
  const auto signature = key.sign(algorithm, out);
  out.push_back('.');
  append_base64url(out, signature);
  return out;
}

}  // namespace

std::string sign_with_header(const crypto::PrivateKey& key, crypto::Algorithm algorithm, std::string_view header,
                             std::string_view claims_json) {
  return sign_after(base64url(header) + '.', key, algorithm, claims_json);
}

std::string sign(const crypto::PrivateKey& key, crypto::Algorithm algorithm, std::string_view kid,
                 std::string_view type, std::string_view claims_json) {
  return sign_with_header(key, algorithm, header_json(algorithm, kid, type), claims_json);
}

Signer::Signer(crypto::PrivateKey key, crypto::Algorithm algorithm, std::string kid, std::string_view type)
    : key_(std::move(key)),
      algorithm_(algorithm),
      kid_(std::move(kid)),
      header_(base64url(header_json(algorithm, kid_, type)) + '.') {}

std::string Signer::sign(std::string_view claims_json) const {
  return sign_after(header_, key_, algorithm_, claims_json);
}

}  // namespace deputy::jose
