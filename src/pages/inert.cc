// Code points that are left out, and scripts that are told apart.
#include "pages/inert.h"

#include "base/encoding.h"

namespace deputy::pages {
namespace {

// The next code point of well-formed UTF-8, which is taken off.
char32_t take(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const int more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
  char32_t point = more == 0 ? lead : lead & (0x3f >> more);
  for (int i = 1; i <= more; ++i) point = point << 6 | (static_cast<unsigned char>(text[i]) & 0x3f);
  text.remove_prefix(static_cast<std::size_t>(more) + 1);
  return point;
}

bool between(char32_t point, char32_t first, char32_t last) { return point >= first && point <= last; }

// Unicode's White_Space and what stands like it: shown as one space.
bool is_space(char32_t point) {
  return point == 0x20 || between(point, 0x09, 0x0d) || point == 0x85 || point == 0xa0 || point == 0x1680 ||
         between(point, 0x2000, 0x200a) || point == 0x2028 || point == 0x2029 || point == 0x202f || point == 0x205f ||
         point == 0x3000;
}

// Controls, marks that turn the direction, letters of no width, fillers, tags and variation selectors.
bool is_hidden(char32_t point) {
  return point < 0x20 || between(point, 0x7f, 0x9f) || point == 0xad || point == 0x34f || point == 0x61c ||
         between(point, 0x115f, 0x1160) || between(point, 0x17b4, 0x17b5) || between(point, 0x180b, 0x180f) ||
         between(point, 0x200b, 0x200f) || between(point, 0x202a, 0x202e) || between(point, 0x2060, 0x206f) ||
         point == 0x2800 || point == 0x3164 || between(point, 0xfe00, 0xfe0f) || point == 0xfeff || point == 0xffa0 ||
         between(point, 0xfff0, 0xfffb) || between(point, 0xe0000, 0xe0fff) || between(point, 0xe000, 0xf8ff) ||
         point >= 0xf0000;
}

// Marks that pile up on one letter and run over the lines around it.
bool is_mark(char32_t point) {
  return between(point, 0x300, 0x36f) || between(point, 0x1ab0, 0x1aff) || between(point, 0x1dc0, 0x1dff) ||
         between(point, 0x20d0, 0x20ff) || between(point, 0xfe20, 0xfe2f) || between(point, 0x483, 0x489);
}

enum class Script { none, latin, lookalike, other };
Script script_of(char32_t point) {
  if (between(point, 'a', 'z') || between(point, 'A', 'Z') || between(point, 0xc0, 0x24f)) return Script::latin;
  if (between(point, 0x370, 0x52f) || between(point, 0x13a0, 0x13ff)) return Script::lookalike;  // Greek to Cherokee
  return point < 0x80 || is_space(point) ? Script::none : Script::other;
}

constexpr std::string_view replacement = "\xef\xbf\xbd", ellipsis = "\xe2\x80\xa6";
constexpr int marks_max = 2;  // on one letter

}  // namespace

std::string inert(std::string_view text, std::size_t characters_max) {
  if (!is_utf8(text)) return std::string(replacement);
  std::string out;
  std::size_t characters = 0;
  int marks = 0;
  bool space = false;
  while (!text.empty()) {
    const auto before = text;
    const auto point = take(text);
    if (is_space(point)) {
      space = !out.empty();
      continue;
    }
    if (is_hidden(point)) continue;
    marks = is_mark(point) ? marks + 1 : 0;
    if (marks > marks_max) continue;
    if (characters + (space ? 1 : 0) + 1 >= characters_max && !text.empty()) return out.append(ellipsis);
    if (space) {
      out += ' ';
      ++characters;
    }
    space = false;
    out += before.substr(0, before.size() - text.size());
    ++characters;
  }
  return out;
}

std::string inert_lines(std::string_view text) {
  if (!is_utf8(text)) return std::string(replacement);
  std::string out;
  while (!text.empty()) {
    const auto before = text;
    const auto point = take(text);
    if (is_hidden(point) && point != '\n') continue;
    out += before.substr(0, before.size() - text.size());
  }
  return out;
}

bool mixes_scripts(std::string_view text) {
  if (!is_utf8(text)) return true;
  bool latin = false, lookalike = false;
  while (!text.empty()) {
    const auto point = take(text);
    // Mathematical and full-width letters look like Latin ones and are not.
    if (between(point, 0x1d400, 0x1d7ff) || between(point, 0xff21, 0xff5a)) return true;
    const auto script = script_of(point);
    if (script == Script::none) latin = lookalike = false;
    latin = latin || script == Script::latin;
    lookalike = lookalike || script == Script::lookalike;
    if (latin && lookalike) return true;
  }
  return false;
}

}  // namespace deputy::pages
