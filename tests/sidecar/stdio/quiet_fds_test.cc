#include "sidecar/stdio/quiet_fds.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace ostiary::sidecar {
namespace {

struct Pipe {
  Pipe() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    from.Reset(ends[0]);
    to.Reset(ends[1]);
  }
  void Write() const { EXPECT_EQ(::write(to.get(), "x", 1), 1); }
  UniqueFd from;
  UniqueFd to;
};

bool Tells(const QuietFds& quiet) {
  pollfd slot = {quiet.fd(), POLLIN, 0};
  return ::poll(&slot, 1, 0) == 1;
}

TEST(QuietFdsTest, TellsWhereOneOfThemWouldAndAsLongAsItWould) {
  QuietFds quiet(2);
  const Pipe one;
  const Pipe two;
  EXPECT_TRUE(quiet.Cover(0, {one.from.get(), POLLIN, 0}));
  EXPECT_TRUE(quiet.Cover(1, {two.from.get(), POLLIN, 0}));
  EXPECT_FALSE(Tells(quiet));
  two.Write();
  EXPECT_TRUE(Tells(quiet));
  EXPECT_TRUE(quiet.Cover(1, {two.from.get(), POLLIN, 0}));
  EXPECT_TRUE(Tells(quiet));
  char byte;
  ASSERT_EQ(::read(two.from.get(), &byte, 1), 1);
  EXPECT_FALSE(Tells(quiet));
}

TEST(QuietFdsTest, TellsOfAReaderThatIsGoneWithoutBeingAsked) {
  QuietFds quiet(1);
  Pipe pipe;
  EXPECT_TRUE(quiet.Cover(0, {pipe.to.get(), 0, 0}));
  EXPECT_FALSE(Tells(quiet));
  pipe.from.Reset();
  EXPECT_TRUE(Tells(quiet));
}

TEST(QuietFdsTest, FollowsASlotToAnotherDescriptorAndToNone) {
  QuietFds quiet(1);
  const Pipe one;
  const Pipe two;
  one.Write();
  EXPECT_TRUE(quiet.Cover(0, {one.from.get(), POLLIN, 0}));
  EXPECT_TRUE(Tells(quiet));
  EXPECT_TRUE(quiet.Cover(0, {two.from.get(), POLLIN, 0}));
  EXPECT_FALSE(Tells(quiet));
  two.Write();
  EXPECT_TRUE(Tells(quiet));
  EXPECT_FALSE(quiet.Cover(0, {-1, POLLIN, 0}));
  EXPECT_FALSE(Tells(quiet));
}

TEST(QuietFdsTest, TakesADescriptorThatHasAClosedOnesNumber) {
  QuietFds quiet(1);
  UniqueFd closed(::fcntl(Pipe().from.get(), F_DUPFD_CLOEXEC, 0));
  const int number = closed.get();
  EXPECT_TRUE(quiet.Cover(0, {number, POLLIN, 0}));
  closed.Reset();
  EXPECT_FALSE(quiet.Cover(0, {-1, 0, 0}));
  const Pipe pipe;
  pipe.Write();
  const UniqueFd again(::fcntl(pipe.from.get(), F_DUPFD_CLOEXEC, number));
  EXPECT_TRUE(quiet.Cover(0, {again.get(), POLLIN, 0}));
  EXPECT_TRUE(Tells(quiet));
}

TEST(QuietFdsTest, LeavesARegularFileToItsCaller) {
  QuietFds quiet(1);
  const UniqueFd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  EXPECT_FALSE(quiet.Cover(0, {file.get(), POLLIN, 0}));
  EXPECT_FALSE(quiet.Cover(0, {file.get(), POLLIN, 0}));
  EXPECT_FALSE(Tells(quiet));
}

}  // namespace
}  // namespace ostiary::sidecar
