// IssueLog: the issues of one load while it runs, within a limit.
//
// Owned by a load, used by one thread. It keeps the first errors and the first warnings apart, so
// that no number of warnings hides an error.
#ifndef OSTIARY_PDP_POLICY_ISSUE_LOG_H_
#define OSTIARY_PDP_POLICY_ISSUE_LOG_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "pdp/policy/issue.h"

namespace ostiary::pdp {

class IssueLog {
 public:
  // An issue without a place is about the whole file.
  static constexpr size_t kWholeFile = static_cast<size_t>(-1);

  // `max_bytes` are those of the errors' texts, and of the warnings'. The one that passes it is
  // kept, and none behind it.
  IssueLog(size_t max_issues, size_t max_bytes) : max_issues_(max_issues), max_bytes_(max_bytes) {}

  // Issues that follow are about this file, until another is begun or selected. Files come in the
  // order in which they are begun.
  void BeginFile(absl::string_view name, absl::string_view text);
  void SelectFile(size_t index) { file_ = index; }

  void Add(Severity severity, size_t offset, std::string pointer, std::string message);
  // Whether the next of them would be kept. One that would not needs no texts: it is only counted.
  bool Keeps(Severity severity) const {
    const Kept& kept = severity == Severity::kError ? errors_ : warnings_;
    return kept.entries.size() < max_issues_ && kept.bytes < max_bytes_;
  }

  // What has been added so far, to come back to.
  struct Mark {
    size_t errors = 0;
    size_t warnings = 0;
  };
  Mark mark() const { return {errors_.count, warnings_.count}; }
  // Forgets what has been added since.
  void ReturnTo(const Mark& mark);

  size_t error_count() const { return errors_.count; }
  size_t count() const { return errors_.count + warnings_.count; }

  // All that was kept, by file and place; where the limit left some out, one more says how many.
  std::vector<Issue> Take();

 private:
  struct File {
    std::string name;
    absl::string_view text;
  };
  struct Entry {
    size_t file;
    size_t offset;
    Issue issue;
  };
  struct Kept {
    std::vector<Entry> entries;
    size_t bytes = 0;  // of their texts
    size_t count = 0;  // with those that were not kept
  };

  static size_t BytesOf(const Issue& issue) { return issue.message.size() + issue.pointer.size(); }
  static void Cut(size_t count, Kept* kept);
  void FillPlaces(std::vector<Entry>* entries) const;

  const size_t max_issues_;
  const size_t max_bytes_;
  std::vector<File> files_;
  size_t file_ = 0;
  Kept errors_;
  Kept warnings_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_POLICY_ISSUE_LOG_H_
