// Strict decoders and their encoders.
#include "base/encoding.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace deputy {
namespace {

constexpr std::string_view url_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view plain_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> reverse(std::string_view alphabet) {
  std::array<std::int8_t, 256> table{};
  table.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  return table;
}
constexpr auto url_values = reverse(url_alphabet);
constexpr auto plain_values = reverse(plain_alphabet);

void encode(std::string& out, std::string_view in, std::string_view alphabet) {
  const auto start = out.size();
  out.resize(start + (in.size() * 4 + 2) / 3);
  char* to = out.data() + start;
  const auto* from = reinterpret_cast<const unsigned char*>(in.data());
  std::size_t left = in.size();
  for (; left >= 3; left -= 3, from += 3) {
    const unsigned v = static_cast<unsigned>(from[0] << 16 | from[1] << 8 | from[2]);
    *to++ = alphabet[v >> 18];
    *to++ = alphabet[v >> 12 & 63];
    *to++ = alphabet[v >> 6 & 63];
    *to++ = alphabet[v & 63];
  }
  if (left == 0) return;
  const unsigned v = static_cast<unsigned>(from[0] << 16 | (left == 2 ? from[1] << 8 : 0));
  *to++ = alphabet[v >> 18];
  *to++ = alphabet[v >> 12 & 63];
  if (left == 2) *to = alphabet[v >> 6 & 63];
}

std::optional<std::string> decode(std::string_view text, const std::array<std::int8_t, 256>& values) {
  if (text.size() % 4 == 1) return std::nullopt;
  const auto value = [&](std::size_t at) { return static_cast<int>(values[static_cast<unsigned char>(text[at])]); };
  std::string out(text.size() * 3 / 4, '\0');
  char* to = out.data();
  int wrong = 0;  // negative as soon as one character is none of the alphabet
  std::size_t at = 0;
  for (; text.size() - at >= 4; at += 4) {
    const int a = value(at), b = value(at + 1), c = value(at + 2), d = value(at + 3);
    wrong |= a | b | c | d;
    *to++ = static_cast<char>(a << 2 | b >> 4);
    *to++ = static_cast<char>(b << 4 | c >> 2);
    *to++ = static_cast<char>(c << 6 | d);
  }
  int stray = 0;  // bits that say nothing: a second spelling of the same bytes
  if (const auto left = text.size() - at; left != 0) {  // two or three
    const int a = value(at), b = value(at + 1), c = left == 3 ? value(at + 2) : 0;
    wrong |= a | b | c;
    *to++ = static_cast<char>(a << 2 | b >> 4);
    if (left == 3) *to = static_cast<char>(b << 4 | c >> 2);
    stray = left == 3 ? c & 3 : b & 15;
  }
  if (wrong < 0 || stray != 0) return std::nullopt;
  return out;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

enum class Plus { is_space, is_plus };

// How long the text is that stands for itself: looked over in blocks, each of which is a few instructions.
std::size_t plain_run(std::string_view text, Plus plus) {
  constexpr std::size_t block = 32;
  const char other = plus == Plus::is_space ? '+' : '%';
  const auto escapes = [&](char c) { return static_cast<unsigned char>((c == '%') | (c == other)); };
  std::size_t run = 0;
  for (; text.size() - run >= block; run += block) {
    unsigned char any = 0;
    for (std::size_t i = 0; i < block; ++i) any |= escapes(text[run + i]);
    if (any != 0) break;
  }
  while (run < text.size() && escapes(text[run]) == 0) ++run;
  return run;
}

std::optional<std::string> unescape(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto run = plain_run(text, plus);
    out.append(text.substr(0, run));
    text.remove_prefix(run);
    if (text.empty()) break;
    if (text.front() == '+') {
      out.push_back(' ');
      text.remove_prefix(1);
      continue;
    }
    if (text.size() < 3) return std::nullopt;
    const int high = hex_value(text[1]), low = hex_value(text[2]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<char>(high << 4 | low));
    text.remove_prefix(3);
  }
  return out;
}

}  // namespace

std::string base64url(std::string_view bytes) {
  std::string out;
  encode(out, bytes, url_alphabet);
  return out;
}
void append_base64url(std::string& out, std::string_view bytes) { encode(out, bytes, url_alphabet); }
std::optional<std::string> base64url_decode(std::string_view text) { return decode(text, url_values); }

std::string base64(std::string_view bytes) {
  std::string out;
  encode(out, bytes, plain_alphabet);
  out.append((4 - out.size() % 4) % 4, '=');
  return out;
}
std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  return decode(text, plain_values);
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    out.push_back(digits[static_cast<unsigned char>(c) >> 4]);
    out.push_back(digits[static_cast<unsigned char>(c) & 15]);
  }
  return out;
}

std::string base32(std::string_view bytes) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string out;
  std::uint32_t pending = 0;
  int bits = 0;
  for (const char c : bytes) {
    pending = pending << 8 | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 5; bits -= 5) out.push_back(letters[pending >> (bits - 5) & 31]);
  }
  if (bits > 0) out.push_back(letters[pending << (5 - bits) & 31]);
  return out;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(digits[static_cast<unsigned char>(c) >> 4]);
      out.push_back(digits[static_cast<unsigned char>(c) & 15]);
    }
  }
  return out;
}

std::optional<std::string> form_decode(std::string_view text) { return unescape(text, Plus::is_space); }
std::optional<std::string> percent_decode(std::string_view text) { return unescape(text, Plus::is_plus); }

bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    // Eight at a time while they are ASCII.
    for (std::uint64_t eight = 0; text.size() - i >= sizeof eight; i += sizeof eight) {
      std::memcpy(&eight, text.data() + i, sizeof eight);
      if ((eight & 0x8080808080808080U) != 0) break;
    }
    if (i == text.size()) break;
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    if (lead < 0xc2 || lead > 0xf4 || text.size() - i <= static_cast<std::size_t>(more)) return false;
    std::uint32_t point = lead & (0x3f >> more);
    for (int k = 1; k <= more; ++k) {
      const auto next = static_cast<unsigned char>(text[i + static_cast<std::size_t>(k)]);
      if ((next & 0xc0) != 0x80) return false;
      point = point << 6 | (next & 0x3f);
    }
    constexpr std::array<std::uint32_t, 4> least{0, 0x80, 0x800, 0x10000};
    if (point < least[static_cast<std::size_t>(more)] || (point >= 0xd800 && point <= 0xdfff) ||
        point > 0x10ffff)
      return false;
    i += static_cast<std::size_t>(more) + 1;
  }
  return true;
}

std::string as_utf8(std::string_view text) {
  constexpr std::size_t longest = 4;
  std::string out;
  while (!text.empty()) {
    std::size_t size = 1;
    while (size <= longest && !is_utf8(text.substr(0, size))) ++size;
    const bool found = size <= longest;
    out.append(found ? text.substr(0, size) : "\xef\xbf\xbd");
    text.remove_prefix(std::min(found ? size : 1, text.size()));
  }
  return out;
}

}  // namespace deputy
