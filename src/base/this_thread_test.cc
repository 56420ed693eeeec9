// What the system is told of a thread, and of no other.
#include "base/this_thread.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>

namespace deputy {
namespace {

TEST(ThisThread, has_a_name_and_stands_back_alone) {
  const int before = ::getpriority(PRIO_PROCESS, 0);
  std::array<char, 16> name{};
  int nice = 0;
  std::thread([&] {
    begin_thread("a name that is longer than fits", behind_requests);
    ::pthread_getname_np(::pthread_self(), name.data(), name.size());
    nice = ::getpriority(PRIO_PROCESS, 0);
  }).join();
  EXPECT_STREQ(name.data(), "a name that is ");
  EXPECT_EQ(nice, behind_requests);
  EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), before);
}

}  // namespace
}  // namespace deputy
