// YAML as JSON values: strict to read, and written so that reading gives the same value back.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace deputy::cli {

// In which line each key and item stands, by its path: "scopes", "scopes/0", "scopes/0/name".
using YamlLines = std::map<std::string, int>;

struct YamlDocument {
  int line;  // where it begins, from 1
  json::value value;
  YamlLines lines = {};
};
// The line of what is at this path, or of the nearest around it; of neither: `otherwise`.
int line_of(const YamlLines& lines, std::string path, int otherwise);

struct YamlProblem {
  int line;
  std::string sentence;
};

// Every document of a stream. Plain scalars are null, booleans, numbers or text (YAML 1.2's core schema); a key that
// stands twice, a tag, or nesting past 32 is refused: a file that decides access must read one way only.
Result<std::vector<YamlDocument>, YamlProblem> parse_yaml(const std::string& text);

// What is said of a key that a file should not hold, behind the key.
inline constexpr std::string_view kNotKnown = "is not known here: correct it, or take it out";

// Block style, two spaces a level; members in their order; ends with a line break.
std::string to_yaml(const json::value& value);

// The number that this text is: one of JSON's (RFC 8259 §6), and written back as it is typed. None for anything else:
// of 01234, 1.10 and what a double rounds something would be lost, and most are no numbers but codes, versions, ids.
std::optional<json::value> number_in(std::string_view text);

}  // namespace deputy::cli
