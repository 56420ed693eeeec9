// Compact names: the sixteen bytes of an id, and four that say what it is the name of.
#include "delegation/name_table.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

namespace deputy::delegation {
namespace {

constexpr std::array<std::string_view, 5> prefixes{"jti_", "dlg_", "agt_", "usr_", "app_"};
constexpr std::size_t id_size = 4 + 26;
// Bits of the filter a name, at least; twice that when it is made.
constexpr std::size_t filter_bits = 8, filter_words_min = 8;

std::string text_key(Kills kind, std::uint32_t of, std::string_view name) {
  std::string key;
  key.reserve(name.size() + 8);
  key.append(std::to_string(static_cast<unsigned>(kind))).append("/").append(std::to_string(of)).append("/");
  return key.append(name);
}

bool ended(const Times& times, std::int64_t now_ms) { return std::int64_t{times.until} * 1000 < now_ms; }

}  // namespace

bool Times::widen(const Times& other) {
  const auto before = *this;
  issued_before = std::max(issued_before, other.issued_before);
  narrowed_before = std::max(narrowed_before, other.narrowed_before);
  until = std::max(until, other.until);
  return *this != before;
}

// All of a UUIDv7 goes in; its random bits alone would do, but nothing here may depend on who made the id.
std::size_t NameTable::Hash::operator()(const Name& name) const {
  const auto id = std::bit_cast<Uuid>(name.id);
  std::uint64_t mixed = (id.high ^ name.space) * 0x9e3779b97f4a7c15u;
  mixed ^= mixed >> 32 ^ id.low;
  mixed *= 0xd6e8feb86659fd93u;
  mixed ^= mixed >> 32;
  mixed *= 0xd6e8feb86659fd93u;
  return mixed ^ mixed >> 32;
}

std::optional<NameTable::Name> NameTable::compact(Kills kind, std::uint32_t of, std::string_view name) {
  if (name.size() != id_size) return std::nullopt;
  std::uint32_t prefix = 0;
  while (prefix < prefixes.size() && !name.starts_with(prefixes[prefix])) ++prefix;
  if (prefix == prefixes.size()) return std::nullopt;
  const auto uuid = id_uuid(name);
  if (!uuid) return std::nullopt;
  return Name{std::bit_cast<std::array<std::uint32_t, 4>>(*uuid),
              static_cast<std::uint32_t>(kind) << 29 | prefix << 26 | of};
}

std::uint64_t NameTable::mark_of(std::string_view name) {
  std::uint64_t end = 0;
  if (name.size() >= sizeof end) std::memcpy(&end, name.data() + name.size() - sizeof end, sizeof end);
  end *= 0x9e3779b97f4a7c15u;
  end ^= end >> 29;
  return end * 0xd6e8feb86659fd93u >> 16;
}

std::uint64_t NameTable::mark_of(const Name& name) {
  const auto letters = id_end(std::bit_cast<Uuid>(name.id));
  return mark_of(std::string_view(letters.data(), letters.size()));
}

const Times* NameTable::find(Kills kind, std::uint32_t of, std::string_view name) const {
  if (name.size() == id_size) {
    const auto mark = mark_of(name);
    const auto& shard = ids_[mark % shards];
    if (!shard.may_hold(mark)) return nullptr;
    if (const auto id = compact(kind, of, name)) {
      const auto found = shard.names.find(*id);
      return found == shard.names.end() ? nullptr : &found->second;
    }
  }
  if (texts_.empty()) return nullptr;
  const auto found = texts_.find(text_key(kind, of, name));
  return found == texts_.end() ? nullptr : &found->second;
}

bool NameTable::widen(Kills kind, std::uint32_t of, std::string_view name, const Times& times) {
  const auto mark = mark_of(name);
  const auto shard = mark % shards;
  const auto id = compact(kind, of, name);
  const bool wider = (id ? ids_[shard].names[*id] : texts_[text_key(kind, of, name)]).widen(times);
  note(shard, mark);
  return wider;
}

void NameTable::note(std::size_t shard, std::uint64_t mark) {
  auto& one = ids_[shard];
  if (one.names.size() * filter_bits > one.filter.size() * 64 || one.filter.empty()) make_filter(shard);
  one.note(mark);
}

void NameTable::make_filter(std::size_t shard) {
  auto& one = ids_[shard];
  std::size_t words = filter_words_min;
  while (words * 64 < one.names.size() * filter_bits * 2) words *= 2;
  one.filter.assign(words, 0);
  for (const auto& [name, times] : one.names) one.note(mark_of(name));
  for (const auto& [key, times] : texts_)
    if (const auto mark = mark_of(key); mark % shards == shard) one.note(mark);
}

std::size_t NameTable::size() const {
  std::size_t size = texts_.size();
  for (const auto& shard : ids_) size += shard.names.size();
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
  const auto before = ids_[shard].names.size();
  sweep(ids_[shard].names);
  if (shard == 0) sweep(texts_);
  if (ids_[shard].names.size() < before) make_filter(shard);
  return least;
}

}  // namespace deputy::delegation
