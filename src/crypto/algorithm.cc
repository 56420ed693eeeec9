// The names of the signature algorithms (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2), and no others.
#include <array>

#include "crypto/key.h"

namespace deputy::crypto {
namespace {

struct Named {
  Algorithm algorithm;
  std::string_view name;
};
constexpr std::array<Named, 5> all{{{Algorithm::ES256, "ES256"},
                                    {Algorithm::EdDSA, "EdDSA"},
                                    {Algorithm::RS256, "RS256"},
                                    {Algorithm::PS256, "PS256"},
                                    // RFC 9864's name for EdDSA over the one curve there is here: clients send it.
                                    {Algorithm::EdDSA, "Ed25519"}}};

}  // namespace

std::string_view name_of(Algorithm algorithm) { return all[static_cast<std::size_t>(algorithm)].name; }

std::optional<Algorithm> algorithm_named(std::string_view name) {
  for (const auto& row : all)
    if (row.name == name) return row.algorithm;
  return std::nullopt;
}

}  // namespace deputy::crypto
