#include "tests/e2e/pipes/process_facts.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace ostiary {
namespace {

std::string FileText(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

size_t StatusBytes(pid_t pid, absl::string_view key) {
  for (const absl::string_view line :
       absl::StrSplit(FileText(absl::StrCat("/proc/", pid, "/status")), '\n')) {
    const std::vector<absl::string_view> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    size_t kilobytes = 0;
    if (words.size() > 1 && words[0] == key && absl::SimpleAtoi(words[1], &kilobytes)) {
      return kilobytes << 10;
    }
  }
  return 0;
}

}  // namespace

size_t MostResident(pid_t pid) { return StatusBytes(pid, "VmHWM:"); }

size_t Resident(pid_t pid) { return StatusBytes(pid, "VmRSS:"); }

size_t OpenDescriptors(pid_t pid) {
  const std::filesystem::directory_iterator entries(absl::StrCat("/proc/", pid, "/fd"));
  return static_cast<size_t>(std::distance(begin(entries), end(entries)));
}

std::vector<ChildFacts> ChildrenOf(pid_t parent) {
  std::vector<ChildFacts> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    pid_t pid = 0;
    if (!absl::SimpleAtoi(entry.path().filename().string(), &pid)) continue;
    // PID (NAME) STATE PARENT …, and a name may hold anything.
    const std::string text = FileText(absl::StrCat("/proc/", pid, "/stat"));
    const size_t open = text.find('(');
    const size_t close = text.rfind(") ");
    if (open == text.npos || close == text.npos) continue;
    const std::vector<std::string> words = absl::StrSplit(text.substr(close + 2), ' ');
    pid_t its_parent = 0;
    if (words.size() > 1 && absl::SimpleAtoi(words[1], &its_parent) && its_parent == parent) {
      children.push_back({pid, text.substr(open + 1, close - open - 1), words[0][0]});
    }
  }
  return children;
}

std::vector<ChildFacts> GuardsBelow(pid_t ancestor) {
  std::vector<ChildFacts> guards;
  for (const ChildFacts& child : ChildrenOf(ancestor)) {
    if (child.name == "ostiary-guard") {
      guards.push_back(child);  // what it guards is not looked at
    } else {
      const std::vector<ChildFacts> below = GuardsBelow(child.pid);
      guards.insert(guards.end(), below.begin(), below.end());
    }
  }
  return guards;
}

std::string Megabytes(size_t bytes) {
  return absl::StrFormat("%.1f MB", static_cast<double>(bytes) / (1 << 20));
}

}  // namespace ostiary
