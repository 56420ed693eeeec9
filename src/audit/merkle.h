// The Merkle tree over the log: hashing, and the verification of proofs (RFC 9162 §2.1).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "crypto/hash.h"

namespace deputy::audit {

using Hash = crypto::Digest;
using Path = std::vector<Hash>;  // the nodes of a proof, in the order of RFC 9162

// Leaves and nodes are told apart by their first byte, so that neither can be passed off as the other (§2.1.1).
Hash leaf_hash(std::string_view entry);
Hash node_hash(const Hash& left, const Hash& right);

// MTH(D[n]) of leaves already hashed (§2.1.1); of none: the hash of nothing.
Hash root_of(std::span<const Hash> leaves);

// The largest power of two below n, for n > 1: where the left subtree ends (§2.1.1).
constexpr std::uint64_t split_of(std::uint64_t n) { return std::uint64_t{1} << (63 - __builtin_clzll(n - 1)); }

// The root that a path leads to from a leaf; none if it is no path of this index and size (§2.1.3.2, steps 1 to 4).
std::optional<Hash> root_by_path(const Hash& leaf, std::uint64_t index, std::uint64_t size, std::span<const Hash> path);
// §2.1.3.2: the leaf is at this index of the tree of this size with this root.
bool verify_inclusion(const Hash& leaf, std::uint64_t index, std::uint64_t size, std::span<const Hash> path,
                      const Hash& root);
// §2.1.4.2: the tree of size `to` begins with all of the tree of size `from`; 0 < from <= to.
bool verify_consistency(std::uint64_t from, std::uint64_t to, std::span<const Hash> path, const Hash& from_root,
                        const Hash& to_root);

}  // namespace deputy::audit
