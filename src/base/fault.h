// Fault: what went wrong below the protocol, for the log and never for the client.
#pragma once

#include <string>

namespace deputy {

struct Fault {
  enum class Kind { not_found, conflict, unavailable, corrupt, invalid };
  Kind kind;
  std::string detail;
};

}  // namespace deputy
