// ServerProcess: a `deputy serve` of our own, held to one core, and what the kernel says of it.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/fault.h"
#include "base/result.h"

namespace deputy::bench {

// The core the server and the limits run on, and the core the load runs on: the first and the last we may use.
struct Cores {
  int server, load;
};
Cores cores();
void move_to(int core);  // the calling thread

class ServerProcess {
 public:
  // Returns once /readyz has answered 200. `more`: further arguments. Its warnings and errors go to our standard error.
  static Result<std::unique_ptr<ServerProcess>, Fault> start(const std::string& data,
                                                              const std::vector<std::string>& more = {});
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // SIGTERM, and waits. Faults: invalid (it did not end with 0).
  Result<Done, Fault> stop();

  std::uint16_t port() const { return port_; }
  pid_t pid() const { return pid_; }
  double startup_ms() const { return startup_ms_; }  // from before the fork to the first 200 of /readyz
  double resident_mib() const;                       // VmRSS

 private:
  ServerProcess(pid_t pid, int log) : pid_(pid), log_(log) {}
  Result<Done, Fault> await_serving();

  pid_t pid_;
  int log_;  // the reading end of its standard error
  std::uint16_t port_ = 0;
  double startup_ms_ = 0;
  std::thread relay_;  // passes on what the server complains of, and keeps its pipe from filling up; ends with it
};

}  // namespace deputy::bench
