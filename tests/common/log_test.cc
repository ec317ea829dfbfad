// Log lines: one JSON object per write, whatever they hold, and nothing that stops the caller.
#include "common/log.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <csignal>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/json/json_document.h"
#include "common/unique_fd.h"
#include "gtest/gtest.h"
#include "tests/support/fake_clock.h"

namespace ostiary {
namespace {

constexpr absl::string_view kTime = R"({"time":"2023-11-14T22:13:20.000Z",)";

// A pair of sockets: Log writes to one end, the test reads from the other. Packets keep the bounds
// of each write.
class LogTest : public testing::Test {
 protected:
  LogTest() {
    std::array<int, 2> fds;
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds.data()), 0);
    write_end_ = UniqueFd(fds[0]);
    read_end_ = UniqueFd(fds[1]);
  }

  // What one write(2) wrote, or "" where there was none.
  std::string ReadOne() const {
    std::array<char, 65536> bytes;
    const ssize_t size = ::recv(read_end_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    return size <= 0 ? "" : std::string(bytes.data(), static_cast<size_t>(size));
  }

  FakeClock clock_;
  UniqueFd write_end_;
  UniqueFd read_end_;
};

TEST_F(LogTest, WritesOneObjectPerLine) {
  const Log log(write_end_.get(), LogLevel::kInfo, clock_);
  log.Warning("reload_failed",
              {{"path", "/etc/rules"}, {"line", 3}, {"kept", true}, {"big", uint64_t{1} << 63}});
  EXPECT_EQ(ReadOne(), absl::StrCat(kTime, R"("level":"warning","event":"reload_failed",)",
                                    R"("path":"/etc/rules","line":3,"kept":true,)",
                                    "\"big\":9223372036854775808}\n"));
  clock_.Advance(std::chrono::milliseconds(1));
  log.Error("bare");
  EXPECT_EQ(ReadOne(),
            "{\"time\":\"2023-11-14T22:13:20.001Z\",\"level\":\"error\",\"event\":\"bare\"}\n");
}

// What a program's stderr often is: a pipe that blocks, shared with others, so that its flags are
// not ours to change.
TEST_F(LogTest, AFullPipeThatNobodyReadsHoldsUpNothing) {
  std::array<int, 2> fds;
  ASSERT_EQ(::pipe(fds.data()), 0);
  const UniqueFd unread(fds[0]);
  const UniqueFd pipe(fds[1]);
  const Log log(pipe.get(), LogLevel::kDebug, clock_);
  // Far more than a pipe holds; a test that hangs here has failed.
  for (int i = 0; i < 200; ++i) log.Info("tick", {{"text", std::string(1'000, 'x')}});
  for (int i = 0; i < 50; ++i) log.Info("tick", {{"text", std::string(100'000, 'x')}});
  std::array<char, 64> bytes;
  EXPECT_EQ(::read(unread.get(), bytes.data(), bytes.size()), 64);
}

// A pipe with room for one page, whose reader waits for nothing.
class SmallPipe {
 public:
  SmallPipe() {
    std::array<int, 2> fds;
    EXPECT_EQ(::pipe(fds.data()), 0);
    read_end_ = UniqueFd(fds[0]);
    write_end_ = UniqueFd(fds[1]);
    EXPECT_EQ(::fcntl(read_end_.get(), F_SETFL, O_NONBLOCK), 0);
    EXPECT_GE(::fcntl(write_end_.get(), F_SETPIPE_SZ, 4096), 4096);
  }

  int write_end() const { return write_end_.get(); }
  size_t size() const { return static_cast<size_t>(::fcntl(write_end_.get(), F_GETPIPE_SZ)); }
  // What stands in it.
  std::string Drain() const {
    std::string all;
    std::array<char, 4096> bytes;
    ssize_t got = 0;
    while ((got = ::read(read_end_.get(), bytes.data(), bytes.size())) > 0) {
      all.append(bytes.data(), static_cast<size_t>(got));
    }
    return all;
  }

 private:
  UniqueFd read_end_;
  UniqueFd write_end_;
};

// Another writer of the same pipe takes the room between the look for it and the write.
TEST_F(LogTest, APipeThatAnotherWriterFillsHoldsUpNothing) {
  const SmallPipe pipe;
  const std::string page(pipe.size(), 'x');
  const UniqueFd others(
      ::open(absl::StrCat("/proc/self/fd/", pipe.write_end()).c_str(), O_WRONLY | O_NONBLOCK));
  constexpr int kRounds = 20'000;
  std::atomic<int> round = 0;
  std::atomic<bool> is_held_up = false;
  std::thread other([&] {
    for (int next = 1; next <= kRounds; ++next) {
      const MonoTime patience = Clock::System().Now() + std::chrono::seconds(5);
      while (round < next) {
        if (Clock::System().Now() < patience) continue;
        is_held_up = true;
        pipe.Drain();  // so that the test ends
        return;
      }
      [[maybe_unused]] const ssize_t written = ::write(others.get(), page.data(), page.size());
    }
  });
  const Log log(pipe.write_end(), LogLevel::kDebug, clock_);
  for (int i = 0; i < kRounds && !is_held_up; ++i) {
    pipe.Drain();
    ++round;
    log.Info("tick");
  }
  other.join();
  EXPECT_FALSE(is_held_up) << "a log line waited for room in round " << round;
}

std::string ReadAll(int fd) {
  std::string all;
  std::array<char, 65536> bytes;
  ssize_t size = 0;
  while ((size = ::recv(fd, bytes.data(), bytes.size(), MSG_DONTWAIT)) > 0) {
    all.append(bytes.data(), static_cast<size_t>(size));
  }
  return all;
}

// A stream that is full takes part of a line: what comes next begins on a line of its own.
TEST_F(LogTest, ALineThatIsCutDoesNotSpoilTheNext) {
  std::array<int, 2> fds;
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds.data()), 0);
  const UniqueFd stream(fds[0]);
  const UniqueFd read_end(fds[1]);
  const Log log(stream.get(), LogLevel::kDebug, clock_);
  for (int i = 0; i < 50; ++i) log.Info("long", {{"text", std::string(100'000, 'x')}});
  const std::string full = ReadAll(read_end.get());
  ASSERT_NE(full.back(), '\n') << "no line was cut";
  log.Info("next");
  log.Info("last");
  const std::string next = absl::StrCat(kTime, R"("level":"info","event":"next"})");
  const std::string last = absl::StrCat(kTime, R"("level":"info","event":"last"})");
  EXPECT_EQ(ReadAll(read_end.get()), absl::StrCat("\n", next, "\n", last, "\n"));
}

// What is not begun leaves nothing to be set right.
TEST_F(LogTest, ALineThatIsDroppedWholeLeavesNoTrace) {
  const Log log(write_end_.get(), LogLevel::kDebug, clock_);
  int written = 0;
  for (int i = 0; i < 10'000; ++i) log.Info("fill");
  while (!ReadOne().empty()) ++written;
  ASSERT_LT(written, 10'000);
  log.Info("next");
  EXPECT_EQ(ReadOne(), absl::StrCat(kTime, "\"level\":\"info\",\"event\":\"next\"}\n"));
}

TEST_F(LogTest, TheTimeIsUtcWhereverItRuns) {
  const char* const before = ::getenv("TZ");
  const std::string kept = before == nullptr ? "" : before;
  ASSERT_EQ(::setenv("TZ", "Fixed/UTC+05:00:00", 1), 0);
  const Log log(write_end_.get(), LogLevel::kDebug, clock_);
  log.Info("tick");
  EXPECT_EQ(ReadOne().substr(0, kTime.size()), kTime);
  if (before == nullptr) {
    ::unsetenv("TZ");
  } else {
    ::setenv("TZ", kept.c_str(), 1);
  }
}

TEST_F(LogTest, DropsWhatLiesBelowTheThreshold) {
  const Log log(write_end_.get(), LogLevel::kWarning, clock_);
  log.Debug("debug");
  log.Info("info");
  EXPECT_EQ(ReadOne(), "");
  log.Warning("warning");
  EXPECT_NE(ReadOne(), "");
  log.Error("error");
  EXPECT_NE(ReadOne(), "");
}

TEST_F(LogTest, AHostileFieldStaysInItsString) {
  const Log log(write_end_.get(), LogLevel::kDebug, clock_);
  const std::string hostile = "x\",\"level\":\"debug\"}\n{\"event\":\"\xFF\x1B[2J";
  log.Info("seen", {{"name", hostile}});
  const std::string line = ReadOne();
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  JsonDocument document;
  ASSERT_TRUE(document.Parse(line)) << line;
  EXPECT_EQ(document.root().size(), 4u);
  EXPECT_EQ(document.root().Find("name")->string_copy(),
            "x\",\"level\":\"debug\"}\n{\"event\":\"\xEF\xBF\xBD\x1B[2J");
}

TEST_F(LogTest, LinesOfSeveralThreadsNeverMix) {
  const Log log(write_end_.get(), LogLevel::kDebug, clock_);
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&log, i] {
      for (int j = 0; j < 25; ++j) log.Info("tick", {{"thread", i}, {"tick", j}});
    });
  }
  std::vector<int> next(4, 0);
  JsonDocument document;
  for (int line = 0; line < 100; ++line) {
    std::array<char, 4096> bytes;
    const ssize_t size = ::recv(read_end_.get(), bytes.data(), bytes.size(), 0);
    ASSERT_GT(size, 0);
    ASSERT_TRUE(document.Parse(absl::string_view(bytes.data(), static_cast<size_t>(size))));
    const auto thread = static_cast<size_t>(*document.root().Find("thread")->int64_value());
    EXPECT_EQ(document.root().Find("tick")->int64_value(), next[thread]++);
  }
  for (std::thread& thread : threads) thread.join();
}

// It takes the front of a long line.
TEST_F(LogTest, BeginsALineAnewBehindOneThatWasCut) {
  const SmallPipe pipe;
  const Log log(pipe.write_end(), LogLevel::kDebug, clock_);
  const std::string bare = absl::StrCat(kTime, "\"level\":\"info\",\"event\":\"bare\"}\n");
  log.Info("long", {{"text", std::string(2 * pipe.size(), 'x')}});
  log.Info("dropped");
  const std::string cut = pipe.Drain();
  EXPECT_EQ(cut.size(), pipe.size());
  EXPECT_EQ(cut.find('\n'), std::string::npos);
  log.Info("bare");
  EXPECT_EQ(pipe.Drain(), "\n" + bare);
  log.Info("bare");
  EXPECT_EQ(pipe.Drain(), bare);
}

// Others write to it too, and it may have been opened to append.
TEST_F(LogTest, AFileKeepsWhatOthersWrote) {
  const std::string path = testing::TempDir() + "log_test_file";
  std::ofstream(path) << "kept\n";
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  const Log log(file.get(), LogLevel::kDebug, clock_);
  log.Info("first");
  ASSERT_EQ(::write(file.get(), "others\n", 7), 7);
  log.Info("second");
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  const auto line = [](absl::string_view event) {
    return absl::StrCat(kTime, R"("level":"info","event":")", event, "\"}\n");
  };
  EXPECT_EQ(text.str(), absl::StrCat("kept\n", line("first"), "others\n", line("second")));
}

TEST_F(LogTest, ASocketWhoseReaderIsGoneRaisesNoSignal) {
  const auto before = std::signal(SIGPIPE, SIG_DFL);
  ASSERT_NE(before, SIG_ERR);
  std::array<int, 2> fds;
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, fds.data()), 0);
  const UniqueFd socket(fds[0]);
  UniqueFd(fds[1]).Reset();
  const Log log(socket.get(), LogLevel::kDebug, clock_);
  log.Info("nobody_reads");
  std::signal(SIGPIPE, before);
}

TEST_F(LogTest, AFullOrBrokenSinkStopsNobody) {
  ASSERT_EQ(::fcntl(write_end_.get(), F_SETFL, O_NONBLOCK), 0);
  const Log full(write_end_.get(), LogLevel::kDebug, clock_);
  for (int i = 0; i < 10'000; ++i) full.Info("tick");
  const Log closed(-1, LogLevel::kDebug, clock_);
  closed.Info("nobody_reads");
}

TEST(LogLevelTest, Names) {
  EXPECT_EQ(LogLevelName(LogLevel::kDebug), "debug");
  EXPECT_EQ(LogLevelName(LogLevel::kInfo), "info");
  EXPECT_EQ(LogLevelName(LogLevel::kWarning), "warning");
  EXPECT_EQ(LogLevelName(LogLevel::kError), "error");
}

}  // namespace
}  // namespace ostiary
