#include "pdp/policy/parse_file.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace ostiary::pdp {
namespace {

// Positions are 32 bits wide.
constexpr size_t kMaxTextBytes = 0xfffffffe;

}  // namespace

bool ParseFile(const PolicyFile& file, const PolicyLimits& limits, IssueLog* log,
               JsonDocument* document, const JsonPieces* pieces) {
  const auto fail = [log](size_t offset, std::string message) {
    log->Add(Severity::kError, offset, "", std::move(message));
    return false;
  };
  const size_t max_bytes = std::min(limits.max_file_bytes, kMaxTextBytes);
  if (file.text.size() > max_bytes) {
    return fail(IssueLog::kWholeFile, absl::StrCat("the file has ", file.text.size(),
                                                   " bytes, more than the limit of ", max_bytes));
  }
  if (file.text.find_first_not_of(" \t\r\n") == absl::string_view::npos) {
    return fail(IssueLog::kWholeFile, "the file is empty: it must be a JSON object, at least {}");
  }
  JsonLimits json;
  json.max_bytes = max_bytes;
  json.max_depth = limits.max_depth;
  const IssueLog::Mark before = log->mark();
  if (document->Parse(file.text, json, pieces)) return true;
  log->ReturnTo(before);
  return fail(document->error().offset,
              absl::StrCat("not valid JSON: ", document->error().message));
}

}  // namespace ostiary::pdp
