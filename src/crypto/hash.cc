// SHA-256 and HMAC with contexts kept by each thread, and CRC-32 by table.
#include "crypto/hash.h"

#include <cstring>

#include "base/encoding.h"
#include "base/result.h"
#include "crypto/openssl.h"

namespace deputy::crypto {
namespace {

constexpr std::size_t sha256_block = 64;

DigestContext new_context() {
  DigestContext context(EVP_MD_CTX_new());
  CHECK(context != nullptr);
  return context;
}

Digest finish(EVP_MD_CTX* context) {
  Digest digest;
  unsigned size = 0;
  CHECK(EVP_DigestFinal_ex(context, digest.data(), &size) == 1 && size == digest.size());
  return digest;
}

constexpr std::array<std::uint32_t, 256> crc_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = (rest & 1) != 0 ? rest >> 1 ^ 0xedb88320u : rest >> 1;
    table[byte] = rest;
  }
  return table;
}();

}  // namespace

Digest sha256(std::string_view bytes) { return sha256({bytes}); }

Digest sha256(std::initializer_list<std::string_view> parts) {
  thread_local const DigestContext context = [] {
    auto fresh = new_context();
    CHECK(EVP_DigestInit_ex2(fresh.get(), fetched_sha256(), nullptr) == 1);
    return fresh;
  }();
  CHECK(EVP_DigestInit_ex2(context.get(), nullptr, nullptr) == 1);
  for (const auto part : parts) CHECK(EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1);
  return finish(context.get());
}

std::string sha256_base64url(std::string_view bytes) { return base64url(as_text(sha256(bytes))); }

// HMAC is hash(outer pad ‖ hash(inner pad ‖ message)) (RFC 2104 §2). The two pads are hashed once; a call copies
// the half-done hashes, which are only read, so threads share them without a lock.
struct KeyedHash::State {
  DigestContext inner = new_context();
  DigestContext outer = new_context();
};

KeyedHash::KeyedHash(const Secret& key) : state_(std::make_unique<State>()) {
  constexpr std::size_t key_octets_min = 32;  // RFC 2104 §3: a key no shorter than the hash
  auto bytes = key.reveal();
  CHECK(bytes.size() >= key_octets_min);
  Digest hashed{};
  if (bytes.size() > sha256_block) {
    hashed = sha256(bytes);
    bytes = as_text(hashed);
  }
  std::array<unsigned char, sha256_block> pad{};
  const auto begin = [&](EVP_MD_CTX* context, unsigned char mask) {
    pad.fill(mask);
    for (std::size_t i = 0; i < bytes.size(); ++i) pad[i] ^= static_cast<unsigned char>(bytes[i]);
    CHECK(EVP_DigestInit_ex2(context, fetched_sha256(), nullptr) == 1);
    CHECK(EVP_DigestUpdate(context, pad.data(), pad.size()) == 1);
  };
  begin(state_->inner.get(), 0x36);
  begin(state_->outer.get(), 0x5c);
  OPENSSL_cleanse(pad.data(), pad.size());
  OPENSSL_cleanse(hashed.data(), hashed.size());
}

KeyedHash::KeyedHash(KeyedHash&&) noexcept = default;
KeyedHash::~KeyedHash() = default;

Digest KeyedHash::operator()(std::string_view bytes) const {
  thread_local const DigestContext scratch = new_context();
  CHECK(EVP_MD_CTX_copy_ex(scratch.get(), state_->inner.get()) == 1);
  CHECK(EVP_DigestUpdate(scratch.get(), bytes.data(), bytes.size()) == 1);
  const Digest inner = finish(scratch.get());
  CHECK(EVP_MD_CTX_copy_ex(scratch.get(), state_->outer.get()) == 1);
  CHECK(EVP_DigestUpdate(scratch.get(), inner.data(), inner.size()) == 1);
  return finish(scratch.get());
}

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t rest = 0xffffffffu;
  for (const char c : bytes) rest = rest >> 8 ^ crc_table[(rest ^ static_cast<unsigned char>(c)) & 0xff];
  return ~rest;
}

}  // namespace deputy::crypto
