// UniqueFd closes once, exactly what it owns.
#include "common/unique_fd.h"

#include <fcntl.h>

#include <utility>

#include "gtest/gtest.h"

namespace ostiary {
namespace {

int OpenNull() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }
bool IsOpen(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

TEST(UniqueFdTest, ClosesAtTheEndOfItsScope) {
  int fd;
  {
    const UniqueFd owner(OpenNull());
    fd = owner.get();
    ASSERT_TRUE(owner.valid());
    EXPECT_TRUE(IsOpen(fd));
  }
  EXPECT_FALSE(IsOpen(fd));
}

TEST(UniqueFdTest, OwnsNothingByDefault) {
  const UniqueFd none;
  EXPECT_FALSE(none.valid());
  EXPECT_EQ(none.get(), -1);
}

TEST(UniqueFdTest, MovesOwnershipAndClosesWhatItHeld) {
  UniqueFd first(OpenNull());
  UniqueFd second(OpenNull());
  const int first_fd = first.get();
  const int second_fd = second.get();
  second = std::move(first);
  // That is what is tested. NOLINTNEXTLINE(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
  EXPECT_FALSE(first.valid());
  EXPECT_EQ(second.get(), first_fd);
  EXPECT_FALSE(IsOpen(second_fd));
  UniqueFd& alias = second;
  second = std::move(alias);
  EXPECT_TRUE(IsOpen(first_fd));
}

TEST(UniqueFdTest, ReleaseGivesUpAndResetReplaces) {
  UniqueFd owner(OpenNull());
  const int fd = owner.Release();
  EXPECT_FALSE(owner.valid());
  EXPECT_TRUE(IsOpen(fd));
  owner.Reset(fd);
  owner.Reset();
  EXPECT_FALSE(IsOpen(fd));
}

}  // namespace
}  // namespace ostiary
