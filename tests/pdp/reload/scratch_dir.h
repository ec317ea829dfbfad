// ScratchDir: an empty directory that goes away with its content, and the ways in which people and
// programs change files. Paths are relative to it. A call that fails fails the test.
#ifndef OSTIARY_TESTS_PDP_RELOAD_SCRATCH_DIR_H_
#define OSTIARY_TESTS_PDP_RELOAD_SCRATCH_DIR_H_

#include <string>

#include "absl/strings/string_view.h"

namespace ostiary::pdp {

class ScratchDir {
 public:
  ScratchDir();
  ~ScratchDir();
  ScratchDir(const ScratchDir&) = delete;
  ScratchDir& operator=(const ScratchDir&) = delete;

  const std::string& path() const { return path_; }
  std::string Path(absl::string_view name) const;

  // As `echo > file` does: truncates and writes the same inode.
  void WriteInPlace(absl::string_view name, absl::string_view text) const;
  // As editors do: writes another file and renames it over this one.
  void RenameOver(absl::string_view name, absl::string_view text) const;
  void MakeDir(absl::string_view name) const;
  void Remove(absl::string_view name) const;  // with all that is in it
  void Rename(absl::string_view from, absl::string_view to) const;
  void Symlink(absl::string_view target, absl::string_view name) const;

  // As kubelet does in a ConfigMap's directory: a directory `..NAME` with both files, then `..data`
  // swapped to it in one step, then the directory that it led to before is removed. Makes the
  // links rules.json and mcp.json if they are not there.
  void SwapConfigMap(absl::string_view directory, absl::string_view name, absl::string_view rules,
                     absl::string_view mcp_config) const;

 private:
  std::string path_;
};

}  // namespace ostiary::pdp

#endif  // OSTIARY_TESTS_PDP_RELOAD_SCRATCH_DIR_H_
