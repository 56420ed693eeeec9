// A file of the certificates that others are verified against, judged before the first call needs it.
#pragma once

#include <string>

#include "base/fault.h"
#include "base/result.h"

namespace deputy::http {

// PEM, one certificate or more. Faults: invalid, naming the file.
Result<Done, Fault> check_ca_file(const std::string& file);

}  // namespace deputy::http
