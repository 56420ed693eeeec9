// One holder at a time, and none left behind.
#include "server/data_lock.h"

#include <gtest/gtest.h>

#include "server/temporary_folder_test.h"

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

TEST_F(DataLockTest, a_directory_that_is_not_there_is_a_fault) {
  EXPECT_FALSE(DataLock::take(directory_ + "/none"));
}

}  // namespace
}  // namespace deputy::server
