// UUIDv7 in Crockford's base32.
#include "base/id.h"

#include <array>
#include <cstdint>

namespace deputy {
namespace {

constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::size_t letters = 26;

// What each letter stands for; of what is no letter, a number no letter has.
constexpr std::uint8_t no_letter = 0xff;
constexpr auto values = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(no_letter);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
  return table;
}();
constexpr std::uint8_t value_of(char c) { return values[static_cast<unsigned char>(c)]; }

// RFC 9562 §6.2 method 2: within a millisecond the 12 bits after the time count up from a random start.
struct Last {
  std::int64_t millis = 0;
  std::uint32_t counter = 0;
};

}  // namespace

std::string make_id(std::string_view prefix, Instant now, Random& random) {
  thread_local Last last;
  const auto noise = random.bytes<10>();
  std::int64_t millis = unix_millis(now);
  if (millis > last.millis) {
    last = {millis, static_cast<std::uint32_t>((noise[0] << 8 | noise[1]) & 0x7ff)};
  } else if (++last.counter > 0xfff) {
    last = {last.millis + 1, 0};
  }
  std::array<std::uint8_t, 16> uuid;
  for (int i = 0; i < 6; ++i)
    uuid[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(last.millis >> (40 - 8 * i));
  uuid[6] = static_cast<std::uint8_t>(0x70 | last.counter >> 8);
  uuid[7] = static_cast<std::uint8_t>(last.counter);
  uuid[8] = static_cast<std::uint8_t>(0x80 | (noise[2] & 0x3f));
  for (std::size_t i = 9; i < 16; ++i) uuid[i] = noise[i - 6];

  std::string id;
  id.reserve(prefix.size() + 1 + letters);
  id.append(prefix).push_back('_');
  // 130 bits of 26 letters hold 128: the first letter carries the top three bits.
  unsigned __int128 number = 0;
  for (const auto byte : uuid) number = number << 8 | byte;
  for (int shift = 125; shift >= 0; shift -= 5)
    id.push_back(alphabet[static_cast<std::size_t>(number >> shift) & 31]);
  return id;
}

bool is_id(std::string_view prefix, std::string_view text) {
  if (text.size() != prefix.size() + 1 + letters || !text.starts_with(prefix) ||
      text[prefix.size()] != '_' || text[prefix.size() + 1] > '7')
    return false;
  for (const char c : text.substr(prefix.size() + 1))
    if (value_of(c) == no_letter) return false;
  return true;
}

// Read at every check of a token against the revocation set: two independent runs over a table, no branch a letter.
std::optional<Uuid> id_uuid(std::string_view id) {
  if (id.size() < letters + 2 || id[id.size() - letters - 1] != '_') return std::nullopt;
  const char* const text = id.data() + id.size() - letters;
  std::uint64_t first = 0, second = 0;
  std::uint8_t all = 0;
  constexpr std::size_t half = letters / 2;
  for (std::size_t i = 0; i < half; ++i) {
    const auto a = value_of(text[i]), b = value_of(text[half + i]);
    all |= a | b;
    first = first << 5 | a;
    second = second << 5 | b;  // 65 bits: the topmost falls out, and is taken below
  }
  if (all > 31 || text[0] > '7') return std::nullopt;
  return Uuid{first << 1 | static_cast<std::uint64_t>(value_of(text[half]) >> 4), second};
}

std::array<char, 8> id_end(const Uuid& uuid) {
  std::array<char, 8> end;
  for (std::size_t i = 0; i < end.size(); ++i) end[end.size() - 1 - i] = alphabet[uuid.low >> 5 * i & 31];
  return end;
}

std::string sortable(Instant at) {
  const auto millis = static_cast<std::uint64_t>(unix_millis(at));
  std::string text;
  for (int shift = 5 * (static_cast<int>(sortable_letters) - 1); shift >= 0; shift -= 5)
    text.push_back(alphabet[static_cast<std::size_t>(millis >> shift) & 31]);
  return text;
}

}  // namespace deputy
