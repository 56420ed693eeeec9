// A file of the certificates that others are verified against, judged before the first call needs it.
#pragma once

#include <string>
#include <string_view>

#include "base/fault.h"
#include "base/result.h"

namespace deputy::http {

// The detail of a call's fault where the other side's certificate is by nobody who is trusted, or of another host.
inline constexpr std::string_view untrusted = "its certificate is not one that is trusted here for this host";

// PEM, one certificate or more. Faults: invalid, naming the file.
Result<Done, Fault> check_ca_file(const std::string& file);

}  // namespace deputy::http
