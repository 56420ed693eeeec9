// Entity tags in conditional requests (RFC 9110 §8.8.3, §13.1).
#pragma once

#include <string_view>

#include "http/message.h"

namespace deputy::http {

// RFC 9110 §8.8.3.2: what changes something compares strongly, what reads, weakly.
enum class TagComparison { strong, weak };

// Does this field of the request name the tag, alone, in a list, or by the asterisk?
bool names_tag(const Request& request, std::string_view field, std::string_view tag, TagComparison comparison);

}  // namespace deputy::http
