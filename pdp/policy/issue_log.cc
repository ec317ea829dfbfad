#include "pdp/policy/issue_log.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pdp/policy/text_position.h"

namespace ostiary::pdp {
namespace {

std::string CountOf(size_t count, absl::string_view noun) {
  return absl::StrCat(count, " more ", noun, count == 1 ? "" : "s");
}

}  // namespace

void IssueLog::BeginFile(absl::string_view name, absl::string_view text) {
  file_ = files_.size();
  files_.push_back({std::string(name), text});
}

void IssueLog::Add(Severity severity, size_t offset, std::string pointer, std::string message) {
  Kept& kept = severity == Severity::kError ? errors_ : warnings_;
  ++kept.count;
  if (!Keeps(severity)) return;
  Entry entry{file_, offset, {}};
  entry.issue.severity = severity;
  entry.issue.message = std::move(message);
  entry.issue.pointer = std::move(pointer);
  kept.bytes += BytesOf(entry.issue);
  kept.entries.push_back(std::move(entry));
}

void IssueLog::ReturnTo(const Mark& mark) {
  Cut(mark.errors, &errors_);
  Cut(mark.warnings, &warnings_);
}

void IssueLog::Cut(size_t count, Kept* kept) {
  kept->count = count;
  for (; kept->entries.size() > count; kept->entries.pop_back()) {
    kept->bytes -= BytesOf(kept->entries.back().issue);
  }
}

void IssueLog::FillPlaces(std::vector<Entry>* entries) const {
  std::optional<LineIndex> lines;
  size_t lines_of = 0;
  for (Entry& entry : *entries) {
    const File& file = files_[entry.file];
    entry.issue.file = file.name;
    if (entry.offset == kWholeFile) continue;
    if (!lines.has_value() || lines_of != entry.file) {
      lines.emplace(file.text);
      lines_of = entry.file;
    }
    const TextPosition position = lines->Find(entry.offset);
    entry.issue.line = position.line;
    entry.issue.column = position.column;
  }
}

std::vector<Issue> IssueLog::Take() {
  std::vector<Entry> entries = std::move(errors_.entries);
  const size_t lost_errors = errors_.count - entries.size();
  const size_t room = max_issues_ - std::min(max_issues_, entries.size());
  const size_t kept_warnings = std::min(room, warnings_.entries.size());
  const size_t lost_warnings = warnings_.count - kept_warnings;
  std::move(warnings_.entries.begin(),
            warnings_.entries.begin() + static_cast<ptrdiff_t>(kept_warnings),
            std::back_inserter(entries));

  // An issue of the whole file comes before the others of the file.
  const auto place = [](const Entry& entry) { return std::tuple(entry.file, entry.offset + 1); };
  std::stable_sort(entries.begin(), entries.end(),
                   [&](const Entry& a, const Entry& b) { return place(a) < place(b); });
  FillPlaces(&entries);

  std::vector<Issue> issues;
  issues.reserve(entries.size() + 1);
  for (Entry& entry : entries) issues.push_back(std::move(entry.issue));
  const size_t shown = issues.size();
  if (lost_errors + lost_warnings > 0) {
    Issue& more = issues.emplace_back();
    more.severity = lost_errors > 0 ? Severity::kError : Severity::kWarning;
    more.message =
        absl::StrCat(lost_errors > 0 ? CountOf(lost_errors, "error") : "",
                     lost_errors > 0 && lost_warnings > 0 ? " and " : "",
                     lost_warnings > 0 ? CountOf(lost_warnings, "warning") : "",
                     " not shown; the first ", shown, " are above: mend those and load again");
  }
  return issues;
}

}  // namespace ostiary::pdp
