// line_server: the quickest MCP server there can be, for measuring what stands in front of it. It
// answers each line that has an "id" with a constant: a text of 200 bytes, of 1 MiB to calls of
// read_long, and to tools/list 24 tools in 76 KB, as many and as long as those of a real server. It
// finds the id, the method and the tool in a line's beginning without parsing.
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace ostiary::bench {
namespace {

constexpr absl::string_view kId = "\"id\":";
constexpr absl::string_view kInitializeResult =
    R"({"protocolVersion":"2025-06-18","capabilities":{"tools":{}},)"
    R"("serverInfo":{"name":"line_server","version":"1"}})";

// The page of the list at the cursor "short".
constexpr absl::string_view kShortList =
    R"({"tools":[{"name":"read_file","inputSchema":{"type":"object"}}]})";

// Of a line from our own client, what is looked for stands in so many bytes.
constexpr size_t kLookedAt = 128;
constexpr int kTools = 24;

std::string MakeCallResult(size_t bytes) {
  return absl::StrCat(R"({"content":[{"type":"text","text":")", std::string(bytes, 'x'), "\"}]}");
}

std::string MakeListResult() {
  static constexpr absl::string_view kVerbs[] = {"read", "write", "find", "delete"};
  std::string list = R"({"tools":[)";
  for (int i = 0; i < kTools; ++i) {
    absl::StrAppend(&list, i == 0 ? "" : ",", R"({"name":")", kVerbs[i % 4], "_", i,
                    R"(","description":"Works on files.\nSee the \"manual\" for what it does.",)",
                    R"("inputSchema":{"type":"object","properties":{)");
    for (int j = 0; j < 20; ++j) {
      absl::StrAppend(&list, j == 0 ? "" : ",", R"("parameter_)", j,
                      R"(":{"type":"string","description":"What parameter )", j,
                      R"( is for \u2014 and which values of it this tool understands at all."})");
    }
    absl::StrAppend(&list, R"(},"required":["parameter_0","parameter_1"],)",
                    R"("additionalProperties":false}})");
  }
  return list + "]}";
}

absl::string_view ResultOf(absl::string_view line) {
  static const std::string short_result = MakeCallResult(200);
  static const std::string long_result = MakeCallResult(size_t{1} << 20);
  static const std::string list_result = MakeListResult();
  if (line.find("\"short\"") != absl::string_view::npos) return kShortList;
  if (line.find("\"tools/list\"") != absl::string_view::npos) return list_result;
  if (line.find("\"read_long\"") != absl::string_view::npos) return long_result;
  if (line.find("\"initialize\"") != absl::string_view::npos) return kInitializeResult;
  return short_result;
}

void Answer(absl::string_view line, std::string* out) {
  line = line.substr(0, kLookedAt);
  const size_t at = line.find(kId);
  if (at == absl::string_view::npos) return;  // a notification
  absl::string_view id = line.substr(at + kId.size());
  id = id.substr(0, id.find_first_of(",}"));
  absl::StrAppend(out, R"({"jsonrpc":"2.0","id":)", id, R"(,"result":)", ResultOf(line), "}\n");
}

bool WriteAll(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

void Serve() {
  std::string input;
  std::string output;
  size_t searched = 0;  // no end of a line in so much of the input
  char buffer[64 << 10];
  while (true) {
    const ssize_t size = ::read(STDIN_FILENO, buffer, sizeof(buffer));
    if (size <= 0) return;
    input.append(buffer, static_cast<size_t>(size));
    size_t start = 0;
    for (size_t end; (end = input.find('\n', searched)) != std::string::npos;
         start = searched = end + 1) {
      Answer(absl::string_view(input).substr(start, end - start), &output);
    }
    input.erase(0, start);
    searched = input.size();
    if (!WriteAll(output)) return;
    output.clear();
  }
}

}  // namespace
}  // namespace ostiary::bench

int main() { ostiary::bench::Serve(); }
