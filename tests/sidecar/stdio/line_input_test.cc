#include "sidecar/stdio/line_input.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "common/unique_fd.h"

namespace ostiary::sidecar {
namespace {

using Interest = LineInput::Interest;
using ReadResult = LineInput::ReadResult;

constexpr size_t kMaxLine = 16;

// Node.js gives its children sockets, most others pipes.
enum class Kind { kPipe, kSocket };

class LineInputTest : public ::testing::TestWithParam<Kind> {
 protected:
  LineInputTest() : input_(kMaxLine) {
    int ends[2];
    if (GetParam() == Kind::kPipe) {
      EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    } else {
      EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    }
    read_end_.Reset(ends[0]);
    write_end_.Reset(ends[1]);
    input_.Open(read_end_.get());
  }

  void Write(absl::string_view bytes) const {
    ASSERT_EQ(::write(write_end_.get(), bytes.data(), bytes.size()),
              static_cast<ssize_t>(bytes.size()));
  }
  // As a client does that wants to read on: Node.js shuts down its half of the socket.
  void Close() {
    if (GetParam() == Kind::kSocket) {
      ::shutdown(write_end_.get(), SHUT_WR);
    } else {
      write_end_.Reset();
    }
  }
  // Whether poll wakes for `interest`, and what comes of it.
  bool Wakes(Interest interest) {
    input_.Watch(interest, TakenLines::kDone, &slot_);
    return ::poll(&slot_, 1, 0) == 1;
  }
  ReadResult OnReady() { return input_.OnReady(slot_, TakenLines::kDone); }
  std::string Next() {
    const auto line = input_.Next();
    return line.has_value() ? std::string(line->text) : "(none)";
  }

  UniqueFd read_end_;
  UniqueFd write_end_;
  LineInput input_;
  pollfd slot_ = {};
};

TEST_P(LineInputTest, ReadsLinesAndThenItsEnd) {
  EXPECT_FALSE(Wakes(Interest::kLines));
  EXPECT_EQ(OnReady(), ReadResult::kNothing);
  EXPECT_TRUE(input_.idle());
  Write("one\ntwo\nthr");
  ASSERT_TRUE(Wakes(Interest::kLines));
  EXPECT_EQ(OnReady(), ReadResult::kBytes);
  EXPECT_FALSE(input_.idle());
  EXPECT_EQ(Next(), "one");
  EXPECT_TRUE(input_.has_lines());
  EXPECT_EQ(Next(), "two");
  EXPECT_EQ(Next(), "(none)");
  EXPECT_FALSE(input_.has_lines());
  Close();
  ASSERT_TRUE(Wakes(Interest::kLines));
  EXPECT_EQ(OnReady(), ReadResult::kEnd);
  EXPECT_TRUE(input_.ended());
  EXPECT_TRUE(input_.closed());
  EXPECT_EQ(input_.reader().unfinished_bytes(), 3u);
  EXPECT_FALSE(Wakes(Interest::kLines));
}

TEST_P(LineInputTest, DoesNotReadOnWhileLinesAreLeft) {
  Write("one\n");
  ASSERT_TRUE(Wakes(Interest::kLines));
  EXPECT_EQ(OnReady(), ReadResult::kBytes);
  Write("two\n");
  EXPECT_FALSE(Wakes(Interest::kLines));
  EXPECT_EQ(OnReady(), ReadResult::kNothing);
  EXPECT_EQ(Next(), "one");
  EXPECT_EQ(Next(), "(none)");
  EXPECT_TRUE(Wakes(Interest::kLines));
}

TEST_P(LineInputTest, SeesTheClosingBehindBytesThatAreNotRead) {
  Write("one\n");
  EXPECT_FALSE(Wakes(Interest::kClosing));
  EXPECT_EQ(OnReady(), ReadResult::kNothing);
  EXPECT_FALSE(input_.closed());
  Close();
  EXPECT_FALSE(Wakes(Interest::kNothing));
  ASSERT_TRUE(Wakes(Interest::kClosing));
  EXPECT_EQ(OnReady(), ReadResult::kNothing);
  EXPECT_TRUE(input_.closed());
  EXPECT_FALSE(input_.ended());
  EXPECT_FALSE(Wakes(Interest::kClosing)) << "it would wake again and again";
  ASSERT_TRUE(Wakes(Interest::kLines));
  EXPECT_EQ(OnReady(), ReadResult::kBytes);
  EXPECT_EQ(Next(), "one");
  EXPECT_EQ(Next(), "(none)");
  ASSERT_TRUE(Wakes(Interest::kLines));
  EXPECT_EQ(OnReady(), ReadResult::kEnd);
}

TEST_P(LineInputTest, HandsOutALineTooLongThatNeverEnds) {
  Write("0123456789abcdefg");
  ASSERT_TRUE(Wakes(Interest::kLines));
  EXPECT_EQ(OnReady(), ReadResult::kBytes);
  EXPECT_EQ(Next(), "(none)");
  Close();
  ASSERT_TRUE(Wakes(Interest::kLines));
  EXPECT_EQ(OnReady(), ReadResult::kEnd);
  const auto line = input_.TakeUnfinished();
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(line->kind, LineReader::LineKind::kTooLong);
  EXPECT_EQ(line->text, "0123456789abcdefg");
  EXPECT_FALSE(input_.TakeUnfinished().has_value());
}

INSTANTIATE_TEST_SUITE_P(Descriptors, LineInputTest, ::testing::Values(Kind::kPipe, Kind::kSocket),
                         [](const auto& info) {
                           return info.param == Kind::kPipe ? "pipe" : "socket";
                         });

}  // namespace
}  // namespace ostiary::sidecar
