// RFC 9162 §2.1: known roots, and proofs of every size up to 300, of which no altered one verifies.
#include "audit/merkle.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "audit/tiles.h"
#include "base/encoding.h"

using namespace deputy;
using namespace deputy::audit;

namespace {

constexpr std::uint64_t sizes_max = 300;

Hash leaf(std::uint64_t index) { return leaf_hash("entry " + std::to_string(index)); }

// A tree built as the log builds its own, a leaf at a time, and the leaves beside it.
struct Tree {
  std::vector<Hash> leaves;
  std::map<TileId, Tile> tiles;
  Edge edge = *Edge::load(0, {});
  ReadTile read = [this](TileId id) -> Result<Tile, Fault> {
    const auto found = tiles.find(id);
    if (found == tiles.end()) return Fail{Fault{Fault::Kind::not_found, "no such tile"}};
    return found->second;
  };

  void grow(std::uint64_t to) {
    while (leaves.size() < to) {
      leaves.push_back(leaf(leaves.size()));
      edge.append(leaves.back());
    }
    for (auto& tile : edge.take()) tiles.insert_or_assign(tile.id, std::move(tile.hashes));
  }
  const Hash& root(std::uint64_t size) {
    auto [found, fresh] = roots_.try_emplace(size);
    if (fresh) found->second = root_of(std::span(leaves).first(size));
    return found->second;
  }

 private:
  std::map<std::uint64_t, Hash> roots_;
};

Tree& tree() {
  static Tree tree;
  if (tree.leaves.empty())
    for (std::uint64_t size = 1; size <= 3000; ++size) tree.grow(size);
  return tree;
}

// The leaves, and the roots of the first one, two, … of them, that RFC 6962's implementations are tried with.
const std::vector<std::string> entries{
    "", std::string("\0", 1), "\x10", "\x20\x21", "\x30\x31", "\x40\x41\x42\x43", "\x50\x51\x52\x53\x54\x55\x56\x57",
    "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"};
constexpr std::string_view roots[] = {
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

}  // namespace

TEST(Merkle, s2_1_1_known_roots) {
  EXPECT_EQ(hex(as_text(root_of({}))), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  std::vector<Hash> leaves;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    leaves.push_back(leaf_hash(entries[i]));
    EXPECT_EQ(hex(as_text(root_of(leaves))), roots[i]) << i + 1;
  }
}

TEST(Merkle, s2_1_3_every_leaf_of_every_size_is_proved) {
  for (std::uint64_t size = 1; size <= sizes_max; ++size) {
    const auto root = tree().root(size);
    EXPECT_EQ(*tree_root(size, tree().read), root);
    for (std::uint64_t index = 0; index < size; ++index) {
      const auto path = inclusion_path(index, size, tree().read);
      ASSERT_TRUE(path);
      ASSERT_TRUE(verify_inclusion(leaf(index), index, size, *path, root)) << index << " of " << size;
      ASSERT_FALSE(verify_inclusion(leaf(index + 1), index, size, *path, root));
      if (size > 1) ASSERT_FALSE(verify_inclusion(leaf(index), (index + 1) % size, size, *path, root));
    }
  }
}

TEST(Merkle, s2_1_4_every_size_continues_every_smaller_one) {
  for (std::uint64_t to = 1; to <= sizes_max; ++to)
    for (std::uint64_t from = 1; from <= to; ++from) {
      const auto path = consistency_path(from, to, tree().read);
      ASSERT_TRUE(path);
      ASSERT_TRUE(verify_consistency(from, to, *path, tree().root(from), tree().root(to))) << from << " to " << to;
      if (from < to) ASSERT_FALSE(verify_consistency(from, to, *path, tree().root(to), tree().root(to)));
      ASSERT_FALSE(verify_consistency(from, to, *path, tree().root(from), leaf(to)));
    }
}

TEST(Merkle, no_proof_verifies_with_any_bit_flipped) {
  std::mt19937 random(9162);
  for (std::uint64_t size = 2; size <= sizes_max; ++size) {
    const auto index = random() % size, from = 1 + random() % (size - 1);
    const auto root = tree().root(size);
    auto inclusion = *inclusion_path(index, size, tree().read);
    auto consistency = *consistency_path(from, size, tree().read);
    for (int i = 0; i < 64; ++i) {
      const auto bit = random() % 256;
      auto& node = inclusion[random() % inclusion.size()];
      node[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
      ASSERT_FALSE(verify_inclusion(leaf(index), index, size, inclusion, root));
      node[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
      auto& other = consistency[random() % consistency.size()];
      other[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
      ASSERT_FALSE(verify_consistency(from, size, consistency, tree().root(from), root));
      other[bit / 8] ^= static_cast<std::uint8_t>(1u << bit % 8);
    }
    inclusion.push_back(root);
    EXPECT_FALSE(verify_inclusion(leaf(index), index, size, inclusion, root));
    consistency.pop_back();
    EXPECT_FALSE(verify_consistency(from, size, consistency, tree().root(from), root));
  }
}

TEST(Merkle, no_index_beyond_the_tree_is_in_it) {
  EXPECT_FALSE(verify_inclusion(leaf(0), 0, 0, {}, root_of({})));
  EXPECT_FALSE(verify_inclusion(leaf(0), 1, 1, {}, leaf(0)));
  EXPECT_FALSE(verify_consistency(0, 1, {}, root_of({}), leaf(0)));
  EXPECT_FALSE(verify_consistency(2, 1, {}, leaf(0), leaf(0)));
}

TEST(Tiles, hold_proofs_of_trees_many_tiles_wide) {
  std::mt19937 random(256);
  for (const std::uint64_t size : {256u, 257u, 511u, 512u, 513u, 1024u, 2047u, 2815u, 3000u}) {
    const auto root = tree().root(size);
    EXPECT_EQ(*tree_root(size, tree().read), root);
    for (int i = 0; i < 50; ++i) {
      const auto index = random() % size, from = 1 + random() % size;
      EXPECT_TRUE(verify_inclusion(leaf(index), index, size, *inclusion_path(index, size, tree().read), root));
      EXPECT_TRUE(verify_consistency(from, size, *consistency_path(from, size, tree().read), tree().root(from), root));
    }
    for (std::uint64_t n = 0; n < segments_of(size); ++n) {
      const auto leaves = std::span(tree().leaves).first(size).subspan(n * tile_width);
      const auto segment = root_of(leaves.first(std::min<std::size_t>(leaves.size(), tile_width)));
      const auto path = segment_path(n, size, tree().read);
      ASSERT_TRUE(path);
      EXPECT_TRUE(verify_inclusion(segment, n, segments_of(size), *path, root)) << n << " of " << size;
    }
  }
}

TEST(Tiles, an_edge_taken_up_again_goes_on_as_if_it_had_never_stopped) {
  for (std::uint64_t size = 1; size <= 700; ++size) {
    const auto edge = Edge::load(size, tree().read);
    ASSERT_TRUE(edge);
    ASSERT_EQ(edge->root(), tree().root(size)) << size;
  }
  Tree grown;
  for (std::uint64_t size = 0; size < 66'000;) {  // across the first tile of level 1
    grown.edge = *Edge::load(size, grown.read);
    grown.grow(size += size < 65'000 ? 5'000 : 37);
  }
  EXPECT_EQ(grown.edge.root(), grown.root(grown.leaves.size()));
  EXPECT_EQ(grown.tiles.at({1, 0}).size(), 256u);
  EXPECT_EQ(grown.tiles.at({2, 0}).size(), 1u);
  for (const auto& [id, tile] : grown.tiles)
    if (id.level == 0 && tile.size() == tile_width)
      EXPECT_EQ(grown.tiles.at({1, id.n / tile_width})[id.n % tile_width], root_of(tile));
}

TEST(Tiles, a_lost_tile_is_a_fault_and_no_proof) {
  Tree broken;
  broken.grow(600);
  broken.tiles.at({0, 0}).pop_back();
  const auto path = inclusion_path(3, 600, broken.read);
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().kind, Fault::Kind::corrupt);
  broken.tiles.erase({0, 2});
  EXPECT_FALSE(Edge::load(600, broken.read));
}
