// A line of 1 GB without a newline, from either side: it is refused, what it takes is bounded by
// the limit, and the session goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/clock.h"
#include "tests/e2e/pipes/process_facts.h"
#include "tests/e2e/pipes/rig.h"

namespace ostiary {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr size_t kLineBytes = size_t{1} << 30;
constexpr size_t kAllowance = size_t{8} << 20;

class HugeLine : public ::testing::TestWithParam<size_t> {
 protected:
  HugeLine() : rig_({"--max-line-bytes", absl::StrCat(GetParam())}) {
    rig_.Ping();
    idle_ = MostResident(rig_.sidecar().pid());
    start_ = Clock::System().Now();
  }

  static void WriteHugeLine(const LineEnd& end, absl::string_view head, absl::string_view tail) {
    ASSERT_TRUE(end.Write(head));
    const std::string block(size_t{1} << 20, 'x');
    for (size_t left = kLineBytes - head.size() - tail.size(); left > 0;) {
      const size_t size = std::min(left, block.size());
      ASSERT_TRUE(end.Write(absl::string_view(block).substr(0, size)));
      left -= size;
    }
    ASSERT_TRUE(end.Write(absl::StrCat(tail, "\n")));
  }

  void JudgeMemory(absl::string_view side) {
    const size_t grown = MostResident(rig_.sidecar().pid()) - idle_;
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::System().Now() - start_);
    std::cout << "1 GB on a line from the " << side << ", limit " << Megabytes(GetParam())
              << ": memory grew by " << Megabytes(grown) << " in " << took.count() << " ms\n";
    if (MemoryCounts()) {
      EXPECT_LT(grown, GetParam() + kAllowance);
    }
  }

  Rig rig_;
  size_t idle_ = 0;
  MonoTime start_;
};

TEST_P(HugeLine, FromTheClientIsRefused) {
  WriteHugeLine(
      rig_.client(),
      R"({"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"x","arguments":")",
      R"("}})");
  EXPECT_THAT(
      std::string(rig_.client().ReadLine().value_or("(nothing)")),
      AllOf(StartsWith(R"({"jsonrpc":"2.0","id":7,"error":{"code":-32600)"),
            HasSubstr(absl::StrCat("more than ", GetParam(), " bytes (--max-line-bytes)"))));
  rig_.Ping();  // and nothing of it before, at the server
  JudgeMemory("client");
}

TEST_P(HugeLine, FromTheServerIsWithheld) {
  const std::string call =
      R"({"jsonrpc":"2.0","id":8,"method":"tools/call","params":{"name":"x"}})";
  ASSERT_TRUE(rig_.client().Write(absl::StrCat(call, "\n")));
  ASSERT_EQ(rig_.server().ReadLine().value_or("(nothing)"), call);
  WriteHugeLine(rig_.server(), R"({"result":{"content":")", R"("},"jsonrpc":"2.0","id":8})");
  EXPECT_THAT(
      std::string(rig_.client().ReadLine().value_or("(nothing)")),
      AllOf(StartsWith(R"({"jsonrpc":"2.0","id":8,"error":{"code":5021)"),
            HasSubstr(absl::StrCat("more than ", GetParam(), " bytes (--max-line-bytes)"))));
  rig_.Ping();
  JudgeMemory("server");
}

// A line of just the limit, of as many values as fit, is legal: it arrives, and what it took is
// given back.
TEST_P(HugeLine, OfTheLimitArrivesAndGivesItsMemoryBack) {
  if (GetParam() > size_t{1} << 20 && std::getenv("OSTIARY_LONG") == nullptr) {
    GTEST_SKIP() << "takes ten seconds; OSTIARY_LONG=1 runs it";
  }
  const std::string head =
      R"({"jsonrpc":"2.0","method":"notifications/message","params":{"data":[)";
  std::string line = head;
  while (line.size() + 6 < GetParam()) line += "1,";
  line += "1]}}";
  line.resize(GetParam(), ' ');
  const std::string arriving(absl::StripTrailingAsciiWhitespace(line));
  const size_t before = Resident(rig_.sidecar().pid());
  for (const auto& [from, to] :
       {std::pair(&rig_.client(), &rig_.server()), std::pair(&rig_.server(), &rig_.client())}) {
    std::thread writer([&, from = from] { EXPECT_TRUE(from->Write(absl::StrCat(line, "\n"))); });
    EXPECT_TRUE(to->ReadLine() == arriving);  // not printed
    writer.join();
  }
  rig_.Ping();
  const size_t after = Resident(rig_.sidecar().pid());
  std::cout << "a line of " << Megabytes(line.size()) << " from either side: memory grew by "
            << Megabytes(MostResident(rig_.sidecar().pid()) - idle_) << ", and "
            << Megabytes(after - std::min(after, before)) << " of it stays\n";
  if (MemoryCounts()) {
    EXPECT_LT(after, before + kAllowance);
  }
}

INSTANTIATE_TEST_SUITE_P(Limits, HugeLine,
                         ::testing::Values(size_t{64} << 10, size_t{1} << 20, size_t{16} << 20),
                         [](const auto& info) { return absl::StrCat("Limit", info.param); });

}  // namespace
}  // namespace ostiary
