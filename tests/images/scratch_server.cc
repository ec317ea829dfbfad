// scratch_server: an MCP server for containers that hold nothing. Linked statically, the C++
// library alone.
//
//   scratch_server              serves on stdio: tools/call answers with how many calls came so far
//   scratch_server look-up NAME prints whether this C library finds NAME, with what it loads for
//   that
#include <netdb.h>

#include <iostream>
#include <string>

namespace {

// The value of "id" as it stands there. Tests write it as a number, first in the line.
std::string IdOf(const std::string& line) {
  constexpr char kId[] = "\"id\":";
  const size_t start = line.find(kId);
  if (start == std::string::npos) return "";
  const size_t begin = start + sizeof(kId) - 1;
  return line.substr(begin, line.find_first_of(",}", begin) - begin);
}

int Serve() {
  int calls = 0;
  for (std::string line; std::getline(std::cin, line);) {
    const std::string id = IdOf(line);
    if (id.empty()) continue;
    std::string result = "{}";
    if (line.find("\"initialize\"") != std::string::npos) {
      result = R"({"protocolVersion":"2025-06-18","capabilities":{"tools":{}},)"
               R"("serverInfo":{"name":"scratch","version":"1"}})";
    } else if (line.find("\"tools/call\"") != std::string::npos) {
      result = R"({"content":[{"type":"text","text":"call )" + std::to_string(++calls) + R"("}]})";
    }
    std::cout << R"({"jsonrpc":"2.0","id":)" << id << R"(,"result":)" << result << "}" << std::endl;
  }
  return 0;
}

int LookUp(const char* name) {
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(name, nullptr, nullptr, &found);
  std::cout << (error == 0 ? "found" : ::gai_strerror(error)) << std::endl;
  if (error == 0) ::freeaddrinfo(found);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "look-up") return LookUp(argv[2]);
  return Serve();
}
