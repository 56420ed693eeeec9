// Mistyped: a word that names no command, and which one it was meant to be.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace deputy {

// The word that `typed` is at most two slips from (one, where it has four letters or fewer): a letter too many, too
// few or another, or two that changed places. Of several the nearest, and of those the first. None: nothing is near.
std::optional<std::string> nearest(std::string_view typed, const std::vector<std::string>& words);

// "`deputy config` has no command lisst; did you mean `deputy config list`? See `deputy config --help`". `start` stands
// before the word; `typed` is shown as it is, so the caller makes it printable.
std::string no_such_command(const std::string& start, const std::string& typed, const std::vector<std::string>& words);

}  // namespace deputy
