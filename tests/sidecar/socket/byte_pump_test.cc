// One direction's bytes: all of them, in order, and what is seen of both ends.
#include "sidecar/socket/byte_pump.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "tests/sidecar/socket/socket_folder.h"

namespace ostiary::sidecar {
namespace {

class BytePumpTest : public ::testing::Test {
 protected:
  BytePumpTest() {
    ::signal(SIGPIPE, SIG_IGN);
    ::fcntl(out_.read_end.get(), F_SETFL, O_NONBLOCK);
    ::fcntl(in_.write_end.get(), F_SETFL, O_NONBLOCK);
  }

  // Lets it do what there is to be done.
  void Turn(BytePump* pump) {
    for (int i = 0; i < 8; ++i) {
      pollfd slots[2];
      pump->Watch(&slots[0], &slots[1]);
      if (::poll(slots, 2, 0) <= 0) return;
      pump->OnReady(slots[0], slots[1]);
    }
  }
  // Whether it would wake up now, for nothing: then it would spin.
  static bool IsRestless(const BytePump& pump) {
    pollfd slots[2];
    pump.Watch(&slots[0], &slots[1]);
    return ::poll(slots, 2, 0) != 0;
  }
  void Put(const std::string& bytes) {
    ASSERT_EQ(::write(in_.write_end.get(), bytes.data(), bytes.size()),
              static_cast<ssize_t>(bytes.size()));
  }
  std::string Get() {
    std::string all;
    char bytes[65536];
    ssize_t size;
    while ((size = ::read(out_.read_end.get(), bytes, sizeof(bytes))) > 0) {
      all.append(bytes, static_cast<size_t>(size));
    }
    return all;
  }
  // Reads four times, as the pump writes on; returns how many bytes came.
  size_t TakeFromSmallPipe(BytePump* pump) {
    size_t size = 0;
    for (int i = 0; i < 4; ++i) {
      size += Get().size();
      Turn(pump);
    }
    return size;
  }
  BytePump Pump() { return BytePump(in_.read_end.get(), OutputFd::Own(std::move(out_.write_end))); }

  TestPipe in_;
  TestPipe out_;
};

TEST_F(BytePumpTest, CopiesWhateverComes) {
  BytePump pump = Pump();
  const std::string bytes("no\0line\xff\n half a li", 20);
  Put(bytes);
  Turn(&pump);
  EXPECT_EQ(Get(), bytes);
  EXPECT_EQ(pump.written_bytes(), bytes.size());
  EXPECT_FALSE(IsRestless(pump));
}

TEST_F(BytePumpTest, ReadsNothingWhileTheRestIsNotWritten) {
  ASSERT_EQ(::fcntl(out_.read_end.get(), F_SETPIPE_SZ, 4096), 4096);
  BytePump pump = Pump();
  std::string all;
  for (char c = 'a'; c <= 'd'; ++c) {
    const std::string some(10'000, c);
    Put(some);
    all += some;
    Turn(&pump);
  }
  EXPECT_FALSE(pump.empty());
  EXPECT_EQ(pump.written_bytes(), 4096u);
  EXPECT_FALSE(IsRestless(pump));
  std::string got;
  while (got.size() < all.size()) {
    const std::string more = Get();
    ASSERT_FALSE(more.empty()) << "after " << got.size();
    got += more;
    Turn(&pump);
  }
  EXPECT_EQ(got, all);
}

// Where much is moved, both pipes are widened, and more is moved at once.
TEST_F(BytePumpTest, WidensPipesThatAreFull) {
  constexpr int kUsual = 64 << 10;
  for (const UniqueFd* end : {&in_.read_end, &out_.read_end}) {
    ASSERT_EQ(::fcntl(end->get(), F_SETPIPE_SZ, kUsual), kUsual);
  }
  BytePump pump = Pump();
  for (const char c : {'a', 'b', 'c', 'd'}) {
    Put(std::string(kUsual, c));
    Turn(&pump);
    EXPECT_TRUE(pump.empty()) << c;
    EXPECT_EQ(::fcntl(in_.read_end.get(), F_GETPIPE_SZ), 256 << 10);
  }
  EXPECT_EQ(::fcntl(out_.read_end.get(), F_GETPIPE_SZ), 256 << 10);
  std::string got;
  while (got.size() < size_t{4} * kUsual) {
    const std::string more = Get();
    ASSERT_FALSE(more.empty());
    got += more;
  }
  EXPECT_EQ(got, std::string(kUsual, 'a') + std::string(kUsual, 'b') + std::string(kUsual, 'c') +
                     std::string(kUsual, 'd'));
}

TEST_F(BytePumpTest, ClosesTheOutputAtTheEndOfTheInput) {
  BytePump pump = Pump();
  Put("last words");
  in_.write_end.Reset();
  Turn(&pump);
  EXPECT_TRUE(pump.input_ended());
  EXPECT_TRUE(pump.done());
  EXPECT_EQ(Get(), "last words");
  char byte;
  EXPECT_EQ(::read(out_.read_end.get(), &byte, 1), 0) << "it is not closed";
  EXPECT_FALSE(IsRestless(pump));
}

TEST_F(BytePumpTest, WritesTheRestAfterTheEndOfTheInput) {
  ASSERT_EQ(::fcntl(out_.read_end.get(), F_SETPIPE_SZ, 4096), 4096);
  BytePump pump = Pump();
  Put(std::string(10'000, 'x'));
  in_.write_end.Reset();
  Turn(&pump);
  EXPECT_TRUE(pump.input_closed());
  EXPECT_FALSE(pump.done());
  EXPECT_FALSE(IsRestless(pump));
  EXPECT_EQ(TakeFromSmallPipe(&pump), 10'000u);
  EXPECT_TRUE(pump.done());
}

TEST_F(BytePumpTest, SeesAReaderLeaveThatWasOwedNothing) {
  BytePump pump = Pump();
  out_.read_end.Reset();
  Turn(&pump);
  EXPECT_TRUE(pump.output_broken());
  EXPECT_TRUE(pump.done());
  Put("for nobody");
  EXPECT_FALSE(IsRestless(pump));
}

TEST_F(BytePumpTest, SeesAReaderLeaveThatWasOwedSomething) {
  ASSERT_EQ(::fcntl(out_.read_end.get(), F_SETPIPE_SZ, 4096), 4096);
  BytePump pump = Pump();
  Put(std::string(10'000, 'x'));
  Turn(&pump);
  out_.read_end.Reset();
  Turn(&pump);
  EXPECT_TRUE(pump.output_broken());
  EXPECT_TRUE(pump.empty());
  EXPECT_FALSE(IsRestless(pump));
}

TEST_F(BytePumpTest, ReadsNoMoreWhenToldAndWritesWhatItHas) {
  BytePump pump = Pump();
  Put("read");
  Turn(&pump);
  Put(", not read");
  pump.StopReading();
  Turn(&pump);
  EXPECT_EQ(Get(), "read");
  EXPECT_TRUE(pump.done());
}

TEST_F(BytePumpTest, WritesTheRestAfterItWasToldToReadNoMore) {
  ASSERT_EQ(::fcntl(out_.read_end.get(), F_SETPIPE_SZ, 4096), 4096);
  BytePump pump = Pump();
  Put(std::string(10'000, 'x'));
  Turn(&pump);
  pump.StopReading();
  EXPECT_EQ(TakeFromSmallPipe(&pump), 10'000u);
  EXPECT_TRUE(pump.done());
  char byte;
  EXPECT_EQ(::read(out_.read_end.get(), &byte, 1), 0) << "it is not closed";
}

// Node.js gives its children sockets.
TEST_F(BytePumpTest, SeesASocketsEndBehindWhatItCannotRead) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  ASSERT_EQ(::fcntl(out_.read_end.get(), F_SETPIPE_SZ, 4096), 4096);
  BytePump pump(ours.get(), OutputFd::Own(std::move(out_.write_end)));
  const std::string bytes(10'000, 'x');
  ASSERT_EQ(::write(theirs.get(), bytes.data(), bytes.size()), 10'000);
  Turn(&pump);
  EXPECT_FALSE(pump.input_closed());
  ASSERT_EQ(::write(theirs.get(), bytes.data(), bytes.size()), 10'000);
  ::shutdown(theirs.get(), SHUT_WR);
  Turn(&pump);
  EXPECT_TRUE(pump.input_closed());
  EXPECT_FALSE(pump.input_ended());
  EXPECT_FALSE(IsRestless(pump));
}

}  // namespace
}  // namespace ostiary::sidecar
