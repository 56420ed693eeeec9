// Code points that leave nothing to be seen.
#include "base/visible.h"

#include "base/encoding.h"

namespace deputy {
namespace {

bool between(char32_t point, char32_t first, char32_t last) { return point >= first && point <= last; }

}  // namespace

char32_t take_code_point(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const int more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
  char32_t point = more == 0 ? lead : lead & (0x3f >> more);
  for (int i = 1; i <= more; ++i) point = point << 6 | (static_cast<unsigned char>(text[i]) & 0x3f);
  text.remove_prefix(static_cast<std::size_t>(more) + 1);
  return point;
}

bool is_space(char32_t point) {
  return point == 0x20 || between(point, 0x09, 0x0d) || point == 0x85 || point == 0xa0 || point == 0x1680 ||
         between(point, 0x2000, 0x200a) || point == 0x2028 || point == 0x2029 || point == 0x202f || point == 0x205f ||
         point == 0x3000;
}

bool is_hidden(char32_t point) {
  return point < 0x20 || between(point, 0x7f, 0x9f) || point == 0xad || point == 0x34f || point == 0x61c ||
         between(point, 0x115f, 0x1160) || between(point, 0x17b4, 0x17b5) || between(point, 0x180b, 0x180f) ||
         between(point, 0x200b, 0x200f) || between(point, 0x202a, 0x202e) || between(point, 0x2060, 0x206f) ||
         point == 0x2800 || point == 0x3164 || between(point, 0xfe00, 0xfe0f) || point == 0xfeff || point == 0xffa0 ||
         between(point, 0xfff0, 0xfffb) || between(point, 0xe0000, 0xe0fff) || between(point, 0xe000, 0xf8ff) ||
         point >= 0xf0000;
}

bool is_steering(char32_t point) {
  return point < 0x20 || between(point, 0x7f, 0x9f) || between(point, 0x2028, 0x202e) || between(point, 0x2066, 0x2069);
}

bool is_printable(std::string_view text, Lines lines) {
  if (!is_utf8(text)) return false;
  while (!text.empty()) {
    const auto point = take_code_point(text);
    const bool layout = point == '\n' || point == '\t';
    if (is_steering(point) && !(layout && lines == Lines::many)) return false;
  }
  return true;
}

bool is_seen(std::string_view text) {
  if (!is_utf8(text)) return true;
  while (!text.empty()) {
    const auto point = take_code_point(text);
    if (!is_space(point) && !is_hidden(point)) return true;
  }
  return false;
}

}  // namespace deputy
