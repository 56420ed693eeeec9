// What a metric of this process says.
#pragma once

#include <string>
#include <string_view>

#include "base/metrics.h"

namespace deputy::test {

// The value of one series, as it stands in the text: name and labels. 0 where it is not there yet.
inline double metric(std::string_view series) {
  const auto text = metrics::text(), line = "\n" + std::string(series) + " ";
  const auto at = text.find(line);
  return at == std::string::npos ? 0 : std::stod(text.substr(at + line.size()));
}

}  // namespace deputy::test
