// For tests: while it lives, this process gets a gigabyte more than it has and no more, whatever the kernel grants.
#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <fstream>
#include <string>

namespace deputy::crypto {

class MemoryLimit {
 public:
  MemoryLimit() {
    EXPECT_EQ(::getrlimit(RLIMIT_DATA, &before_), 0);
    std::ifstream status("/proc/self/status");
    rlim_t kib = 0;
    for (std::string word; kib == 0 && status >> word;)
      if (word == "VmData:") status >> kib;
    EXPECT_GT(kib, 0u);
    const rlimit limit{.rlim_cur = (kib << 10) + (rlim_t{1} << 30), .rlim_max = before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_DATA, &limit), 0);
  }
  ~MemoryLimit() { ::setrlimit(RLIMIT_DATA, &before_); }
  MemoryLimit(const MemoryLimit&) = delete;

 private:
  rlimit before_{};
};

}  // namespace deputy::crypto
