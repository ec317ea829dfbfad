// ReadPolicyFiles: the bytes of the rules and of the catalog, from one moment.
//
// Two paths read one after the other give halves of two revisions sooner or later. So every
// directory is opened once and whatever is the same on both ways is shared:
//
//   * Files of one directory are read through one descriptor of it, so that renaming or replacing
//     the directory between the two reads changes nothing.
//   * A file that is a symlink is followed by hand: its target's directory is opened once for both.
//     So is Kubernetes' layout (rules.json -> ..data/rules.json, ..data -> ..2026_11_22): the swap
//     of `..data` comes before both reads or after both.
//   * Where the files could change one by one (plain files in one directory, or two directories),
//     both are looked at again after the reads, and read again if one has changed, a bounded number
//     of times. Files that somebody writes one after the other can still be caught in between; the
//     watch's debounce is there for that.
//
// Nothing but a regular file is read; a FIFO or a device never holds the reader up. Stateless, so
// any thread may call it.
#ifndef OSTIARY_PDP_RELOAD_POLICY_FILES_H_
#define OSTIARY_PDP_RELOAD_POLICY_FILES_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "pdp/reload/file_text.h"

namespace ostiary::pdp {

struct PolicyPaths {
  std::string rules;
  std::optional<std::string> mcp_config;
};

struct ReadOptions {
  // Bytes of each file. Counted while reading: a file may grow, and its size may lie.
  size_t max_file_bytes = size_t{256} << 20;
  // How often the files are read before they count as never at rest.
  int max_attempts = 10;
  // Called on each attempt between the first file's read and the second's. For tests, which change
  // the files there.
  std::function<void()> between_reads;
};

// Each file by itself, so that an error is told of the file that has it. An error says what is
// wrong and what to do, and leaves the file's path to the caller, who has it. Codes: kNotFound,
// kPermissionDenied and what else errno says; kFailedPrecondition for something that is no regular
// file; kOutOfRange past the size limit; kAborted, in both, where the files did not come to rest.
struct PolicyFileContents {
  absl::StatusOr<FileText> rules;
  std::optional<absl::StatusOr<FileText>> mcp_config;  // nullopt where no path is given
};

PolicyFileContents ReadPolicyFiles(const PolicyPaths& paths, const ReadOptions& options = {});

}  // namespace ostiary::pdp

#endif  // OSTIARY_PDP_RELOAD_POLICY_FILES_H_
