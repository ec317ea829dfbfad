#include "sidecar/core/cut_line.h"

#include <gtest/gtest.h>

#include <string>

namespace ostiary::sidecar {
namespace {

struct Case {
  std::string name;
  CutLineShape shape;
  std::string head;
  std::string tail;
  std::string want;  // the id as it stands there; "" for none
};

constexpr CutLineShape kRequest = CutLineShape::kRequest;
constexpr CutLineShape kResponse = CutLineShape::kResponse;

const Case kCases[] = {
    {"Go's request", kRequest, R"({"jsonrpc":"2.0","id":7,"method":"to)", "xx", "7"},
    {"Go's response", kResponse, R"({"jsonrpc":"2.0","id":7,"result":{)", "xx", "7"},
    {"Go's error", kResponse, R"({"jsonrpc":"2.0","id":7,"error":{)", "xx", "7"},
    {"a string id", kRequest, R"({"jsonrpc":"2.0","id":"a-1","method":"x)", "", R"("a-1")"},
    {"TypeScript's request", kRequest, R"({"method":"tools/call",)", R"(},"jsonrpc":"2.0","id":0})",
     "0"},
    {"TypeScript's response", kResponse, R"({"result":{)", R"(},"jsonrpc":"2.0","id":12})", "12"},
    {"a string id at the end", kResponse, R"({"result":{)", R"(},"jsonrpc":"2.0","id":"s"})",
     R"("s")"},
    {"both ends agree", kResponse, R"({"jsonrpc":"2.0","id":7,"result":{)",
     R"(},"jsonrpc":"2.0","id":7})", "7"},
    {"a request is no response", kResponse, R"({"jsonrpc":"2.0","id":7,"method":"to)", "", ""},
    {"a response is no request", kRequest, R"({"jsonrpc":"2.0","id":7,"result":{)", "", ""},
    {"a request's end is no response's", kResponse, R"({"method":"x",)",
     R"(},"jsonrpc":"2.0","id":7})", ""},
    {"cut before the key that tells", kResponse, R"({"jsonrpc":"2.0","id":7,)", "", ""},
    {"cut inside the id", kResponse, R"({"jsonrpc":"2.0","id":7)", "", ""},
    {"an end without its brace", kResponse, R"({"result":{)", R"(},"jsonrpc":"2.0","id":12)", ""},
    {"more after the id", kResponse, R"({"result":{)", R"(},"jsonrpc":"2.0","id":12,"a":1})", ""},
    {"leading zero", kResponse, R"({"jsonrpc":"2.0","id":07,"result":{)", "", ""},
    {"negative", kResponse, R"({"jsonrpc":"2.0","id":-7,"result":{)", "", ""},
    {"fraction", kResponse, R"({"jsonrpc":"2.0","id":7.0,"result":{)", "", ""},
    {"past 2^53", kResponse, R"({"jsonrpc":"2.0","id":9007199254740992,"result":{)", "", ""},
    {"null", kResponse, R"({"jsonrpc":"2.0","id":null,"result":{)", "", ""},
    {"an escape in the id", kResponse, R"({"jsonrpc":"2.0","id":"\u0061","result":{)", "", ""},
    {"blanks", kResponse, R"({ "jsonrpc":"2.0","id":7,"result":{)", "", ""},
    {"nothing", kResponse, "", "", ""},
};

TEST(IdOfCutLine, IsKnownOnlyWhereTheLinePlainlyShowsIt) {
  for (const Case& c : kCases) {
    const MessageId id = IdOfCutLine(c.head, c.tail, c.shape);
    EXPECT_EQ(id.kind == IdKind::kNone ? "" : id.raw, c.want) << c.name;
  }
}

}  // namespace
}  // namespace ostiary::sidecar
