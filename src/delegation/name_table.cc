// Compact names: the sixteen bytes of an id, and four that say what it is the name of.
#include "delegation/name_table.h"

#include <algorithm>
#include <limits>

namespace deputy::delegation {
namespace {

// A name of these is an id; the number 0 is for the empty name, everybody's.
constexpr std::array<std::string_view, 5> prefixes{"jti_", "dlg_", "agt_", "usr_", "app_"};
constexpr std::size_t id_size = 4 + 26;

std::string text_key(Kills kind, std::uint32_t of, std::string_view name) {
  std::string key;
  key.reserve(name.size() + 8);
  key.append(std::to_string(static_cast<unsigned>(kind))).append("/").append(std::to_string(of)).append("/");
  return key.append(name);
}

bool ended(const Times& times, std::int64_t now_ms) { return std::int64_t{times.until} * 1000 < now_ms; }

}  // namespace

void Times::widen(const Times& other) {
  issued_before = std::max(issued_before, other.issued_before);
  narrowed_before = std::max(narrowed_before, other.narrowed_before);
  until = std::max(until, other.until);
}

// All of a UUIDv7 goes in; its random bits alone would do, but nothing here may depend on who made the id.
std::size_t NameTable::Hash::operator()(const Name& name) const {
  std::uint64_t mixed = (name.id.high ^ name.space) * 0x9e3779b97f4a7c15u;
  mixed ^= mixed >> 32 ^ name.id.low;
  mixed *= 0xd6e8feb86659fd93u;
  mixed ^= mixed >> 32;
  mixed *= 0xd6e8feb86659fd93u;
  return mixed ^ mixed >> 32;
}

// Bits in the middle: the map takes its group from the top ones and its mark from the lowest eight.
std::size_t NameTable::shard_of(const Name& name) { return Hash()(name) >> 8 & (shards - 1); }

std::optional<NameTable::Name> NameTable::compact(Kills kind, std::uint32_t of, std::string_view name) {
  const auto space = [&](std::uint32_t prefix) { return static_cast<std::uint32_t>(kind) << 29 | prefix << 26 | of; };
  if (name.empty()) return Name{{}, space(0)};
  if (name.size() != id_size) return std::nullopt;
  const auto found = std::find(prefixes.begin(), prefixes.end(), name.substr(0, 4));
  if (found == prefixes.end()) return std::nullopt;
  const auto uuid = id_uuid(name);
  if (!uuid) return std::nullopt;
  return Name{*uuid, space(static_cast<std::uint32_t>(found - prefixes.begin()) + 1)};
}

const Times* NameTable::find(Kills kind, std::uint32_t of, std::string_view name) const {
  if (const auto id = compact(kind, of, name)) {
    const auto& shard = ids_[shard_of(*id)];
    const auto found = shard.find(*id);
    return found == shard.end() ? nullptr : &found->second;
  }
  if (texts_.empty()) return nullptr;
  const auto found = texts_.find(text_key(kind, of, name));
  return found == texts_.end() ? nullptr : &found->second;
}

void NameTable::widen(Kills kind, std::uint32_t of, std::string_view name, const Times& times) {
  if (const auto id = compact(kind, of, name)) return ids_[shard_of(*id)][*id].widen(times);
  texts_[text_key(kind, of, name)].widen(times);
}

std::size_t NameTable::size() const {
  std::size_t size = texts_.size();
  for (const auto& shard : ids_) size += shard.size();
  return size;
}

std::uint32_t NameTable::purge(std::size_t shard, std::int64_t now_ms) {
  auto least = std::numeric_limits<std::uint32_t>::max();
  const auto sweep = [&](auto& table) {
    for (auto at = table.begin(); at != table.end();) {
      if (ended(at->second, now_ms)) {
        table.erase(at++);
      } else {
        least = std::min(least, at->second.until);
        ++at;
      }
    }
  };
  sweep(ids_[shard]);
  if (shard == 0) sweep(texts_);
  return least;
}

}  // namespace deputy::delegation
