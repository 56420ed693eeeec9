// NumericDate: the times that the claims of a JWT say (RFC 7519 §2).
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "jose/jwt.h"

namespace deputy::jose {

// None where there is no such claim. Errors: malformed.
Result<std::optional<Instant>, Reject> numeric_date(const json::object& claims, std::string_view name);

}  // namespace deputy::jose
