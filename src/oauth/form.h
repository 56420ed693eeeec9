// Form: the parameters of an OAuth request (RFC 6749 §3.2, application/x-www-form-urlencoded), each standing once.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "oauth/error.h"

namespace deputy::oauth {

class Form {
 public:
  // Refuses (invalid_request) what is malformed, is not UTF-8 or holds control characters, repeats a parameter that
  // `repeatable` does not name, or has more parameters than `parameters_max`.
  static constexpr std::size_t usual_max = 50;
  static Result<Form, Error> parse(std::string_view text, std::span<const std::string_view> repeatable = {},
                                   std::size_t parameters_max = usual_max);

  // Of parameters that came otherwise: the claims of a signed request (RFC 9101), what was pushed before (RFC 9126).
  using Parameters = std::vector<std::pair<std::string, std::string>>;
  static Form of(Parameters parameters);
  const Parameters& parameters() const { return parameters_; }

  // The value; none when it is absent or empty ("parameters sent without a value MUST be treated as if they were
  // omitted", RFC 6749 §3.2).
  std::optional<std::string_view> get(std::string_view name) const;
  std::vector<std::string_view> all(std::string_view name) const;

 private:
  Parameters parameters_;
};

}  // namespace deputy::oauth
