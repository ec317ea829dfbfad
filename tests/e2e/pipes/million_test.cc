// Messages of all kinds, very many of them: memory and descriptors stand still after the first
// 10,000, every request is answered as it should be, and no denied call arrives.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/clock.h"
#include "tests/e2e/pipes/process_facts.h"
#include "tests/e2e/pipes/rig.h"

namespace ostiary {
namespace {

constexpr int kWarmUp = 10'000;
// Noise of the allocator: less than one byte for each of the messages.
constexpr size_t kFlat = size_t{96} << 10;
// Messages on their way at a time.
constexpr int kBatch = 200;

// 100,000, or the full figure.
int Messages() { return std::getenv("OSTIARY_LONG") == nullptr ? 100'000 : 1'000'000; }

enum class Kind { kCall, kDenied, kNote, kList, kCancelled, kUnknown, kNotJson };

// The mix: of 100 messages of the client, so many of each kind. The first are mostly calls that are
// cancelled and never answered, since the sidecar remembers 10,000 of them.
Kind KindOf(int i) {
  if (i < kWarmUp && i % 10 != 0) return Kind::kCancelled;
  const int place = i * 37 % 100;
  if (place < 60) return Kind::kCall;
  if (place < 75) return Kind::kDenied;
  if (place < 85) return Kind::kNote;
  if (place < 90) return Kind::kList;
  if (place < 96) return Kind::kCancelled;
  return place < 98 ? Kind::kUnknown : Kind::kNotJson;
}

// Numbers and strings, in use at once as "7" beside 7.
std::string Id(int i) {
  const int number = i / 2;
  return i % 2 == 0 ? absl::StrCat(number) : absl::StrCat("\"", number, "\"");
}
std::string Request(int i, absl::string_view method, absl::string_view params) {
  return absl::StrCat(R"({"jsonrpc":"2.0","id":)", Id(i), R"(,"method":")", method,
                      R"(","params":)", params, "}");
}
std::string Call(int i, absl::string_view tool) {
  return Request(i, "tools/call", absl::StrCat(R"({"name":")", tool, R"(","arguments":{}})"));
}
std::string Notification(absl::string_view method, absl::string_view params) {
  return absl::StrCat(R"({"jsonrpc":"2.0","method":")", method, R"(","params":)", params, "}");
}

// The client's lines of message `i`.
std::vector<std::string> Lines(int i) {
  switch (KindOf(i)) {
    case Kind::kCall:
      return {Call(i, absl::StrCat("tool_", i % 20'011))};
    case Kind::kDenied:
      return {Call(i, "denied_tool")};
    case Kind::kNote:
      return {Notification("notifications/progress", R"({"progressToken":1,"progress":1})")};
    case Kind::kList:
      return {Request(i, "tools/list", "{}")};
    case Kind::kCancelled:
      return {Call(i, "slow_tool"), Notification("notifications/cancelled",
                                                 absl::StrCat(R"({"requestId":)", Id(i), "}"))};
    case Kind::kUnknown:
      return {Request(i, "no/such/method", "{}")};
    case Kind::kNotJson:
      break;
  }
  return {"no JSON"};
}

// What the answer to message `i` must hold; nothing where none may come.
struct Wanted {
  std::string id;
  absl::string_view part;
};
std::optional<Wanted> Answer(int i) {
  switch (KindOf(i)) {
    case Kind::kCall:
      return Wanted{Id(i), R"("result":{"done":true})"};
    case Kind::kDenied:
      return Wanted{Id(i), R"("isError":true)"};
    case Kind::kList:
      return Wanted{Id(i), R"("tools":[{"name":"tool_1"}])"};
    case Kind::kUnknown:
      return Wanted{Id(i), "METHOD_NOT_COVERED"};
    case Kind::kNotJson:
      return Wanted{"null", "-32700"};
    case Kind::kNote:
    case Kind::kCancelled:
      break;
  }
  return std::nullopt;
}

// The server: answers all but what is slow, and tells of its progress now and then. Ends with its
// input. Returns the lines that it read.
int Serve(LineEnd& server) {
  int lines = 0;
  while (const auto line = server.ReadLine()) {
    ++lines;
    EXPECT_FALSE(absl::StrContains(*line, "denied_tool")) << *line;
    const size_t at = line->find(R"("id":)");
    if (at == line->npos || absl::StrContains(*line, "slow_tool")) continue;
    const absl::string_view id = line->substr(at + 5, line->find(',', at) - at - 5);
    const bool is_list = absl::StrContains(*line, "tools/list");
    std::string bytes = absl::StrCat(
        R"({"jsonrpc":"2.0","id":)", id, R"(,"result":)",
        is_list ? R"({"tools":[{"name":"tool_1"},{"name":"denied_tool"}]})" : R"({"done":true})",
        "}\n");
    if (lines % 20 == 0) {
      absl::StrAppend(&bytes, Notification("notifications/message", R"({"level":"info"})"), "\n");
    }
    EXPECT_TRUE(server.Write(bytes));
    if (::testing::Test::HasFailure()) break;
  }
  return lines;
}

class Million : public ::testing::Test {
 protected:
  // Sends the messages `begin` to `end` and takes their answers, in whatever order. Returns the
  // lines that the client wrote and read.
  int Exchange(int begin, int end) {
    std::string bytes;
    std::vector<Wanted> wanted;
    int lines = 0;
    for (int i = begin; i < end; ++i) {
      for (const std::string& line : Lines(i)) {
        absl::StrAppend(&bytes, line, "\n");
        ++lines;
      }
      if (const auto answer = Answer(i)) wanted.push_back(*answer);
    }
    EXPECT_TRUE(rig_.client().Write(bytes));
    while (!wanted.empty()) {
      const auto line = rig_.client().ReadLine();
      if (!line.has_value()) {
        ADD_FAILURE() << "no answer for " << wanted.front().id << " and " << wanted.size() - 1
                      << " more, of messages " << begin << " to " << end;
        break;
      }
      ++lines;
      if (absl::StrContains(*line, "notifications/message")) continue;
      const auto found = std::find_if(wanted.begin(), wanted.end(), [&](const Wanted& answer) {
        return absl::StrContains(*line, absl::StrCat(R"("id":)", answer.id, ",")) &&
               absl::StrContains(*line, answer.part);
      });
      if (found == wanted.end()) {
        ADD_FAILURE() << "nobody asked for " << *line;
        break;
      }
      *found = std::move(wanted.back());
      wanted.pop_back();
    }
    return lines;
  }

  // Fewer decisions are kept than there are names.
  Rig rig_{{"--cache-size", "100", "--log-level", "error"}};
};

TEST_F(Million, MemoryAndDescriptorsAreFlat) {
  int served = 0;
  std::thread server([&] { served = Serve(rig_.server()); });
  const pid_t pid = rig_.sidecar().pid();
  size_t resident = 0;
  size_t descriptors = 0;
  int lines = 0;
  const MonoTime start = Clock::System().Now();
  for (int i = 0; i < Messages() && !HasFailure(); i += kBatch) {
    if (i == kWarmUp) {
      resident = Resident(pid);
      descriptors = OpenDescriptors(pid);
    }
    lines += Exchange(i, i + kBatch);
  }
  const auto took = std::chrono::duration_cast<std::chrono::seconds>(Clock::System().Now() - start);
  const size_t resident_at_end = Resident(pid);
  EXPECT_EQ(OpenDescriptors(pid), descriptors);
  rig_.sidecar().CloseInput();
  server.join();
  std::cout << Messages() << " messages, " << lines << " lines at the client, " << served
            << " at the server, in " << took.count() << " s: memory " << Megabytes(resident)
            << " after " << kWarmUp << ", " << Megabytes(resident_at_end) << " at the end ("
            << static_cast<ptrdiff_t>(resident_at_end - resident) << " bytes); " << descriptors
            << " descriptors\n";
  if (MemoryCounts()) {
    EXPECT_LE(resident_at_end, resident + kFlat);
  }
}

}  // namespace
}  // namespace ostiary
