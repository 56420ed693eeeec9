// A QR code as SVG: one path of black squares on white, with the quiet zone the standard asks for (ISO/IEC 18004).
#pragma once

#include <string>
#include <string_view>

namespace deputy::signin {

// Empty when the text is too long for a QR code.
std::string qr_svg(const std::string& text);

}  // namespace deputy::signin
