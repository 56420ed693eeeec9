// An authenticator made of our own keys: what a browser would send of a passkey, and whatever a test spoils of it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/encoding.h"
#include "base/json.h"
#include "crypto/ecdsa.h"
#include "crypto/hash.h"
#include "crypto/key.h"

namespace deputy::signin::test {

// What the test may get wrong on purpose.
struct Ceremony {
  std::string type, challenge, origin = "https://id.example", rp_id = "id.example";
  std::uint8_t flags = 0x05;  // present, verified (WebAuthn §6.1)
  std::uint32_t count = 0;
  json::object client_data_more = {};
};

// An authenticator with one passkey (WebAuthn §6, CTAP2's CBOR).
class SoftwareAuthenticator {
 public:
  explicit SoftwareAuthenticator(crypto::Algorithm algorithm) : key_(crypto::PrivateKey::generate(algorithm)) {}

  std::string register_as(Ceremony ceremony, json::object more = {}) {
    ceremony.flags |= 0x40;  // attested credential data included
    auto data = authenticator_data(ceremony);
    data += std::string(16, '\0');
    data += std::string{'\0', static_cast<char>(credential.size())} + credential + cose_key();
    json::object out{{"id", base64url(credential)}, {"clientDataJSON", base64url(client_data(ceremony))},
                     {"authenticatorData", base64url(data)}, {"transports", {"internal", "nonsense"}}};
    for (const auto& [name, value] : more) out[name] = value;
    return json::serialize(out);
  }

  std::string sign_in(const Ceremony& ceremony, std::string_view user, json::object more = {}) {
    const auto client = client_data(ceremony), data = authenticator_data(ceremony);
    const auto hash = crypto::sha256(client);
    auto signature = key_.sign(key_.algorithm(), data + std::string(as_text(hash)));
    if (key_.algorithm() == crypto::Algorithm::ES256) {
      const auto der = crypto::der_from_raw(signature);
      signature.assign(as_text(std::span(der->bytes).first(der->size)));
    }
    json::object out{{"id", base64url(credential)}, {"clientDataJSON", base64url(client)},
                     {"authenticatorData", base64url(data)}, {"signature", base64url(signature)},
                     {"userHandle", base64url(user)}};
    for (const auto& [name, value] : more) out[name] = value;
    return json::serialize(out);
  }

  std::string credential = "a credential";

 private:
  static std::string client_data(const Ceremony& ceremony) {
    json::object data{{"type", ceremony.type}, {"challenge", ceremony.challenge}, {"origin", ceremony.origin},
                      {"crossOrigin", false}};
    for (const auto& [name, value] : ceremony.client_data_more) data[name] = value;
    return json::serialize(data);
  }
  static std::string authenticator_data(const Ceremony& ceremony) {
    const auto rp = crypto::sha256(ceremony.rp_id);
    std::string data(as_text(rp));
    data.push_back(static_cast<char>(ceremony.flags));
    for (int shift = 24; shift >= 0; shift -= 8) data.push_back(static_cast<char>(ceremony.count >> shift & 0xff));
    return data;
  }
  static std::string octets(std::string_view base64) { return base64url_decode(base64).value_or(""); }
  static std::string bytes(std::string_view text) {
    std::string head = text.size() < 24    ? std::string(1, static_cast<char>(0x40 + text.size()))
                       : text.size() < 256 ? std::string{'\x58', static_cast<char>(text.size())}
                                           : std::string{'\x59', static_cast<char>(text.size() >> 8),
                                                         static_cast<char>(text.size() & 0xff)};
    return head.append(text);
  }
  std::string cose_key() const {
    using crypto::Algorithm;  // RFC 9053 §7
    const auto public_key = key_.public_key();
    const auto& parts = public_key.parts();
    switch (key_.algorithm()) {
      case Algorithm::ES256:
        return "\xa5\x01\x02\x03\x26\x20\x01\x21" + bytes(octets(parts.x)) + "\x22" + bytes(octets(parts.y));
      case Algorithm::EdDSA: return "\xa4\x01\x01\x03\x27\x20\x06\x21" + bytes(octets(parts.x));
      default:
        return std::string("\xa4\x01\x03\x03\x39\x01\x00\x20", 8) + bytes(octets(parts.n)) + "\x21" +
               bytes(octets(parts.e));
    }
  }

  crypto::PrivateKey key_;
};

}  // namespace deputy::signin::test
