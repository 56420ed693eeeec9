// libqrencode makes the squares; each row's runs of black become rectangles of one path.
#include "signin/totp/qr.h"

#include <fmt/format.h>
#include <qrencode.h>

#include <iterator>
#include <memory>

namespace deputy::signin {

std::string qr_svg(const std::string& text) {
  constexpr int quiet = 4;  // modules of white around it
  const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(
      QRcode_encodeString8bit(text.c_str(), 0, QR_ECLEVEL_M), &QRcode_free);
  if (code == nullptr) return "";
  const int width = code->width, side = width + 2 * quiet;
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {0}\" role=\"img\" shape-rendering=\"crispEdges\">"
      "<path fill=\"#fff\" d=\"M0 0h{0}v{0}H0z\"/><path fill=\"#000\" d=\"",
      side);
  const auto black = [&](int x, int y) { return (code->data[y * width + x] & 1) != 0; };
  for (int y = 0; y < width; ++y)
    for (int x = 0; x < width; ++x) {
      const int begin = x;
      while (x < width && black(x, y)) ++x;
      if (x > begin) fmt::format_to(std::back_inserter(svg), "M{} {}h{}v1h-{}z", begin + quiet, y + quiet, x - begin,
                                    x - begin);
    }
  return svg + "\"/></svg>";
}

}  // namespace deputy::signin
