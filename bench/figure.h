// Figures: what a benchmark prints, one JSON object a line.
#pragma once

#include <optional>
#include <string_view>

namespace deputy::bench {

// `limit`: what the machine reaches in the same run, or what the figure is to stay above or below. The ratio is
// value / limit.
void print_figure(std::string_view name, double value, std::string_view unit, std::optional<double> limit = {});

}  // namespace deputy::bench
