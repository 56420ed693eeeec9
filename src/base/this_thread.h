// What a thread says of itself to the system: its name, and how far it stands back for others.
#pragma once

#include <pthread.h>
#include <sys/resource.h>

#include <string>
#include <string_view>

namespace deputy {

// Where threads wait for a core, one that stands back is given a tenth of what one that does not is given.
inline constexpr int behind_requests = 10;

// `name`: at most 15 bytes are shown (pthread_setname_np(3)). `nice`: 0 to 19; on Linux it belongs to a thread, not to
// the process (setpriority(2)).
inline void begin_thread(std::string_view name, int nice = 0) {
  ::pthread_setname_np(::pthread_self(), std::string(name.substr(0, 15)).c_str());
  if (nice != 0) ::setpriority(PRIO_PROCESS, 0, nice);
}

}  // namespace deputy
