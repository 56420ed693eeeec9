// Code points that are left out, and scripts that are told apart.
#include "pages/inert.h"

#include "base/encoding.h"
#include "base/visible.h"

namespace deputy::pages {
namespace {

bool between(char32_t point, char32_t first, char32_t last) { return point >= first && point <= last; }

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
    const auto point = take_code_point(text);
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
    const auto point = take_code_point(text);
    if (is_hidden(point) && point != '\n') continue;
    out += before.substr(0, before.size() - text.size());
  }
  return out;
}

bool mixes_scripts(std::string_view text) {
  if (!is_utf8(text)) return true;
  bool latin = false, lookalike = false;
  while (!text.empty()) {
    const auto point = take_code_point(text);
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
