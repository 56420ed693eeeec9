// Proofs as the recursions of RFC 9162, over whatever reads a tile; a tile is read once a proof.
#include "audit/tiles.h"

#include <bit>
#include <map>
#include <optional>

namespace deputy::audit {
namespace {

class Proof {
 public:
  explicit Proof(const ReadTile& read) : read_(read) {}

  // MTH(D[first:last]), where `first` is a multiple of every subtree the range is made of, as RFC 9162's are.
  Result<Hash, Fault> range(std::uint64_t first, std::uint64_t last) {
    const auto count = last - first;
    if (std::has_single_bit(count)) return subtree(static_cast<unsigned>(std::countr_zero(count)), first);
    const auto middle = first + split_of(count);
    TRY(auto left, range(first, middle));
    TRY(auto right, range(middle, last));
    return node_hash(left, right);
  }

  // PATH(m, D[first:last]), ending where `least` leaves or fewer are left.
  Result<Done, Fault> inclusion(std::uint64_t m, std::uint64_t first, std::uint64_t last, std::uint64_t least) {
    if (last - first <= least) return Done{};
    const auto middle = first + split_of(last - first);
    const bool on_the_left = m < middle;
    TRY(auto below, on_the_left ? inclusion(m, first, middle, least) : inclusion(m, middle, last, least));
    TRY(auto sibling, on_the_left ? range(middle, last) : range(first, middle));
    path_.push_back(sibling);
    return Done{};
  }

  enum class Known { no, yes };  // whether the verifier has the hash of this subtree: it is all of the first tree
  // SUBPROOF(m, D[first:last], b), where m counts from 0.
  Result<Done, Fault> consistency(std::uint64_t m, std::uint64_t first, std::uint64_t last, Known known) {
    if (m == last) {
      if (known == Known::yes) return Done{};
      TRY(auto whole, range(first, last));
      path_.push_back(whole);
      return Done{};
    }
    const auto middle = first + split_of(last - first);
    const bool on_the_left = m <= middle;
    TRY(auto below, on_the_left ? consistency(m, first, middle, known) : consistency(m, middle, last, Known::no));
    TRY(auto sibling, on_the_left ? range(middle, last) : range(first, middle));
    path_.push_back(sibling);
    return Done{};
  }

  Path take() { return std::move(path_); }

 private:
  // The root of the 2^height leaves from `first` on.
  Result<Hash, Fault> subtree(unsigned height, std::uint64_t first) {
    const unsigned level = height / tile_height;
    const auto at = first >> (level * tile_height);
    const auto count = std::uint64_t{1} << (height % tile_height);
    TRY(auto tile, this->tile({level, at / tile_width}));
    if (at % tile_width + count > tile->size())
      return Fail{Fault{Fault::Kind::corrupt, "a tile of the audit tree is shorter than the tree"}};
    return root_of(std::span(*tile).subspan(at % tile_width, count));
  }

  Result<const Tile*, Fault> tile(TileId id) {
    const auto found = tiles_.find(id);
    if (found != tiles_.end()) return &found->second;
    TRY(auto tile, read_(id));
    return &tiles_.emplace(id, std::move(tile)).first->second;
  }

  const ReadTile& read_;
  std::map<TileId, Tile> tiles_;
  Path path_;
};

}  // namespace

Result<Hash, Fault> tree_root(std::uint64_t size, const ReadTile& read) {
  if (size == 0) return root_of({});
  return Proof(read).range(0, size);
}

Result<Path, Fault> inclusion_path(std::uint64_t index, std::uint64_t size, const ReadTile& read) {
  CHECK(index < size);
  Proof proof(read);
  TRY(auto made, proof.inclusion(index, 0, size, 1));
  return proof.take();
}

Result<Path, Fault> segment_path(std::uint64_t n, std::uint64_t size, const ReadTile& read) {
  CHECK(n < segments_of(size));
  Proof proof(read);
  TRY(auto made, proof.inclusion(n * tile_width, 0, size, tile_width));
  return proof.take();
}

Result<Path, Fault> consistency_path(std::uint64_t from, std::uint64_t to, const ReadTile& read) {
  CHECK(from > 0 && from <= to);
  Proof proof(read);
  TRY(auto made, proof.consistency(from, 0, to, Proof::Known::yes));
  return proof.take();
}

Result<Edge, Fault> Edge::load(std::uint64_t size, const ReadTile& read) {
  Edge edge;
  edge.size_ = size;
  for (auto count = size; count != 0; count /= tile_width) {
    const auto level = static_cast<unsigned>(edge.partial_.size());
    Tile partial;
    if (const auto length = count % tile_width; length != 0) {
      TRY(auto tile, read({level, count / tile_width}));
      if (tile.size() < length)
        return Fail{Fault{Fault::Kind::corrupt, "a tile of the audit tree is shorter than the tree"}};
      tile.resize(length);
      partial = std::move(tile);
    }
    edge.partial_.push_back(std::move(partial));
    edge.changed_.push_back(false);
  }
  return edge;
}

void Edge::append(const Hash& leaf) {
  append(0, leaf);
  ++size_;
}

void Edge::append(unsigned level, const Hash& hash) {
  if (level == partial_.size()) {
    partial_.emplace_back();
    changed_.push_back(false);
  }
  partial_[level].push_back(hash);
  changed_[level] = true;
  if (partial_[level].size() < tile_width) return;
  auto full = std::exchange(partial_[level], {});
  changed_[level] = false;
  const auto root = root_of(full);
  const auto n = (size_ >> ((level + 1) * tile_height));  // size_ still counts the leaves before this one
  filled_.push_back({{level, n}, std::move(full)});
  append(level + 1, root);
}

Hash Edge::root() const {
  // Right to left: the whole subtrees, one for each set bit of the size, the smallest first.
  std::optional<Hash> right;
  for (const auto& tile : partial_) {
    auto rest = std::span(tile);
    while (!rest.empty()) {
      const auto count = std::uint64_t{1} << std::countr_zero(rest.size());
      const auto whole = root_of(rest.last(count));
      right = right ? node_hash(whole, *right) : whole;
      rest = rest.first(rest.size() - count);
    }
  }
  return right.value_or(root_of({}));
}

std::vector<PlacedTile> Edge::take() {
  auto tiles = std::exchange(filled_, {});
  for (unsigned level = 0; level < partial_.size(); ++level) {
    if (!changed_[level]) continue;
    changed_[level] = false;
    tiles.push_back({{level, size_ >> ((level + 1) * tile_height)}, partial_[level]});
  }
  return tiles;
}

}  // namespace deputy::audit
