// RFC 9162 §2.1, as it is written there.
#include "audit/merkle.h"

#include <bit>
#include <cstring>

#include "base/encoding.h"

namespace deputy::audit {

Hash leaf_hash(std::string_view entry) {
  constexpr std::string_view prefix("\0", 1);
  return crypto::sha256({prefix, entry});
}

Hash node_hash(const Hash& left, const Hash& right) {
  std::array<char, 1 + 2 * sizeof(Hash)> bytes;
  bytes[0] = 1;
  std::memcpy(bytes.data() + 1, left.data(), left.size());
  std::memcpy(bytes.data() + 1 + left.size(), right.data(), right.size());
  return crypto::sha256(std::string_view(bytes.data(), bytes.size()));
}

Hash root_of(std::span<const Hash> leaves) {
  if (leaves.empty()) return crypto::sha256("");
  if (leaves.size() == 1) return leaves[0];
  const auto left = split_of(leaves.size());
  return node_hash(root_of(leaves.first(left)), root_of(leaves.subspan(left)));
}

std::optional<Hash> root_by_path(const Hash& leaf, std::uint64_t index, std::uint64_t size,
                                 std::span<const Hash> path) {
  if (index >= size) return std::nullopt;
  auto fn = index, sn = size - 1;
  auto r = leaf;
  for (const auto& p : path) {
    if (sn == 0) return std::nullopt;
    if ((fn & 1) != 0 || fn == sn) {
      r = node_hash(p, r);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      r = node_hash(r, p);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 ? std::optional(r) : std::nullopt;
}

bool verify_inclusion(const Hash& leaf, std::uint64_t index, std::uint64_t size, std::span<const Hash> path,
                      const Hash& root) {
  return root_by_path(leaf, index, size, path) == root;
}

bool verify_consistency(std::uint64_t from, std::uint64_t to, std::span<const Hash> path, const Hash& from_root,
                        const Hash& to_root) {
  if (from == 0 || from > to) return false;
  if (from == to) return path.empty() && from_root == to_root;
  auto fn = from - 1, sn = to - 1;
  while ((fn & 1) != 0) {
    fn >>= 1;
    sn >>= 1;
  }
  // A first tree that is a whole subtree of the second is not sent: it is known.
  const bool known = std::has_single_bit(from);
  if (!known && path.empty()) return false;
  auto fr = known ? from_root : path[0], sr = fr;
  for (const auto& c : path.subspan(known ? 0 : 1)) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      fr = node_hash(c, fr);
      sr = node_hash(c, sr);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      sr = node_hash(sr, c);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return fr == from_root && sr == to_root && sn == 0;
}

}  // namespace deputy::audit
