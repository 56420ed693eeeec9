// Inert: text that a client or an owner wrote, made fit to stand beside our own words (A37): it cannot turn the line
// around, hide a letter, push ours off the screen, or pass for a name in another script.
#pragma once

#include <string>
#include <string_view>

namespace deputy::pages {

// Without control, bidirectional and invisible characters, white space runs as one space, and at most so many
// characters, the last an ellipsis. What is not UTF-8 is shown as one replacement character.
std::string inert(std::string_view text, std::size_t characters_max = 120);
// The same, of several lines: line ends are kept. For JSON that is shown in full.
std::string inert_lines(std::string_view text);

// Does one word mix letters of Latin with those of Cyrillic or Greek, or hold letters that only look like Latin ones?
bool mixes_scripts(std::string_view text);

}  // namespace deputy::pages
