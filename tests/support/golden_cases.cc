#include "tests/support/golden_cases.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace ostiary {
namespace {

using Json = nlohmann::ordered_json;

// Reads one case file's members and keeps the first thing that is wrong.
class CaseReader {
 public:
  explicit CaseReader(std::string path) : path_(std::move(path)) {}

  absl::Status status() const { return status_; }

  void Complain(const std::string& where, const std::string& what) {
    if (status_.ok()) {
      status_ = absl::InvalidArgumentError(absl::StrCat(path_, ": ", where, ": ", what));
    }
  }

  Json ReadFile() {
    std::ifstream file(path_, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)),
                           std::istreambuf_iterator<char>());
    Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) Complain("", "is missing, not JSON, or not an object");
    return json.is_object() ? json : Json::object();
  }

  // A misspelt key would leave something unchecked.
  void AllowKeys(const Json& object, const std::string& where,
                 std::initializer_list<const char*> keys) {
    if (!object.is_object()) return Complain(where, "is not an object");
    for (const auto& [key, value] : object.items()) {
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
        Complain(where, absl::StrCat("has the unknown key ", key));
      }
    }
  }

  std::string Text(const Json& object, const std::string& where, const char* key) {
    const auto found = object.find(key);
    if (found == object.end()) {
      Complain(where, absl::StrCat("has no ", key));
    } else if (!found->is_string()) {
      Complain(where, absl::StrCat(key, " is not a string"));
    } else {
      return found->get<std::string>();
    }
    return "";
  }

  std::string TextOr(const Json& object, const std::string& where, const char* key,
                     const std::string& otherwise) {
    return object.contains(key) ? Text(object, where, key) : otherwise;
  }

  template <typename Number>
  std::optional<Number> NumberIn(const Json& object, const std::string& where, const char* key) {
    const auto found = object.find(key);
    if (found == object.end()) return std::nullopt;
    if (!found->is_number_unsigned()) {
      Complain(where, absl::StrCat(key, " is not a number from 0"));
      return std::nullopt;
    }
    return found->get<Number>();
  }

  // What `key` gives as the text of a file, in one of the three forms of the README.
  std::string FileText(const Json& value, const std::string& where) {
    if (value.is_object()) return value.dump(2);
    if (value.is_string()) return Latin1Bytes(value.get<std::string>(), where);
    if (!value.is_array()) Complain(where, "is not an object, a list of lines or a string");
    std::string text;
    for (const Json& line : value) {
      if (!line.is_string()) {
        Complain(where, "has a line that is not a string");
        return "";
      }
      if (&line != &value.front()) text += "\n";
      text += line.get<std::string>();
    }
    return text;
  }

  GoldenFiles Files(const Json& object, const std::string& where) {
    GoldenFiles files;
    if (!object.contains("rules")) {
      Complain(where, "has no rules");
      return files;
    }
    files.rules = FileText(object["rules"], where + "/rules");
    if (object.contains("catalog")) {
      files.mcp_config = FileText(object["catalog"], where + "/catalog");
    }
    return files;
  }

  std::vector<Json> Elements(const Json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_array()) {
      Complain("", absl::StrCat("has no list ", key));
      return {};
    }
    return {found->begin(), found->end()};
  }

 private:
  // One byte for each code point, so that a case can hold bytes that are not UTF-8.
  std::string Latin1Bytes(const std::string& text, const std::string& where) {
    std::string bytes;
    for (size_t at = 0; at < text.size(); ++at) {
      const auto byte = static_cast<unsigned char>(text[at]);
      if (byte < 0x80) {
        bytes.push_back(text[at]);
      } else if (byte < 0xc4 && at + 1 < text.size()) {
        const auto next = static_cast<unsigned char>(text[++at]);
        bytes.push_back(static_cast<char>(((byte & 0x03) << 6) | (next & 0x3f)));
      } else {
        Complain(where, "has a character past U+00FF, which is no byte");
        return "";
      }
    }
    return bytes;
  }

  const std::string path_;
  absl::Status status_;
};

GoldenDecision ReadDecision(const Json& json, const std::string& where, CaseReader* reader) {
  reader->AllowKeys(json, where,
                    {"agent", "server", "kind", "name", "effect", "reason", "pointer", "pattern",
                     "line", "column", "_why"});
  GoldenDecision decision;
  decision.agent = reader->Text(json, where, "agent");
  decision.server = reader->Text(json, where, "server");
  decision.kind = reader->Text(json, where, "kind");
  decision.name = reader->TextOr(json, where, "name", "");
  decision.effect = reader->Text(json, where, "effect");
  decision.reason = reader->Text(json, where, "reason");
  decision.pointer = reader->TextOr(json, where, "pointer", "");
  decision.pattern = reader->TextOr(json, where, "pattern", "");
  decision.line = reader->NumberIn<uint32_t>(json, where, "line");
  decision.column = reader->NumberIn<uint32_t>(json, where, "column");
  if (json.contains("pointer") != json.contains("pattern")) {
    reader->Complain(where, "a pointer and a pattern go together");
  }
  return decision;
}

GoldenIssue ReadIssue(const Json& json, const std::string& where, CaseReader* reader) {
  reader->AllowKeys(json, where,
                    {"severity", "file", "pointer", "mentions", "line", "column", "_why"});
  GoldenIssue issue;
  issue.severity = reader->Text(json, where, "severity");
  if (issue.severity != "error" && issue.severity != "warning") {
    reader->Complain(where, "severity is neither error nor warning");
  }
  const std::string file = reader->TextOr(json, where, "file", "rules");
  if (file != "rules" && file != "catalog") {
    reader->Complain(where, "file is neither rules nor catalog");
  }
  issue.in_mcp_config = file == "catalog";
  issue.pointer = reader->Text(json, where, "pointer");
  for (const Json& word : json.value("mentions", Json::array())) {
    if (word.is_string()) {
      issue.mentions.push_back(word.get<std::string>());
    } else {
      reader->Complain(where, "mentions something that is not a string");
    }
  }
  issue.line = reader->NumberIn<uint32_t>(json, where, "line");
  issue.column = reader->NumberIn<uint32_t>(json, where, "column");
  return issue;
}

GoldenLimits ReadLimits(const Json& json, const std::string& where, CaseReader* reader) {
  reader->AllowKeys(json, where,
                    {"max_file_bytes", "max_depth", "max_pattern_bytes", "max_issues"});
  GoldenLimits limits;
  limits.max_file_bytes = reader->NumberIn<uint64_t>(json, where, "max_file_bytes");
  limits.max_depth = reader->NumberIn<uint32_t>(json, where, "max_depth");
  limits.max_pattern_bytes = reader->NumberIn<uint64_t>(json, where, "max_pattern_bytes");
  limits.max_issues = reader->NumberIn<uint64_t>(json, where, "max_issues");
  return limits;
}

GoldenLoadingCase ReadLoadingCase(const Json& json, const std::string& where, CaseReader* reader) {
  reader->AllowKeys(json, where, {"title", "rules", "catalog", "limits", "issues", "_why"});
  GoldenLoadingCase loading;
  loading.title = reader->Text(json, where, "title");
  loading.files = reader->Files(json, where);
  loading.limits = ReadLimits(json.value("limits", Json::object()), where, reader);
  for (const Json& issue : reader->Elements(json, "issues")) {
    loading.issues.push_back(
        ReadIssue(issue, absl::StrCat(where, "/issues/", loading.issues.size()), reader));
  }
  return loading;
}

template <typename File>
std::vector<File> ReadAll(const char* folder, absl::StatusOr<File> (*read)(const std::string&)) {
  std::vector<File> files;
  for (const std::string& path : GoldenCasePaths(folder)) {
    absl::StatusOr<File> file = read(path);
    if (!file.ok()) {
      std::fprintf(stderr, "%s\n", std::string(file.status().message()).c_str());
      std::exit(1);
    }
    files.push_back(*std::move(file));
  }
  return files;
}

}  // namespace

bool GoldenLoadingCase::loads() const {
  return std::none_of(issues.begin(), issues.end(),
                      [](const GoldenIssue& issue) { return issue.severity == "error"; });
}

void PrintTo(const GoldenDecisionFile& file, std::ostream* stream) { *stream << file.path; }
void PrintTo(const GoldenLoadingFile& file, std::ostream* stream) { *stream << file.path; }

std::vector<std::string> GoldenCasePaths(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".json") paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

absl::StatusOr<GoldenDecisionFile> ReadGoldenDecisions(const std::string& path) {
  CaseReader reader(path);
  const Json json = reader.ReadFile();
  reader.AllowKeys(json, "", {"title", "rules", "catalog", "decisions", "_why"});
  GoldenDecisionFile file;
  file.path = path;
  file.title = reader.Text(json, "", "title");
  file.files = reader.Files(json, "");
  for (const Json& decision : reader.Elements(json, "decisions")) {
    file.decisions.push_back(
        ReadDecision(decision, absl::StrCat("/decisions/", file.decisions.size()), &reader));
  }
  if (!reader.status().ok()) return reader.status();
  return file;
}

absl::StatusOr<GoldenLoadingFile> ReadGoldenLoading(const std::string& path) {
  CaseReader reader(path);
  const Json json = reader.ReadFile();
  reader.AllowKeys(json, "", {"title", "cases", "_why"});
  GoldenLoadingFile file;
  file.path = path;
  file.title = reader.Text(json, "", "title");
  for (const Json& loading : reader.Elements(json, "cases")) {
    file.cases.push_back(
        ReadLoadingCase(loading, absl::StrCat("/cases/", file.cases.size()), &reader));
  }
  if (!reader.status().ok()) return reader.status();
  return file;
}

std::vector<GoldenDecisionFile> AllGoldenDecisions() {
  return ReadAll(kGoldenDecisionsFolder, ReadGoldenDecisions);
}

std::vector<GoldenLoadingFile> AllGoldenLoading() {
  return ReadAll(kGoldenLoadingFolder, ReadGoldenLoading);
}

std::string GoldenTestName(const std::string& path) {
  std::string name = std::filesystem::path(path).stem().string();
  for (char& c : name) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

std::string Describe(const GoldenDecision& decision) {
  return absl::StrCat(decision.agent, " ", decision.kind, " ", decision.server, "/", decision.name);
}

}  // namespace ostiary
