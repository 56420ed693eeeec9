// Printing figures.
#include "bench/figure.h"

#include <fmt/core.h>

#include <cstdio>

namespace deputy::bench {
namespace {

// Four significant digits at least; whole numbers where they are large.
std::string number(double value) { return value >= 1000 ? fmt::format("{:.0f}", value) : fmt::format("{:.4g}", value); }

}  // namespace

void print_figure(std::string_view name, double value, std::string_view unit, std::optional<double> limit) {
  const auto ratio = limit ? fmt::format("{:.3f}", value / *limit) : "null";
  fmt::print(R"({{"name":"{}","value":{},"unit":"{}","limit":{},"ratio":{}}})"
             "\n",
             name, number(value), unit, limit ? number(*limit) : "null", ratio);
  std::fflush(stdout);
}

}  // namespace deputy::bench
