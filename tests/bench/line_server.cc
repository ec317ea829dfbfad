// line_server: the quickest MCP server there can be, for measuring what stands in front of it. It
// answers each line that has an "id" with a constant result, and finds the id without parsing.
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

void Answer(absl::string_view line, std::string* out) {
  const size_t at = line.find(kId);
  if (at == absl::string_view::npos) return;  // a notification
  absl::string_view id = line.substr(at + kId.size());
  id = id.substr(0, id.find_first_of(",}"));
  static const std::string text(200, 'x');
  absl::StrAppend(out, R"({"jsonrpc":"2.0","id":)", id, R"(,"result":)");
  if (line.find("\"initialize\"") != absl::string_view::npos) {
    absl::StrAppend(out, kInitializeResult);
  } else {
    absl::StrAppend(out, R"({"content":[{"type":"text","text":")", text, "\"}]}");
  }
  out->append("}\n");
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
  char buffer[64 << 10];
  while (true) {
    const ssize_t size = ::read(STDIN_FILENO, buffer, sizeof(buffer));
    if (size <= 0) return;
    input.append(buffer, static_cast<size_t>(size));
    size_t start = 0;
    for (size_t end; (end = input.find('\n', start)) != std::string::npos; start = end + 1) {
      Answer(absl::string_view(input).substr(start, end - start), &output);
    }
    input.erase(0, start);
    if (!WriteAll(output)) return;
    output.clear();
  }
}

}  // namespace
}  // namespace ostiary::bench

int main() { ostiary::bench::Serve(); }
