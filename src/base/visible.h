// Visible: which characters of a text leave something to be seen, and which show it as it is not (A37, A40).
#pragma once

#include <string_view>

namespace deputy {

// The next code point of well-formed UTF-8, which is taken off.
char32_t take_code_point(std::string_view& text);

// Unicode's White_Space and what stands like it: shown as one space.
bool is_space(char32_t point);
// Controls, marks that turn the direction, letters of no width, fillers, tags and variation selectors.
bool is_hidden(char32_t point);

// What makes a text show otherwise than it reads, or drives the terminal that shows it: controls, line separators, and
// what turns the direction of the text around it.
bool is_steering(char32_t point);

// UTF-8 without any of these, but line feeds and tabs where there may be several lines.
enum class Lines { one, many };
bool is_printable(std::string_view text, Lines lines);

// Is anything of the text seen? Of what is not UTF-8, the character that is shown in its place.
bool is_seen(std::string_view text);

}  // namespace deputy
