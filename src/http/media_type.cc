// Media ranges and their weights, over all lines of Accept, without regard to case.
#include "http/media_type.h"

#include <algorithm>

#include "http/text.h"

namespace deputy::http {
namespace {

// What stands before `end`, which goes off the text with it; what is quoted ends nothing (RFC 9110 §5.6.4).
std::string_view take(std::string_view& text, char end) {
  std::size_t at = 0;
  for (bool quoted = false; at < text.size() && (quoted || text[at] != end); ++at) {
    if (text[at] == '"') quoted = !quoted;
    else if (quoted && text[at] == '\\') ++at;
  }
  const auto taken = trim(text.substr(0, at));
  text.remove_prefix(std::min(at + 1, text.size()));
  return taken;
}

// RFC 9110 §12.4.2: "0.8" as 800. What is malformed counts as nothing.
int weight_of(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return 0;
  int weight = (text[0] - '0') * 1000, place = 100;
  text.remove_prefix(1);
  if (!text.empty() && text[0] != '.') return 0;
  text.remove_prefix(std::min<std::size_t>(1, text.size()));
  for (const char c : text) {
    if (c < '0' || c > '9') return 0;
    weight += (c - '0') * place;
    place /= 10;
  }
  return weight <= 1000 ? weight : 0;
}

struct Range {
  std::string_view type;
  int weight = 1000;
};

Range range_of(std::string_view text) {
  Range range{.type = take(text, ';')};
  while (!text.empty()) {
    auto value = take(text, ';');
    if (same_word(take(value, '='), "q")) range.weight = weight_of(trim(value));
  }
  return range;
}

// RFC 9110 §12.5.1: "the most specific reference has precedence". 0: the range is not of the type.
int precision_of(std::string_view range, std::string_view type) {
  if (same_word(range, type)) return 3;
  if (range == "*/*") return 1;
  const auto slash = type.find('/') + 1;
  const bool of_its_kind = range.ends_with("/*") && same_word(range.substr(0, range.size() - 1), type.substr(0, slash));
  return of_its_kind ? 2 : 0;
}

}  // namespace

bool is_media_type(std::string_view content_type, std::string_view wanted) {
  return same_word(take(content_type, ';'), wanted);
}

bool is_utf8(std::string_view content_type) {
  (void)take(content_type, ';');
  while (!content_type.empty()) {
    auto value = take(content_type, ';');
    if (!same_word(take(value, '='), "charset")) continue;
    value = trim(value);
    if (!same_word(value, "utf-8") && !same_word(value, "\"utf-8\"")) return false;
  }
  return true;
}

bool prefers(const Request& request, std::string_view named, std::string_view usual) {
  int wanted = 0, otherwise = 0, precision = 0;
  for (const auto& [name, value] : request.headers) {
    if (!same_word(name, "Accept")) continue;
    for (std::string_view rest = value; !rest.empty();) {
      const auto range = range_of(take(rest, ','));
      if (same_word(range.type, named)) wanted = std::max(wanted, range.weight);
      const int here = precision_of(range.type, usual);
      if (here == 0 || here < precision) continue;
      otherwise = here == precision ? std::max(otherwise, range.weight) : range.weight;
      precision = here;
    }
  }
  return wanted > 0 && wanted >= otherwise;
}

}  // namespace deputy::http
