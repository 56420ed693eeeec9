// The lock of the data directory: one holder at a time, none left behind, and what cannot be told.
#include "server/data_lock.h"

#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "server/temporary_folder_test.h"

namespace {

int flock_fails_with = 0;  // 0: it does not

}  // namespace

// The C library's, but that it fails when it is told to: of a network file system whose lock service is gone.
extern "C" int flock(int descriptor, int operation) noexcept {
  if (flock_fails_with == 0) return static_cast<int>(::syscall(SYS_flock, descriptor, operation));
  errno = flock_fails_with;
  return -1;
}

namespace deputy::server {
namespace {

class DataLockTest : public ::testing::Test {
 protected:
  const TemporaryFolder temporary_;
  const std::string& directory_ = temporary_.path();
};

TEST_F(DataLockTest, a_second_holder_is_refused) {
  const auto first = DataLock::take(directory_);
  ASSERT_TRUE(first);
  const auto second = DataLock::take(directory_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, Fault::Kind::conflict);
}

TEST_F(DataLockTest, is_free_again_once_its_holder_is_gone) {
  { ASSERT_TRUE(DataLock::take(directory_)); }
  EXPECT_TRUE(DataLock::take(directory_));
}

TEST_F(DataLockTest, a_move_hands_it_on) {
  auto first = DataLock::take(directory_);
  ASSERT_TRUE(first);
  {
    const DataLock second(std::move(*first));
    EXPECT_FALSE(DataLock::take(directory_));
  }
  EXPECT_TRUE(DataLock::take(directory_));
}

TEST_F(DataLockTest, a_directory_that_is_not_there_is_a_fault_that_says_so) {
  const auto lock = DataLock::take(directory_ + "/none");
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().kind, Fault::Kind::unavailable);
  EXPECT_EQ(lock.error().detail, "cannot open " + directory_ + "/none: " + std::strerror(ENOENT));
}

TEST_F(DataLockTest, what_cannot_be_locked_is_not_taken_for_another_server) {
  for (const int error : {ENOLCK, EWOULDBLOCK}) {
    flock_fails_with = error;
    const auto lock = DataLock::take(directory_);
    flock_fails_with = 0;
    ASSERT_FALSE(lock);
    const bool held = error == EWOULDBLOCK;
    EXPECT_EQ(lock.error().kind, held ? Fault::Kind::conflict : Fault::Kind::unavailable);
    EXPECT_EQ(lock.error().detail, held ? "another server runs on " + directory_ + " already"
                                        : "cannot lock " + directory_ + "/deputy.lock: " + std::strerror(ENOLCK));
  }
}

TEST_F(DataLockTest, stands_until_its_file_is_removed_or_replaced) {
  const auto file = directory_ + "/deputy.lock";
  const auto first = DataLock::take(directory_);
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->stands());
  ASSERT_EQ(::unlink(file.c_str()), 0);
  EXPECT_FALSE(first->stands());
  const auto second = DataLock::take(directory_);
  ASSERT_TRUE(second) << "nobody keeps it out";
  EXPECT_TRUE(second->stands());
  EXPECT_FALSE(first->stands());
}

TEST_F(DataLockTest, stands_in_a_directory_that_is_moved) {
  const auto before = directory_ + "/before", now = directory_ + "/now";
  std::filesystem::create_directory(before);
  const auto lock = DataLock::take(before);
  ASSERT_TRUE(lock);
  std::filesystem::rename(before, now);
  EXPECT_TRUE(lock->stands());
  EXPECT_FALSE(DataLock::take(now));
}

}  // namespace
}  // namespace deputy::server
