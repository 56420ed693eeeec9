// Media types in Content-Type and Accept (RFC 9110 §8.3, §12.5.1).
#pragma once

#include <string_view>

#include "http/message.h"

namespace deputy::http {

// Is a Content-Type this type, whatever its parameters?
bool is_media_type(std::string_view content_type, std::string_view wanted);

// Does a Content-Type name no charset but UTF-8? JSON is in no other (RFC 8259 §8.1).
bool is_utf8(std::string_view content_type);

// Does the client name the type `named` in Accept, and want it no less than `usual`, which it gets otherwise?
bool prefers(const Request& request, std::string_view named, std::string_view usual);

}  // namespace deputy::http
