// The loop over pipes, with a scripted source and a server that is only two pipes.
#include "sidecar/stdio/event_loop.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/sidecar/stdio/loop_ports.h"

namespace ostiary::sidecar {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// The test's end of a peer's two pipes. Blocking, save where it says otherwise.
struct Peer {
  UniqueFd input;   // to read from
  UniqueFd output;  // to write to

  void WriteLine(absl::string_view line) const {
    const std::string bytes = absl::StrCat(line, "\n");
    for (size_t done = 0; done < bytes.size();) {
      const ssize_t size = ::write(output.get(), bytes.data() + done, bytes.size() - done);
      ASSERT_GT(size, 0);
      done += static_cast<size_t>(size);
    }
  }
  std::string ReadLine() {
    size_t end;
    while ((end = buffer.find('\n')) == std::string::npos) {
      pollfd slot = {input.get(), POLLIN, 0};
      if (::poll(&slot, 1, 20'000) != 1) return "(nothing came)";
      char bytes[65536];
      const ssize_t size = ::read(input.get(), bytes, sizeof(bytes));
      if (size <= 0) return "(the end)";
      buffer.append(bytes, static_cast<size_t>(size));
    }
    std::string line = buffer.substr(0, end);
    buffer.erase(0, end + 1);
    return line;
  }
  // Writes until the pipe takes nothing for `quiet`, or kTooMuch; returns the bytes taken.
  static constexpr size_t kTooMuch = size_t{64} << 20;
  size_t Stuff(absl::string_view line, std::chrono::milliseconds quiet) const {
    ::fcntl(output.get(), F_SETFL, ::fcntl(output.get(), F_GETFL) | O_NONBLOCK);
    const std::string bytes = absl::StrCat(line, "\n");
    size_t total = 0;
    pollfd slot = {output.get(), POLLOUT, 0};
    while (total < kTooMuch && ::poll(&slot, 1, static_cast<int>(quiet.count())) == 1) {
      // From where the last write stopped, so that lines stay whole.
      const absl::string_view rest = absl::string_view(bytes).substr(total % bytes.size());
      const ssize_t size = ::write(output.get(), rest.data(), rest.size());
      if (size > 0) total += static_cast<size_t>(size);
    }
    return total;
  }

  std::string buffer;
};

// Goes on by a millisecond whenever it is asked.
class TickingClock final : public Clock {
 public:
  MonoTime Now() const override {
    return MonoTime(std::chrono::hours(1) + std::chrono::milliseconds(ticks_++));
  }
  absl::Time WallNow() const override { return absl::UnixEpoch(); }

 private:
  mutable std::atomic<int64_t> ticks_{0};
};

// The system's, which does something as it is asked for the nth time.
class EventfulClock final : public Clock {
 public:
  EventfulClock(int nth, std::function<void()> what) : left_(nth), what_(std::move(what)) {}

  MonoTime Now() const override {
    if (--left_ == 0) what_();
    return Clock::System().Now();
  }
  absl::Time WallNow() const override { return absl::UnixEpoch(); }

 private:
  mutable std::atomic<int> left_;
  const std::function<void()> what_;
};

class EventLoopTest : public ::testing::Test {
 protected:
  EventLoopTest() : log_(-1, LogLevel::kError, Clock::System()) {
    ::signal(SIGPIPE, SIG_IGN);
    Ends client_to_loop = MakePipe();
    Ends loop_to_client = MakePipe();
    Ends loop_to_server = MakePipe();
    Ends server_to_loop = MakePipe();
    client_ = {std::move(loop_to_client.read_end), std::move(client_to_loop.write_end), ""};
    server_ = {std::move(loop_to_server.read_end), std::move(server_to_loop.write_end), ""};
    loop_in_ = std::move(client_to_loop.read_end);
    loop_out_ = std::move(loop_to_client.write_end);
    inbox_ = *Inbox::Create();
    source_ = std::make_unique<ScriptedSource>(inbox_.get());
    process_ = std::make_unique<PipeServer>(
        ServerPipes{std::move(loop_to_server.write_end), std::move(server_to_loop.read_end)});
  }
  ~EventLoopTest() override {
    if (thread_.joinable()) Finish();
  }

  void Start() {
    source_->Announce();
    StartLoop();
  }
  void StartLoop() {
    thread_ = std::thread([this] {
      EventLoopOptions options;
      options.shutdown = shutdown_;
      options.client_input = loop_in_.get();
      options.client_output = loop_out_.get();
      EnforcerOptions enforcer = enforcer_;
      enforcer.agent = "a";
      enforcer.server = "s";
      EventLoop loop(options, enforcer,
                     {source_.get(), inbox_.get(), process_.get(), nullptr, clock_, &log_});
      status_ = loop.Run();
      loop_out_.Reset();
    });
  }
  int Finish() {
    client_.output.Reset();
    server_.output.Reset();
    process_->End();
    thread_.join();
    return status_;
  }

  static std::string Call(int id, absl::string_view tool, absl::string_view padding = "") {
    return absl::StrCat(R"({"jsonrpc":"2.0","id":)", id,
                        R"(,"method":"tools/call","params":{"name":")", tool,
                        R"(","arguments":{"x":")", padding, R"("}}})");
  }
  static std::string Answer(int id, absl::string_view padding = "") {
    return absl::StrCat(R"({"jsonrpc":"2.0","id":)", id, R"(,"result":{"x":")", padding, R"("}})");
  }

  const Log log_;
  Peer client_;
  Peer server_;
  UniqueFd loop_in_;
  UniqueFd loop_out_;
  std::unique_ptr<Inbox> inbox_;
  std::unique_ptr<ScriptedSource> source_;
  std::unique_ptr<PipeServer> process_;
  std::thread thread_;
  // To change before the start.
  const Clock* clock_ = &Clock::System();
  EnforcerOptions enforcer_;
  ShutdownTimes shutdown_;
  int status_ = -1;
};

TEST_F(EventLoopTest, ForwardsByteForByteAndAnswersWhatIsDenied) {
  Start();
  const std::string call = R"({ "id" : 1, "jsonrpc":"2.0","method":"tools/call",)"
                           R"("params":{"arguments":{"n":1.00e0},"name":"r\u0065ad"} })";
  client_.WriteLine(call);
  EXPECT_EQ(server_.ReadLine(), call);
  client_.WriteLine(absl::StrCat("  ", Call(2, "read"), " \t "));
  EXPECT_EQ(server_.ReadLine(), Call(2, "read"));
  client_.WriteLine(Call(3, "forbidden"));
  EXPECT_THAT(client_.ReadLine(), HasSubstr("EXPLICIT_DENY"));
  server_.WriteLine(Answer(1));
  EXPECT_EQ(client_.ReadLine(), Answer(1));
  EXPECT_EQ(Finish(), 0);
}

TEST_F(EventLoopTest, AppliesARevisionBeforeTheNextLineIsDecided) {
  Start();
  for (int i = 0; i < 200; ++i) {
    client_.WriteLine(Call(1, "forbidden"));
    ASSERT_THAT(client_.ReadLine(), HasSubstr("EXPLICIT_DENY")) << i;
    source_->Change(true);
    client_.WriteLine(Call(2, "forbidden"));
    ASSERT_EQ(server_.ReadLine(), Call(2, "forbidden")) << i;
    server_.WriteLine(Answer(2));
    ASSERT_EQ(client_.ReadLine(), Answer(2)) << i;
    source_->Change(false);
  }
}

TEST_F(EventLoopTest, PassesLinesOfManySizesInBothDirectionsInOrder) {
  Start();
  constexpr int kMessages = 1'000;
  const auto padding = [](int i) {
    return std::string((i * 7919) % (i % 100 == 0 ? 300'000 : 400), 'p');
  };
  std::thread server([this, &padding] {
    for (int i = 0; i < kMessages; ++i) {
      ASSERT_EQ(server_.ReadLine(), Call(i, "read", padding(i))) << i;
      server_.WriteLine(Answer(i, padding(i)));
    }
  });
  std::thread writer([this, &padding] {
    for (int i = 0; i < kMessages; ++i) client_.WriteLine(Call(i, "read", padding(i)));
  });
  for (int i = 0; i < kMessages; ++i) ASSERT_EQ(client_.ReadLine(), Answer(i, padding(i))) << i;
  writer.join();
  server.join();
  EXPECT_EQ(Finish(), 0);
}

// Neither side reads and both write all they can: each is stopped, after a bounded amount; then
// both read, and everything that was taken arrives.
TEST_F(EventLoopTest, BothSidesFullIsNoDeadlockAndNoGrowth) {
  Start();
  // Answers nobody asked for are dropped, so the server sends notifications.
  const std::string from_server =
      absl::StrCat(R"({"jsonrpc":"2.0","method":"notifications/message","params":{"x":")",
                   std::string(1000, 's'), R"("}})");
  const std::string from_client =
      absl::StrCat(R"({"jsonrpc":"2.0","method":"notifications/progress","params":{"x":")",
                   std::string(1000, 'c'), R"("}})");
  client_.WriteLine(Call(1, "read"));
  ASSERT_EQ(server_.ReadLine(), Call(1, "read"));
  constexpr std::chrono::milliseconds kQuiet(300);
  constexpr size_t kBound = size_t{8} << 20;
  size_t by_client = 0;
  std::thread other([&] { by_client = client_.Stuff(from_client, kQuiet); });
  const size_t by_server = server_.Stuff(from_server, kQuiet);
  other.join();
  EXPECT_LT(by_client, kBound);
  EXPECT_LT(by_server, kBound);
  EXPECT_GT(by_client, size_t{100} << 10);
  EXPECT_GT(by_server, size_t{100} << 10);
  const size_t from_client_lines = by_client / (from_client.size() + 1);
  const size_t from_server_lines = by_server / (from_server.size() + 1);
  for (size_t i = 0; i < from_client_lines; ++i) ASSERT_EQ(server_.ReadLine(), from_client) << i;
  for (size_t i = 0; i < from_server_lines; ++i) ASSERT_EQ(client_.ReadLine(), from_server) << i;
}

// A client that writes and never reads, whose every call is denied: the answers stay bounded too.
TEST_F(EventLoopTest, DenialsThatNobodyReadsStopTheClient) {
  Start();
  EXPECT_LT(client_.Stuff(Call(1, "forbidden"), std::chrono::milliseconds(300)), size_t{4} << 20);
  client_.input.Reset();
}

// The same of a server whose requests are all refused here.
TEST_F(EventLoopTest, RefusalsThatTheServerDoesNotReadStopIt) {
  enforcer_.max_open_requests = 1;
  Start();
  client_.WriteLine(Call(1, "read"));
  ASSERT_EQ(server_.ReadLine(), Call(1, "read"));
  server_.WriteLine(R"({"jsonrpc":"2.0","id":1,"method":"roots/list"})");
  client_.ReadLine();
  EXPECT_LT(server_.Stuff(R"({"jsonrpc":"2.0","id":2,"method":"roots/list"})",
                          std::chrono::milliseconds(300)),
            size_t{4} << 20);
  EXPECT_THAT(server_.ReadLine(), StartsWith(R"({"jsonrpc":"2.0","id":2,"error")"));
}

// A server that writes before it reads is not stopped by what its client writes, though that had to
// wait for decisions.
TEST_F(EventLoopTest, CallsThatTheServerDoesNotReadDoNotStopIt) {
  Start();
  // More than 1 MiB beside what the server's pipe holds, and less than stops the client.
  constexpr int kCalls = 1000;
  const std::string padding(1050, 'p');
  for (int i = 0; i < kCalls; ++i) client_.WriteLine(Call(i, absl::StrCat("tool", i), padding));
  const std::string news = R"({"jsonrpc":"2.0","method":"notifications/message","params":{}})";
  for (int i = 0; i < 3000; ++i) {
    server_.WriteLine(news);
    ASSERT_EQ(client_.ReadLine(), news) << i;
  }
  for (int i = 0; i < kCalls; ++i) {
    ASSERT_EQ(server_.ReadLine(), Call(i, absl::StrCat("tool", i), padding));
  }
}

// Nor is a client stopped by what its server writes, whatever it was denied before.
TEST_F(EventLoopTest, DenialsThatWereReadDoNotCountAgainstTheClient) {
  Start();
  for (size_t size = 0; size < size_t{2} << 20;) {
    client_.WriteLine(Call(1, "forbidden"));
    size += client_.ReadLine().size();
  }
  const std::string call = Call(2, "read");
  client_.WriteLine(call);
  ASSERT_EQ(server_.ReadLine(), call);
  server_.Stuff(absl::StrCat(R"({"jsonrpc":"2.0","method":"notifications/message","params":{"x":")",
                             std::string(1000, 's'), R"("}})"),
                std::chrono::milliseconds(300));
  const std::string news =
      R"({"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":2}})";
  for (int i = 0; i < 3000; ++i) {
    client_.WriteLine(news);
    ASSERT_EQ(server_.ReadLine(), news) << i;
  }
  client_.input.Reset();
}

// Whenever it comes: also as the loop has looked for events and does not sleep yet.
class EventLoopEventTest : public EventLoopTest, public ::testing::WithParamInterface<int> {};

TEST_P(EventLoopEventTest, IsHandledBeforeTheLoopSleeps) {
  enforcer_.decision_timeout = std::chrono::hours(1);
  const EventfulClock clock(GetParam(), [this] { source_->Announce(); });
  clock_ = &clock;
  client_.WriteLine(Call(1, "read"));
  StartLoop();
  EXPECT_EQ(server_.ReadLine(), Call(1, "read"));
  Finish();
}

// So often it looks at the clock before it sleeps first.
INSTANTIATE_TEST_SUITE_P(NthLook, EventLoopEventTest, ::testing::Range(1, 5));

// Lines that were read together, up to 256 KiB, are decided one after another: a lease that ends
// between them ends. The clock goes on by a millisecond for each wake-up and each 32 KiB.
TEST_F(EventLoopTest, LeaseEndsAmongLinesThatWereReadTogether) {
  constexpr int kCalls = 500;
  const TickingClock clock;
  clock_ = &clock;
  source_->Announce(clock.Now() + std::chrono::milliseconds(10));
  ASSERT_GE(::fcntl(client_.output.get(), F_SETPIPE_SZ, 1 << 20), 1 << 20);
  const std::string padding(1000, 'p');
  for (int i = 0; i < kCalls; ++i) client_.WriteLine(Call(i, "read", padding));
  StartLoop();
  for (int i = 0; i < kCalls; ++i) ASSERT_EQ(server_.ReadLine(), Call(i, "read", padding));
  EXPECT_GT(source_->asks, 100);
  EXPECT_LT(source_->asks, kCalls - 100);
  Finish();
}

// A server that reads nothing leaves the client's pipe full: that the client went is seen all the
// same.
TEST_F(EventLoopTest, EndOfInputIsSeenBehindAServerThatDoesNotRead) {
  shutdown_.decide = std::chrono::milliseconds(50);
  shutdown_.ask_to_end = std::chrono::milliseconds(50);
  Start();
  client_.Stuff(R"({"jsonrpc":"2.0","method":"notifications/progress","params":{}})",
                std::chrono::milliseconds(300));
  client_.output.Reset();
  EXPECT_EQ(client_.ReadLine(), "(the end)");
}

TEST_F(EventLoopTest, WhatAClientLeftIsWrittenBeforeTheServersInputEnds) {
  Start();
  // More than the server's pipe holds, and less than stops the client.
  const std::string padding(1000, 'p');
  for (int i = 0; i < 500; ++i) client_.WriteLine(Call(i, "read", padding));
  client_.output.Reset();
  for (int i = 0; i < 500; ++i) ASSERT_EQ(server_.ReadLine(), Call(i, "read", padding));
  EXPECT_EQ(server_.ReadLine(), "(the end)");
}

// They stand in our memory and, behind that, in the server's pipe.
TEST_F(EventLoopTest, AClientThatReadsLateGetsTheLastWordsOfAServerThatEnded) {
  shutdown_.output_silent = std::chrono::milliseconds(20);
  shutdown_.output_endless = std::chrono::milliseconds(20);
  shutdown_.client_stalled = std::chrono::seconds(20);
  Start();
  client_.WriteLine(Call(1, "read"));
  ASSERT_EQ(server_.ReadLine(), Call(1, "read"));
  const std::string news =
      absl::StrCat(R"({"jsonrpc":"2.0","method":"notifications/message","params":{"x":")",
                   std::string(1000, 's'), R"("}})");
  const size_t lines = server_.Stuff(news, std::chrono::milliseconds(300)) / (news.size() + 1);
  server_.output.Reset();
  process_->End();
  EXPECT_EQ(server_.ReadLine(), "(the end)");
  pollfd nothing = {-1, 0, 0};
  ::poll(&nothing, 1, 100);  // late
  for (size_t i = 0; i < lines; ++i) ASSERT_EQ(client_.ReadLine(), news) << i;
  EXPECT_THAT(client_.ReadLine(), HasSubstr("\"error\""));
  EXPECT_EQ(client_.ReadLine(), "(the end)");
}

TEST_F(EventLoopTest, GivesOpenRequestsTheirErrorWhenTheServerEnds) {
  Start();
  client_.WriteLine(Call(1, "read"));
  server_.ReadLine();
  server_.output.Reset();
  process_->End();
  EXPECT_THAT(client_.ReadLine(), HasSubstr("\"error\""));
  EXPECT_EQ(client_.ReadLine(), "(the end)");
  EXPECT_EQ(Finish(), 0);
}

// As where a client writes all it has to say and closes its end: the server answers and leaves.
TEST_F(EventLoopTest, AListIsDecidedThoughItsServerHasEnded) {
  Start();
  const std::string request = R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})";
  client_.WriteLine(request);
  ASSERT_EQ(server_.ReadLine(), request);
  // What is decided under it waits until it is announced.
  ++source_->generation;
  server_.WriteLine(
      R"({"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"read"},{"name":"forbidden"}]}})");
  server_.output.Reset();
  ASSERT_EQ(server_.ReadLine(), "(the end)");
  process_->End();
  source_->Announce();
  EXPECT_EQ(client_.ReadLine(), R"({"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"read"}]}})");
  EXPECT_EQ(client_.ReadLine(), "(the end)");
  EXPECT_EQ(Finish(), 0);
}

TEST_F(EventLoopTest, AsksAServerToGoThatClosesItsInput) {
  Start();
  client_.WriteLine(Call(1, "read"));
  server_.ReadLine();
  server_.input.Reset();
  client_.WriteLine(Call(2, "read"));
  EXPECT_THAT(client_.ReadLine(), HasSubstr("\"error\""));
  EXPECT_THAT(client_.ReadLine(), HasSubstr("\"error\""));
  EXPECT_EQ(client_.ReadLine(), "(the end)");
}

// TypeScript's SDK writes the id last, Go's first.
TEST_F(EventLoopTest, AnswersWhoSentALineTooLong) {
  enforcer_.max_line_bytes = 1000;
  Start();
  const std::string padding(5'000, 'x');
  client_.WriteLine(absl::StrCat(R"({"method":"ping","params":{"x":")", padding,
                                 R"("},"jsonrpc":"2.0","id":7})"));
  EXPECT_THAT(client_.ReadLine(), StartsWith(R"({"jsonrpc":"2.0","id":7,"error":)"));
  client_.WriteLine(Call(8, "read"));
  ASSERT_EQ(server_.ReadLine(), Call(8, "read"));
  server_.WriteLine(absl::StrCat(R"({"result":{"x":")", padding, R"("},"jsonrpc":"2.0","id":8})"));
  EXPECT_THAT(client_.ReadLine(), StartsWith(R"({"jsonrpc":"2.0","id":8,"error":{"code":5021)"));
}

TEST_F(EventLoopTest, AnswersWhoSentALineTooLongThatNeverEnds) {
  enforcer_.max_line_bytes = 1000;
  Start();
  const std::string line = Call(9, "read", std::string(5'000, 'x'));
  ASSERT_EQ(::write(client_.output.get(), line.data(), line.size()),
            static_cast<ssize_t>(line.size()));
  client_.output.Reset();
  EXPECT_THAT(client_.ReadLine(), StartsWith(R"({"jsonrpc":"2.0","id":9,"error":)"));
}

TEST_F(EventLoopTest, DropsAnUnfinishedLine) {
  Start();
  const std::string line = Call(1, "read");
  ASSERT_EQ(::write(client_.output.get(), line.data(), line.size()),
            static_cast<ssize_t>(line.size()));
  client_.output.Reset();
  EXPECT_EQ(server_.ReadLine(), "(the end)");
}

}  // namespace
}  // namespace ostiary::sidecar
