// The cases of tests/cases/lines: what becomes of one line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/json/json_document.h"
#include "tests/sidecar/core/enforcer_harness.h"

namespace ostiary::sidecar {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct LineCase {
  std::string name;
  std::string line;
  std::string want;
  std::string forwarded;
  std::string id;
  std::string code;
  std::string says;
  std::string asked;
  std::string withheld;
  std::string asked_for;
};

void PrintTo(const LineCase& c, std::ostream* os) {
  *os << c.name << ": " << c.line.substr(0, 1000);
}

std::optional<std::string> Text(const JsonValue& object, absl::string_view key) {
  const auto value = object.Find(key);
  if (!value) return std::nullopt;
  if (value->is_string()) return value->string_copy();
  return std::string(value->raw());
}

std::string LineOf(const JsonValue& c) {
  if (c.Find("line_hex")) return absl::HexStringToBytes(*Text(c, "line_hex"));
  const std::string line = Text(c, "line").value();
  const auto repeat = c.Find("repeat");
  if (!repeat) return line;
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(line, absl::MaxSplits(Text(*repeat, "mark").value(), 1));
  int times = 0;
  EXPECT_TRUE(absl::SimpleAtoi(Text(*repeat, "times").value(), &times)) << line;
  std::string repeated;
  for (int i = 0; i < times; ++i) absl::StrAppend(&repeated, Text(*repeat, "text").value());
  return absl::StrCat(parts.first, repeated, parts.second);
}

std::vector<LineCase> Read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  JsonDocument document;
  std::vector<LineCase> cases;
  if (!document.Parse(text)) {
    ADD_FAILURE() << path << ": " << document.error().message << " at " << document.error().offset;
    return cases;
  }
  for (auto e = document.root().first_element(); e; e = e->next_element()) {
    LineCase c;
    c.name = Text(*e, "name").value();
    c.line = LineOf(*e);
    c.want = Text(*e, "want").value();
    c.forwarded = Text(*e, "forwarded").value_or(c.line);
    c.id = Text(*e, "id").value_or("");
    c.code = Text(*e, "code").value_or("");
    c.says = Text(*e, "says").value_or("");
    c.asked = Text(*e, "asked").value_or("");
    c.withheld = Text(*e, "withheld").value_or("");
    c.asked_for = Text(*e, "asked_for").value_or("tools/list");
    cases.push_back(c);
  }
  return cases;
}

void ExpectPingWorks(EnforcerHarness& h) {
  h.TakeToClient();
  h.TakeToServer();
  h.Client(Request(R"("ping after")", "ping"));
  h.Server(Result(R"("ping after")"));
  EXPECT_THAT(h.to_server, ElementsAre(Request(R"("ping after")", "ping")));
  EXPECT_THAT(h.to_client, ElementsAre(Result(R"("ping after")")));
}

class ClientLineTest : public ::testing::TestWithParam<LineCase> {};

TEST_P(ClientLineTest, HasTheWantedOutcome) {
  const LineCase& c = GetParam();
  EnforcerHarness h;
  h.Initialize();
  if (!c.asked.empty()) {
    h.Server(Request(c.asked, "roots/list"));
    ASSERT_EQ(h.TakeToClient().size(), 1U);
  }
  h.Client(c.line);
  h.AnswerAll();
  if (c.want == "pass") {
    EXPECT_THAT(h.to_server, ElementsAre(c.forwarded));
    EXPECT_THAT(h.to_client, IsEmpty());
  } else if (c.want == "drop") {
    EXPECT_THAT(h.to_server, IsEmpty());
    EXPECT_THAT(h.to_client, IsEmpty());
  } else {
    ASSERT_TRUE(c.want == "deny" || c.want == "refuse") << c.want;
    ASSERT_FALSE(c.id.empty());
    ASSERT_FALSE(c.want == "refuse" && c.code.empty());
    if (c.withheld.empty()) {
      EXPECT_THAT(h.to_server, IsEmpty());
    } else {
      EXPECT_THAT(h.to_server, ElementsAre(HasSubstr(absl::StrCat(R"("id":)", c.withheld,
                                                                  R"(,"error":{"code":5021,)"))));
    }
    const std::string start = absl::StrCat(R"({"jsonrpc":"2.0","id":)", c.id, ",");
    const std::string code = c.code.empty() ? "" : absl::StrCat(R"("error":{"code":)", c.code, ",");
    EXPECT_THAT(h.to_client,
                ElementsAre(AllOf(HasSubstr(start), HasSubstr(code), HasSubstr(c.says))));
  }
  ExpectPingWorks(h);
}

INSTANTIATE_TEST_SUITE_P(Cases, ClientLineTest,
                         ::testing::ValuesIn(Read("tests/cases/lines/client.json")));

class ServerLineTest : public ::testing::TestWithParam<LineCase> {};

TEST_P(ServerLineTest, HasTheWantedOutcome) {
  const LineCase& c = GetParam();
  EnforcerHarness h;
  h.Initialize();
  h.Client(Call("1", "read"));
  h.Client(Request("2", c.asked_for));
  h.Client(Request("3", "initialize"));
  h.Client(Request(R"("s")", "ping"));
  h.AnswerAll();
  ASSERT_EQ(h.TakeToServer().size(), 4U);
  h.Server(c.line);
  h.AnswerAll();
  EXPECT_THAT(h.to_server, IsEmpty());
  if (c.want == "pass") {
    EXPECT_THAT(h.to_client, ElementsAre(c.forwarded));
  } else if (c.want == "drop") {
    EXPECT_THAT(h.to_client, IsEmpty());
  } else {
    ASSERT_EQ(c.want, "withhold");
    EXPECT_THAT(h.to_client, ElementsAre(HasSubstr(absl::StrCat(R"({"jsonrpc":"2.0","id":)", c.id,
                                                                R"(,"error":{"code":5021,)"))));
  }
  ExpectPingWorks(h);
}

INSTANTIATE_TEST_SUITE_P(Cases, ServerLineTest,
                         ::testing::ValuesIn(Read("tests/cases/lines/server.json")));

TEST(LineCasesTest, AreThere) {
  EXPECT_GE(Read("tests/cases/lines/client.json").size(), 800U);
  EXPECT_GE(Read("tests/cases/lines/server.json").size(), 390U);
}

}  // namespace
}  // namespace ostiary::sidecar
