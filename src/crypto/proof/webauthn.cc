// libfido2's objects as owned values; what it leaves in OpenSSL's error queue is forgotten.
#include "crypto/proof/webauthn.h"

#include <cbor.h>
#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>

#include <algorithm>
#include <memory>
#include <mutex>

#include "base/encoding.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "crypto/openssl.h"

namespace deputy::crypto {
namespace {

static_assert(passkey_algorithms == std::array{COSE_ES256, COSE_EDDSA, COSE_RS256});

struct FreeFido {
  void operator()(fido_cred_t* credential) const { fido_cred_free(&credential); }
  void operator()(fido_assert_t* assertion) const { fido_assert_free(&assertion); }
  void operator()(es256_pk_t* key) const { es256_pk_free(&key); }
  void operator()(eddsa_pk_t* key) const { eddsa_pk_free(&key); }
  void operator()(rs256_pk_t* key) const { rs256_pk_free(&key); }
};
template <class T>
using Owned = std::unique_ptr<T, FreeFido>;

struct Tidy {  // whichever way a function here ends
  ~Tidy() { forget_errors(); }
};

void ready_libfido2() {
  static std::once_flag once;
  std::call_once(once, [] { fido_init(0); });
}

std::string octets(const unsigned char* bytes, std::size_t size) {
  return bytes == nullptr ? std::string() : std::string(as_text(std::span(bytes, size)));
}

// libfido2 has each array and map made before its members are looked for: a head of nine octets that promises 2^60 of
// them would take all memory there is. What promises more than there are octets is refused before.
struct Promised {
  std::size_t members = 0, most;
  void add(std::size_t count) { members = count > most - std::min(members, most) ? most + 1 : members + count; }
};
bool keeps_its_promises(std::string_view cbor) {
  Promised promised{.most = cbor.size()};
  auto callbacks = cbor_empty_callbacks;
  callbacks.array_start = [](void* to, auto count) { static_cast<Promised*>(to)->add(count); };
  callbacks.map_start = callbacks.array_start;
  while (!cbor.empty() && promised.members <= promised.most) {
    const auto decoded = cbor_stream_decode(as_bytes(cbor), cbor.size(), &callbacks, &promised);
    if (decoded.status != CBOR_DECODER_FINISHED || decoded.read == 0) return false;
    cbor.remove_prefix(decoded.read);
  }
  return promised.members <= promised.most;
}

// Where the CBOR of authenticator data begins (WebAuthn §6.1): with a new passkey its key, then extensions; with an
// assertion, which MUST NOT hold a passkey, extensions alone. libfido2 reads them there whatever the flags say.
constexpr std::size_t octets_max = 4096, flags_at = 32, head = 37, id_length_at = 53, id_at = 55;

bool is_bounded_assertion(std::string_view data) {
  if (data.size() < head || data.size() > octets_max) return false;
  return (data[flags_at] & CTAP_AUTHDATA_ATT_CRED) == 0 && keeps_its_promises(data.substr(head));
}

bool is_bounded_passkey(std::string_view data) {
  if (data.size() < id_at || data.size() > octets_max) return false;
  const auto octet = [&](std::size_t at) { return static_cast<std::size_t>(static_cast<unsigned char>(data[at])); };
  const auto key_at = id_at + (octet(id_length_at) << 8 | octet(id_length_at + 1));
  return (data[flags_at] & CTAP_AUTHDATA_ATT_CRED) != 0 && key_at <= data.size() &&
         keeps_its_promises(data.substr(key_at));
}

// The credential, read as one with a key of this algorithm; null if it is not.
Owned<fido_cred_t> read_as(int algorithm, std::string_view rp_id, std::string_view client_data_hash,
                           std::string_view data) {
  Owned<fido_cred_t> credential(fido_cred_new());
  const std::string rp(rp_id);
  const bool read =
      credential != nullptr && fido_cred_set_type(credential.get(), algorithm) == FIDO_OK &&
      fido_cred_set_rp(credential.get(), rp.c_str(), nullptr) == FIDO_OK &&
      fido_cred_set_clientdata_hash(credential.get(), as_bytes(client_data_hash), client_data_hash.size()) == FIDO_OK &&
      fido_cred_set_authdata_raw(credential.get(), as_bytes(data), data.size()) == FIDO_OK;
  return read ? std::move(credential) : nullptr;
}

template <class Key>
bool verify_with(const fido_assert_t* assertion, int algorithm, std::string_view octets, Key* (*make)(),
                 int (*read)(Key*, const void*, std::size_t)) {
  const Owned<Key> key(make());
  return key != nullptr && read(key.get(), octets.data(), octets.size()) == FIDO_OK &&
         fido_assert_verify(assertion, 0, algorithm, key.get()) == FIDO_OK;
}

bool verify(const fido_assert_t* assertion, int algorithm, std::string_view key) {
  switch (algorithm) {
    case COSE_ES256: return verify_with(assertion, algorithm, key, es256_pk_new, es256_pk_from_ptr);
    case COSE_EDDSA: return verify_with(assertion, algorithm, key, eddsa_pk_new, eddsa_pk_from_ptr);
    case COSE_RS256: return verify_with(assertion, algorithm, key, rs256_pk_new, rs256_pk_from_ptr);
    default: return false;
  }
}

}  // namespace

std::optional<NewPasskey> read_new_passkey(std::string_view rp_id, std::string_view client_data,
                                           std::string_view authenticator_data) {
  ready_libfido2();
  const Tidy tidy;
  // WebAuthn §7.1: the hash of the relying party's id leads; libfido2 compares it only where there is a signature.
  const auto rp = sha256(rp_id);
  if (!constant_time_equal(authenticator_data.substr(0, rp.size()), as_text(rp))) return std::nullopt;
  if (!is_bounded_passkey(authenticator_data)) return std::nullopt;
  const auto hash = sha256(client_data);
  for (const int algorithm : passkey_algorithms) {
    const auto credential = read_as(algorithm, rp_id, as_text(hash), authenticator_data);
    if (credential == nullptr) continue;
    constexpr int wanted = CTAP_AUTHDATA_USER_PRESENT | CTAP_AUTHDATA_USER_VERIFIED | CTAP_AUTHDATA_ATT_CRED;
    if ((fido_cred_flags(credential.get()) & wanted) != wanted) return std::nullopt;
    NewPasskey made{.credential = octets(fido_cred_id_ptr(credential.get()), fido_cred_id_len(credential.get())),
                    .algorithm = algorithm,
                    .public_key =
                        octets(fido_cred_pubkey_ptr(credential.get()), fido_cred_pubkey_len(credential.get())),
                    .sign_count = fido_cred_sigcount(credential.get())};
    if (made.credential.empty() || made.public_key.empty()) return std::nullopt;
    return made;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> verify_assertion(std::string_view rp_id, const Assertion& what, int algorithm,
                                              std::string_view public_key) {
  if (!is_bounded_assertion(what.authenticator_data)) return std::nullopt;
  ready_libfido2();
  const Tidy tidy;
  const Owned<fido_assert_t> assertion(fido_assert_new());
  const std::string rp(rp_id);
  const auto hash = sha256(what.client_data);
  auto* const one = assertion.get();
  const auto& data = what.authenticator_data;
  const bool read = one != nullptr && fido_assert_set_count(one, 1) == FIDO_OK &&
                    fido_assert_set_rp(one, rp.c_str()) == FIDO_OK &&
                    fido_assert_set_clientdata_hash(one, hash.data(), hash.size()) == FIDO_OK &&
                    fido_assert_set_authdata_raw(one, 0, as_bytes(data), data.size()) == FIDO_OK &&
                    fido_assert_set_sig(one, 0, as_bytes(what.signature), what.signature.size()) == FIDO_OK &&
                    fido_assert_set_up(one, FIDO_OPT_TRUE) == FIDO_OK &&
                    fido_assert_set_uv(one, FIDO_OPT_TRUE) == FIDO_OK;
  if (!read || !verify(one, algorithm, public_key)) return std::nullopt;
  return fido_assert_sigcount(one, 0);
}

}  // namespace deputy::crypto
