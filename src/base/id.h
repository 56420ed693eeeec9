// Ids: a typed prefix and a UUIDv7 (RFC 9562 §5.7) in 26 letters. They sort by the time they were made, so an index
// over them grows at its end only.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"

namespace deputy {

// "agt_01jd…": prefix, "_", 26 letters of lower-case Crockford base32. Ids made by one thread never go backwards,
// even when the clock does.
std::string make_id(std::string_view prefix, Instant now, Random& random);

// True for prefix + "_" + 26 letters of the alphabet: an id that make_id could have made.
bool is_id(std::string_view prefix, std::string_view text);

// The UUID inside an id, whatever its prefix; none if it is no id.
struct Uuid {
  std::uint64_t high = 0, low = 0;
  // The milliseconds, and twelve bits that count within one: sorts as ids do.
  std::uint64_t order() const { return high >> 16 << 12 | (high & 0xfff); }
  bool operator==(const Uuid&) const = default;
};
std::optional<Uuid> id_uuid(std::string_view id);
// The last eight letters of an id with this UUID: 40 of its random bits.
std::array<char, 8> id_end(const Uuid& uuid);

// An instant, to the millisecond, in nine letters of the same alphabet that sort as instants do (until the year 3084).
inline constexpr std::size_t sortable_letters = 9;
std::string sortable(Instant at);

}  // namespace deputy
