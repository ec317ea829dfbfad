// Sides that do not read. Whoever writes to them is stopped after a bounded amount, what does not
// need them flows on, nothing grows, and when they read again everything arrives, once, in order.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <iostream>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/e2e/pipes/process_facts.h"
#include "tests/e2e/pipes/rig.h"

namespace ostiary {
namespace {

constexpr std::chrono::milliseconds kQuiet(300);
// What a side may take from a writer whose reader sleeps: the queue, the reader's buffer and pipes.
constexpr size_t kTaken = size_t{3} << 20;
constexpr size_t kGrown = size_t{8} << 20;
// More than anything in between may hold.
constexpr int kMessages = 20'000;

// The number is the message; the padding makes lines of all sizes to about 1 KB.
std::string Padding(int i) { return std::string(static_cast<size_t>(i) * 7919 % 1000, 'p'); }

std::string DeniedCall(int i) {
  return absl::StrCat(R"({"jsonrpc":"2.0","id":)", i,
                      R"(,"method":"tools/call","params":{"name":"denied_tool"}})");
}
std::string Note(int i) {
  return absl::StrCat(R"({"jsonrpc":"2.0","method":"notifications/message","params":{"n":)", i,
                      R"(,"x":")", Padding(i), R"("}})");
}
std::string ClientNote(int i) {
  return absl::StrCat(R"({"jsonrpc":"2.0","method":"notifications/progress","params":{"n":)", i,
                      R"(,"x":")", Padding(i), R"("}})");
}

std::string All(std::string (*message)(int)) {
  std::string all;
  for (int i = 0; i < kMessages; ++i) absl::StrAppend(&all, message(i), "\n");
  return all;
}

class Backpressure : public ::testing::Test {
 protected:
  Backpressure() {
    rig_.Ping();
    idle_ = MostResident(rig_.sidecar().pid());
  }

  void JudgeTaken(absl::string_view side, size_t taken) {
    std::cout << "the " << side << " was stopped after " << Megabytes(taken) << "\n";
    EXPECT_LT(taken, kTaken) << side;
    EXPECT_GT(taken, size_t{64} << 10) << side;  // else nothing was tried
  }
  void JudgeMemory() {
    const size_t grown = MostResident(rig_.sidecar().pid()) - idle_;
    std::cout << "memory grew by " << Megabytes(grown) << "\n";
    if (MemoryCounts()) {
      EXPECT_LT(grown, kGrown);
    }
  }
  // Goes on where a writer was stopped, while the other side reads again.
  static void Drain(const LineEnd& from, absl::string_view rest, LineEnd& to,
                    std::string (*message)(int)) {
    std::thread writer([&] { EXPECT_TRUE(from.Write(rest)); });
    for (int i = 0; i < kMessages; ++i) {
      const auto line = to.ReadLine();
      EXPECT_EQ(line.value_or("(nothing)"), message(i));
      if (line != message(i)) break;
    }
    writer.join();
  }

  Rig rig_;
  size_t idle_ = 0;
};

TEST_F(Backpressure, ClientThatDoesNotReadStopsTheServerAlone) {
  const std::string notes = All(&Note);
  const size_t taken = rig_.server().WriteUntilBlocked(notes, kQuiet);
  JudgeTaken("server", taken);
  for (int i = 0; i < kMessages / 2; ++i) {  // the other way is free
    ASSERT_TRUE(rig_.client().Write(absl::StrCat(ClientNote(i), "\n")));
    ASSERT_EQ(rig_.server().ReadLine().value_or("(nothing)"), ClientNote(i));
  }
  JudgeMemory();
  Drain(rig_.server(), absl::string_view(notes).substr(taken), rig_.client(), &Note);
  rig_.Ping();
}

TEST_F(Backpressure, ServerThatDoesNotReadStopsTheClientAlone) {
  const std::string notes = All(&ClientNote);
  const size_t taken = rig_.client().WriteUntilBlocked(notes, kQuiet);
  JudgeTaken("client", taken);
  for (int i = 0; i < kMessages / 2; ++i) {
    ASSERT_TRUE(rig_.server().Write(absl::StrCat(Note(i), "\n")));
    ASSERT_EQ(rig_.client().ReadLine().value_or("(nothing)"), Note(i));
  }
  JudgeMemory();
  Drain(rig_.client(), absl::string_view(notes).substr(taken), rig_.server(), &ClientNote);
  rig_.Ping();
}

TEST_F(Backpressure, NobodyReadsAndThenBothDo) {
  const std::string notes = All(&Note);
  const std::string calls = All(&ClientNote);
  size_t by_client = 0;
  std::thread client([&] { by_client = rig_.client().WriteUntilBlocked(calls, kQuiet); });
  const size_t by_server = rig_.server().WriteUntilBlocked(notes, kQuiet);
  client.join();
  JudgeTaken("client", by_client);
  JudgeTaken("server", by_server);
  JudgeMemory();
  std::thread server([&] {
    Drain(rig_.client(), absl::string_view(calls).substr(by_client), rig_.server(), &ClientNote);
  });
  Drain(rig_.server(), absl::string_view(notes).substr(by_server), rig_.client(), &Note);
  server.join();
  rig_.Ping();
}

TEST_F(Backpressure, ClientThatReadsNoDenialsIsStopped) {
  const std::string calls = All(&DeniedCall);
  const size_t taken = rig_.client().WriteUntilBlocked(calls, kQuiet);
  JudgeTaken("client", taken);
  JudgeMemory();
  std::thread writer(
      [&] { EXPECT_TRUE(rig_.client().Write(absl::string_view(calls).substr(taken))); });
  for (int i = 0; i < kMessages; ++i) {
    const std::string answer(rig_.client().ReadLine().value_or("(nothing)"));
    const std::string head = absl::StrCat(R"({"jsonrpc":"2.0","id":)", i, R"(,"result":)");
    EXPECT_EQ(answer.substr(0, head.size()), head);
    if (HasFailure()) break;
  }
  writer.join();
  rig_.Ping();
}

// A server that asks the client more than may be open, and reads no refusal.
TEST_F(Backpressure, ServerThatReadsNoRefusalsIsStopped) {
  std::string requests;
  constexpr int kRequests = 200'000;
  for (int i = 0; i < kRequests; ++i) {
    absl::StrAppend(&requests, R"({"jsonrpc":"2.0","id":)", i, R"(,"method":"roots/list"})", "\n");
  }
  int passed = 0;
  size_t taken = 0;
  std::thread server([&] { taken = rig_.server().WriteUntilBlocked(requests, kQuiet); });
  for (; passed < 10'000; ++passed) {
    if (!rig_.client().ReadLine().has_value()) break;
  }
  server.join();
  EXPECT_EQ(passed, 10'000);
  JudgeTaken("server", taken);
  JudgeMemory();
}

// Both read slowly, a few bytes at a time, and both write all they can.
TEST_F(Backpressure, SlowSidesGetEverythingOnceInOrder) {
  constexpr size_t kFewBytes = 100;
  rig_.client().ReadInStepsOf(kFewBytes);
  rig_.server().ReadInStepsOf(kFewBytes);
  const std::string notes = All(&Note);
  std::thread server([&] {
    std::thread writer([&] { EXPECT_TRUE(rig_.server().Write(notes)); });
    for (int i = 0; i < kMessages; ++i) {
      const auto line = rig_.server().ReadLine();
      EXPECT_EQ(line.value_or("(nothing)"), ClientNote(i));
      if (line != ClientNote(i)) break;
    }
    writer.join();
  });
  const std::string calls = All(&ClientNote);
  Drain(rig_.client(), calls, rig_.client(), &Note);
  server.join();
  JudgeMemory();
  rig_.Ping();
}

}  // namespace
}  // namespace ostiary
