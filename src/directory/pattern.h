// Pattern: what an attribute's text may be. A small language, always anchored, matched in time linear in the text: a
// regular expression library would hand whoever writes a schema a way to stop the server.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace deputy::directory {

// A sequence of atoms: a literal, `.`, `\d`, `\w`, `\` and any other character, or a class `[a-z_]`, `[^0-9]`; each
// may be followed by `?`, `*`, `+`, `{n}` or `{m,n}` (n at most 100). There are no groups and no alternatives.
class Pattern {
 public:
  static std::optional<Pattern> parse(std::string_view text);
  // True when the whole of `text` matches, byte by byte; a text of more than 2,000 bytes never does. `steps`, where
  // given, is set to the work that was done: at most (atoms + 1) for each byte and the start.
  bool matches(std::string_view text, std::size_t* steps = nullptr) const;

 private:
  struct Step {
    std::array<bool, 256> accepts{};
    bool optional = false;  // may be passed over
    bool repeats = false;   // may be taken again
  };
  std::vector<Step> steps_;
};

}  // namespace deputy::directory
