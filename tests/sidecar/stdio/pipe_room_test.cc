#include "sidecar/stdio/pipe_room.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "common/unique_fd.h"
#include "sidecar/stdio/line_input.h"
#include "sidecar/stdio/line_output.h"

namespace ostiary::sidecar {
namespace {

constexpr int kUsual = 64 << 10;
constexpr int kWide = PipeRoom::kWideBytes;
constexpr size_t kMaxLine = size_t{1} << 20;

class PipeRoomTest : public ::testing::Test {
 protected:
  PipeRoomTest() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    read_end_.Reset(ends[0]);
    write_end_.Reset(ends[1]);
  }

  int size() const { return ::fcntl(read_end_.get(), F_GETPIPE_SZ); }
  void Resize(int bytes) const { ASSERT_EQ(::fcntl(read_end_.get(), F_SETPIPE_SZ, bytes), bytes); }

  UniqueFd read_end_;
  UniqueFd write_end_;
};

TEST_F(PipeRoomTest, WidensAPipeByEitherEndAndOnce) {
  for (const UniqueFd* end : {&read_end_, &write_end_}) {
    Resize(kUsual);
    PipeRoom room;
    EXPECT_TRUE(room.Widen(end->get()));
    EXPECT_EQ(size(), kWide);
    Resize(kUsual);
    EXPECT_FALSE(room.Widen(end->get()));
    EXPECT_EQ(size(), kUsual);
  }
}

// Whoever made it so has a reason, or too many pipes.
TEST_F(PipeRoomTest, LeavesAPipeOfAnotherSize) {
  for (const int bytes : {4 << 10, 32 << 10, kWide, 1 << 20}) {
    Resize(bytes);
    EXPECT_FALSE(PipeRoom().Widen(read_end_.get()));
    EXPECT_EQ(size(), bytes);
  }
}

TEST_F(PipeRoomTest, LeavesWhatIsNoPipe) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const UniqueFd first(ends[0]);
  const UniqueFd second(ends[1]);
  EXPECT_FALSE(PipeRoom().Widen(first.get()));
  EXPECT_FALSE(PipeRoom().Widen(-1));
}

TEST_F(PipeRoomTest, APipeThatWasFullWhenItWasReadIsWidened) {
  Resize(kUsual);
  LineInput input(kMaxLine);
  input.Open(read_end_.get());
  const auto pass = [&](size_t bytes) {
    const std::string line = std::string(bytes - 1, 'x') + '\n';
    ASSERT_EQ(::write(write_end_.get(), line.data(), line.size()),
              static_cast<ssize_t>(line.size()));
    pollfd slot;
    input.Watch(LineInput::Interest::kLines, TakenLines::kDone, &slot);
    ASSERT_EQ(::poll(&slot, 1, 0), 1);
    ASSERT_EQ(input.OnReady(slot, TakenLines::kDone), LineInput::ReadResult::kBytes);
    ASSERT_EQ(input.Next()->text.size(), bytes - 1);
    EXPECT_FALSE(input.Next().has_value());
  };
  pass(kUsual / 2);
  EXPECT_EQ(size(), kUsual);
  pass(kUsual);
  EXPECT_EQ(size(), kWide);
}

TEST_F(PipeRoomTest, APipeThatDoesNotTakeAllIsWidenedAndWrittenOn) {
  Resize(kUsual);
  LineOutput output(OutputFd::Own(std::move(write_end_)));
  const LineReader elsewhere(kMaxLine);
  output.Append(std::string(kUsual - 1, 'x'), elsewhere, LineOrigin::kForwarded);
  EXPECT_EQ(output.Flush(), FlushResult::kEmpty);
  EXPECT_EQ(size(), kUsual);
  output.Append(std::string(2 * kWide, 'y'), elsewhere, LineOrigin::kForwarded);
  EXPECT_EQ(output.Flush(), FlushResult::kBlocked);
  EXPECT_EQ(size(), kWide);
  EXPECT_EQ(output.written_bytes(), uint64_t{kWide});
  // All of it, in order.
  std::string got;
  while (!output.empty()) {
    std::string some(kWide, '\0');
    some.resize(static_cast<size_t>(::read(read_end_.get(), some.data(), some.size())));
    got += some;
    output.Flush();
  }
  std::string rest(kWide, '\0');
  rest.resize(static_cast<size_t>(::read(read_end_.get(), rest.data(), rest.size())));
  EXPECT_EQ(got + rest, std::string(kUsual - 1, 'x') + '\n' + std::string(2 * kWide, 'y') + '\n');
}

}  // namespace
}  // namespace ostiary::sidecar
